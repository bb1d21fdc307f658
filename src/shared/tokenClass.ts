/** Which kind of token a gate kept or skipped: by what it is, where it stands, and how common it is. */

export const TOKEN_KINDS = [
  'whitespace',
  'punctuation',
  'digits',
  'function word',
  'other word',
  'inside a word',
  'mark',
] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** English words that carry grammar more than meaning: articles, pronouns, prepositions, conjunctions, auxiliaries. */
const FUNCTION_WORDS = new Set(
  `a an the this that these those my your his her its our their i you he she it we they me him us them who whom whose which what
  and or but nor so yet if then than because as while when where until after before since though although
  of in on at by for with about against between into through during above below to from up down out off over under again
  am is are was were be been being have has had do does did will would shall should can could may might must
  not no all any both each few more most other some such only own same too very just there here how why`.split(/\s+/),
);

/**
 * What token `i` of a text is, from the tokens' own texts.
 * @param pieces each token's text, with its leading space
 */
export function tokenKind(pieces: readonly string[], i: number): TokenKind {
  const piece = pieces[i];
  const text = piece.trim();
  if (text === '') return piece === '' ? 'mark' : 'whitespace';
  if (/^<[^<>]*>$/.test(text)) return 'mark';
  if (/^\p{N}+$/u.test(text)) return 'digits';
  if (!/[\p{L}\p{N}]/u.test(text)) return 'punctuation';
  const starts = /^\s/.test(piece) || i === 0 || !/[\p{L}\p{N}'’]$/u.test(pieces[i - 1]);
  if (!starts) return 'inside a word';
  // A word goes on where the next token has no space before its letters.
  const whole = i + 1 >= pieces.length || !/^[\p{L}\p{N}]/u.test(pieces[i + 1]);
  return whole && FUNCTION_WORDS.has(text.toLowerCase()) ? 'function word' : 'other word';
}

/** Bands of places in the text, counted from 1. */
export const POSITION_BANDS: readonly { name: string; last: number }[] = [
  { name: 'first', last: 1 },
  { name: '2–4', last: 4 },
  { name: '5–8', last: 8 },
  { name: '9–16', last: 16 },
  { name: '17–32', last: 32 },
  { name: '33–64', last: 64 },
  { name: 'after 64', last: Infinity },
];

/** @param position from 0 */
export const positionBand = (position: number): string => POSITION_BANDS.find((b) => position + 1 <= b.last)!.name;

export const FREQUENCY_BANDS: readonly { name: string; last: number }[] = [
  { name: 'the 10 commonest', last: 10 },
  { name: 'the next 90', last: 100 },
  { name: 'the next 900', last: 1000 },
  { name: 'rarer', last: Infinity },
];
export const UNSEEN = 'not in the training data';

/** Band of every token id by how often it stands in `ids`; ids that are not there are `UNSEEN`. */
export function frequencyBands(ids: ArrayLike<number>): (id: number) => string {
  const counts = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) counts.set(ids[i], (counts.get(ids[i]) ?? 0) + 1);
  const order = [...counts].sort(([i, m], [j, n]) => n - m || i - j).map(([id]) => id);
  const band = new Map(order.map((id, rank) => [id, FREQUENCY_BANDS.find((b) => rank + 1 <= b.last)!.name]));
  return (id) => band.get(id) ?? UNSEEN;
}
