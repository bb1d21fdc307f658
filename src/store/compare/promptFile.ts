/** Prompts out of a file that a person gives: lines of text, or JSON. Plain functions. */
import { SieveError } from '../../shared/errors';
import { message } from '../../shared/message';

/** Largest file in bytes, most prompts of it, and characters of one. */
export const MAX_PROMPT_FILE = 256 << 10;
export const MAX_PROMPTS = 100;
export const MAX_PROMPT = 8000;

/** What a JSON value says as a prompt: a text, or an object's `prompt`; null where it is neither. */
function promptOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'prompt')) return null;
  const { prompt } = value as { prompt: unknown };
  return typeof prompt === 'string' ? prompt : null;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * One prompt a line; lines of JSON, or one JSON list, are texts or objects with a `prompt`. Empty ones are passed over.
 * @throws {SieveError} when there is none, there are too many, or one is too long or no prompt
 */
export function readPrompts(text: string): string[] {
  const whole = text.replace(/^\uFEFF/, '').trim();
  const list = parsed(whole);
  const lines = whole.split(/\r?\n/);
  const isJson = /^[{"]/.test(whole) && parsed(lines[0]) !== undefined;
  const values: unknown[] = Array.isArray(list) ? list : isJson ? lines.filter(Boolean).map(parsed) : lines;
  const prompts = values.flatMap((value, i) => {
    const prompt = promptOf(value)?.trim();
    if (prompt === undefined) throw new SieveError(message('store.compare.prompts.none', { at: i + 1 }));
    if (prompt.length > MAX_PROMPT)
      throw new SieveError(message('store.compare.prompts.long', { at: i + 1, most: MAX_PROMPT }));
    return prompt === '' ? [] : [prompt];
  });
  if (prompts.length === 0) throw new SieveError(message('store.compare.prompts.empty'));
  if (prompts.length > MAX_PROMPTS)
    throw new SieveError(message('store.compare.prompts.many', { n: prompts.length, most: MAX_PROMPTS }));
  return prompts;
}
