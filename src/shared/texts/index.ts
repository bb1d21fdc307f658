/**
 * All text that a person reads, in one catalogue: `en/` says what there is, `zh/` has the same by type. Only the page
 * reads it; what the layers below it have to say are codes (`../message.ts`), which `say.ts` puts into words.
 *
 * Entries are plain strings, or functions of what varies. `{name}` in an entry is a place for a `Phrase` to put an
 * element in. Never keep an entry in a constant of a module: the language may change after that.
 */
import { type Texts, en } from './en';

/** The languages there are, each by its own name. */
export const LANGUAGES = { en: 'English', zh: '中文' } as const;

export type Language = keyof typeof LANGUAGES;

/** Of an error that is said before the words for it are there, people see the code. */
let english: Texts = { ...en, errors: {} as Texts['errors'] };
let current = english;
let spoken: Language = 'en';
/** Asked for last; its catalogue may still be on its way. */
let wanted: Language = 'en';

/** The catalogue of the language in use; English until `speak` has been called. */
export function texts(): Texts {
  return current;
}

/** The language in use, as in `<html lang>`. */
export function language(): Language {
  return spoken;
}

/**
 * Changes the language of every text from now on; the other language's catalogue is fetched when it is first needed.
 */
export async function speak(next: Language): Promise<void> {
  wanted = next;
  const catalogue = next === 'zh' ? (await import('./zh')).zh : english;
  if (wanted !== next) return;
  current = catalogue;
  spoken = next;
}

/**
 * Fetches the English words for what goes wrong: a third of all words, and nothing goes wrong before the first paint.
 * Other languages bring theirs along.
 */
export async function speakOfErrors(): Promise<void> {
  const { errors } = await import('./en/errors');
  english = { ...en, errors };
  if (spoken === 'en') current = english;
}
