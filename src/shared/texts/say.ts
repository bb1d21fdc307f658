/** Puts messages into words, in the language in use. Only the page and the command line do. */
import { type Message, type Said, isMessage } from '../message';
import { texts } from './index';

/** The entry of the catalogue; messages among its values are put into words first. */
function entry(said: Message): Said {
  const found = said.code.split('.').reduce<unknown>(own, texts().errors);
  // A run of another version may have been kept with a code, or with values, that this one does not know.
  const asItIs = { message: `${said.code} ${JSON.stringify(said.params)}` };
  if (typeof found === 'string') return { message: found };
  if (typeof found !== 'function') return isSaid(found) ? found : asItIs;
  try {
    const words: unknown = found(Object.fromEntries(Object.entries(said.params).map(([k, v]) => [k, inWords(v)])));
    return typeof words === 'string' ? { message: words } : (words as Said);
  } catch (error) {
    console.warn('a message cannot be put into words', said, error);
    return asItIs;
  }
}

const own = (at: unknown, key: string): unknown =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;

const isSaid = (value: unknown): value is Said => typeof own(value, 'message') === 'string';

const inWords = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(inWords) : isMessage(value) ? say(value) : value;

/** A message in words, without its hint. What earlier versions kept is words already. */
export const say = (said: Message | string): string => (typeof said === 'string' ? said : entry(said).message);

/** An error in words, with its hint ('' where there is none). */
export function sayError(error: Message): Required<Said> {
  const { message, hint = '' } = entry(error);
  return { message, hint };
}
