/** Which language the page has: chosen by a person, else the first of the browser's that there is. */
import { LANGUAGES, type Language, texts } from '../shared/texts';
import type { Studio } from '../store/studio';
import { say } from './announcer';
import { recall, remember } from './remembered';

const ALL = Object.keys(LANGUAGES) as Language[];

/** What was chosen on an earlier visit, else what `wanted` (as `navigator.languages`) asks for first, else English. */
export function firstLanguage(wanted: readonly string[]): Language {
  return (
    [recall('language') ?? '', ...wanted]
      .map((tag) => ALL.find((l) => l === tag.split('-')[0].toLowerCase()))
      .find((l) => l !== undefined) ?? 'en'
  );
}

/** The language after `language`, around and around. */
export function nextLanguage(language: Language): Language {
  return ALL[(ALL.indexOf(language) + 1) % ALL.length];
}

/** Changes the page to `next` and remembers it. The focus goes on to the button that changes back. */
export async function changeLanguage(studio: Pick<Studio, 'setLanguage'>, next: Language): Promise<void> {
  remember('language', next);
  await studio.setLanguage(next);
  if (document.activeElement === document.body)
    document.querySelector<HTMLElement>('[data-testid^="language-"]')?.focus({ preventScroll: true });
  say(texts().page.languageIs(LANGUAGES[next]));
}
