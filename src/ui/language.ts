/** Which language the page has: chosen by a person, else the first of the browser's that there is. */
import { LANGUAGES, type Language } from '../shared/texts';
import { recall, remember } from './remembered';

/** What was chosen on an earlier visit, else what `wanted` (as `navigator.languages`) asks for first, else English. */
export function firstLanguage(wanted: readonly string[]): Language {
  const known = Object.keys(LANGUAGES) as Language[];
  return [recall('language') ?? '', ...wanted].map((tag) => known.find((l) => l === tag.split('-')[0].toLowerCase())).find((l) => l !== undefined) ?? 'en';
}

export function rememberLanguage(language: Language): void {
  remember('language', language);
}
