/** Puts messages into words, in the language in use. Only the page and the command line do. */
import { type Message, type Said, isMessage } from '../message';
import { texts } from './index';

/** The entry of the catalogue; messages among its values are put into words first. */
function entry({ code, params }: Message): Said {
  const found = code
    .split('.')
    .reduce<unknown>(
      (at, key) =>
        at !== undefined && Object.hasOwn(at as object, key) ? (at as Record<string, unknown>)[key] : undefined,
      texts().errors,
    );
  const said =
    typeof found === 'function'
      ? found(Object.fromEntries(Object.entries(params).map(([key, value]) => [key, inWords(value)])))
      : found;
  // A record of another version may hold a code that is no longer there.
  if (said === undefined) return { message: `${code} ${JSON.stringify(params)}` };
  return typeof said === 'string' ? { message: said } : (said as Said);
}

const inWords = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(inWords) : isMessage(value) ? say(value) : value;

/** A message in words, without its hint. What earlier versions kept is words already. */
export const say = (said: Message | string): string => (typeof said === 'string' ? said : entry(said).message);

/** An error in words, with its hint ('' where there is none). */
export function sayError(error: Message): Required<Said> {
  const { message, hint = '' } = entry(error);
  return { message, hint };
}
