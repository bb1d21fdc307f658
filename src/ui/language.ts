/** Which language the page has: chosen by a person, else the first of the browser's that there is. */
import { LANGUAGES, type Language, language, speak, texts } from '../shared/texts';
import type { Studio } from '../store/studio';
import { say } from './announcer';
import { recall, remember } from './remembered';

type Speaking = Pick<Studio, 'setLanguage' | 'report'>;

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

/** Has the page say everything in `next`, whose words may have to come first; what fails is said. */
export async function speakOn(studio: Speaking, next: Language): Promise<void> {
  try {
    await speak(next);
    studio.setLanguage(language());
  } catch (error) {
    studio.report('model', error);
  }
}

/** Changes the page to `next` and remembers it. The focus goes on to the button that changes back. */
export async function changeLanguage(studio: Speaking, next: Language): Promise<void> {
  remember('language', next);
  await speakOn(studio, next);
  if (document.activeElement === document.body)
    document.querySelector<HTMLElement>('[data-testid^="language-"]')?.focus({ preventScroll: true });
  say(texts().page.languageIs(LANGUAGES[next]));
}
