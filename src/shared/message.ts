/**
 * What the layers below the page have to say, without words: an entry of the catalogue (`texts/<language>/errors`) by
 * its path, and what varies in it. Only the page and the command line put it into words (`texts/say.ts`), so that what
 * was said long ago still follows the language.
 */
import type { Texts } from './texts/en';

type Catalogue = Texts['errors'];

/** An error in words, and what to do about it. */
export interface Said {
  message: string;
  hint?: string;
}

/** The catalogue's entries by their paths: `'hub.fetch.missing'`. */
type Entries<T, P extends string = ''> = T extends string | Said | ((params: never) => string | Said)
  ? { [K in P]: T }
  : { [K in keyof T & string]: Entries<T[K], P extends '' ? K : `${P}.${K}`> }[keyof T & string];

type Merged<U> = (U extends unknown ? (u: U) => void : never) extends (all: infer I) => void ? I : never;
type ByCode = Merged<Entries<Catalogue>>;

export type MessageCode = keyof ByCode & string;

type Given<T> = T extends (params: infer P extends object) => unknown ? P : never;

/** What varies in an entry; where it takes words, they may be another message. */
export type Params<C extends MessageCode> = {
  [K in keyof Given<ByCode[C]>]: string extends Given<ByCode[C]>[K]
    ? Given<ByCode[C]>[K] | Message
    : readonly string[] extends Given<ByCode[C]>[K]
      ? readonly (string | Message)[]
      : Given<ByCode[C]>[K];
};

/** Plain data: it crosses worker borders and is kept with runs. */
export interface Message {
  readonly code: MessageCode;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Says the entry `code` of the catalogue. */
export function message<C extends MessageCode>(
  code: C,
  ...[params]: ByCode[C] extends (params: never) => unknown ? [params: Params<C>] : []
): Message {
  return { code, params: (params ?? {}) as Message['params'] };
}

export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'code' in value && 'params' in value;

/** Whether two say the same. */
export const sameWords = (a: Message, b: Message): boolean =>
  a.code === b.code && JSON.stringify(a.params) === JSON.stringify(b.params);
