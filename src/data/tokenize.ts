/** Usable rows → examples as tokens: those of the set before where nothing that makes them has changed. */
import type { ParsedTable, PrepareOptions } from '../shared/data';
import { DataError } from '../shared/errors';
import { message } from '../shared/message';
import type { Frame, Tokenizer } from '../shared/types';
import { type CellsNow, ISSUE_BIT, ROWS_AT_ONCE, USABLE } from './checkRows';
import {
  buildExample,
  buildSequence,
  buildWindows,
  type Example,
  type ExampleOptions,
  keptTokens,
  trainedTokens,
} from './examples';
import { hashNumbers, hashText } from './hash';
import type { Pace } from './pace';
import type { RowTexts, ToTexts } from './texts';
import { TokenStore } from './tokenStore';

/** Largest number of tokens of a prepared set; more would not be trained on in a tab anyway. */
const MAX_TOKENS = 32 * 2 ** 20;
/** Larger sets are not kept while the next one is made, in tokens. */
const MAX_REUSED = 4 * 2 ** 20;

const exampleOptions = ({ maxSequenceLength, completionOnly, repairs }: PrepareOptions): ExampleOptions => ({
  maxSequenceLength,
  completionOnly,
  marks: repairs.marks,
});

/** One row's example, whole. */
export const exampleOf = (
  texts: RowTexts,
  { tokenizer, frame, options }: Pick<Tokenizing, 'tokenizer' | 'frame' | 'options'>,
): Example =>
  frame
    ? buildSequence(texts.prompt, frame, tokenizer, exampleOptions(options))
    : buildExample(texts, tokenizer, exampleOptions(options));

/** Whether generation stops at the last token. */
function endsIn(ids: Int32Array, { stopIds }: Tokenizer): boolean {
  return stopIds.has(ids[ids.length - 1]);
}

/** What tokenising collects, by example. */
export interface Made {
  tokens: TokenStore;
  copy: number[];
  question: number[] | null;
  label: string[] | null;
  lostPrompt: number;
  /** Usable rows that turned out to have nothing to learn, or to be too long. */
  dropped: number;
  truncated: number;
  longest: number;
  /** Chats of which only the last answer is learnt. */
  lastOnly: number;
  /** Examples whose last token is none that generation stops at. */
  endless: number;
  /** Text is left that was not cut into windows. */
  unread: boolean;
}

/** Before the first example. */
export const nothingMade = ({ questions, labels }: { questions: boolean; labels: boolean }): Made => ({
  tokens: new TokenStore(),
  copy: [],
  question: questions ? [] : null,
  label: labels ? [] : null,
  lostPrompt: 0,
  dropped: 0,
  truncated: 0,
  longest: 0,
  lastOnly: 0,
  endless: 0,
  unread: false,
});

/** An example, and its row. @throws {DataError} where the set becomes too large */
function keep(made: Made, row: number, e: Example, lostPrompt: boolean): void {
  if (made.tokens.tokens + keptTokens(e) > MAX_TOKENS)
    throw new DataError(message('data.examples.tooManyTokens', { millions: MAX_TOKENS / 2 ** 20 }));
  made.tokens.add(row, e, lostPrompt);
  count(made);
}

/** Counts the example that was added last. */
function count(made: Made): void {
  const { tokens } = made;
  const last = tokens.length - 1;
  made.longest = Math.max(made.longest, tokens.total(last));
  if (tokens.kept(last) < tokens.total(last)) made.truncated++;
  if (tokens.lostPrompt(last)) made.lostPrompt++;
  made.copy.push(
    hashNumbers(
      tokens.ids(last),
      tokens.supervised(last).reduce((n, s) => n + s, 0),
    ),
  );
}

/** Examples that are there already, and what made them. */
interface Before {
  set: { windows: boolean; flags: Uint32Array; tokens: TokenStore };
  options: PrepareOptions;
}

/** An example that was made before and can be taken over, by row. */
type Reused = (row: number) => { store: TokenStore; example: number } | null;

/**
 * Examples of the set before, where all that makes an example is the same: a repair or another split should not wait
 * for the tokenizer.
 */
export function reuse(previous: Before | null, options: PrepareOptions): Reused | null {
  if (!previous || previous.set.windows || previous.set.tokens.tokens > MAX_REUSED) return null;
  const recipe = (o: PrepareOptions) =>
    JSON.stringify([o.mapping, o.template, o.completionOnly, o.maxSequenceLength, o.repairs.marks, o.taskType]);
  const { set, options: old } = previous;
  if (recipe(old) !== recipe(options)) return null;
  // Rows that a person or a repair may have changed are made again.
  const touched = new Set([...old.edits.changed, ...options.edits.changed].map(([row]) => row));
  const broken = ISSUE_BIT.quote | ISSUE_BIT.ragged | ISSUE_BIT.encoding;
  const example = new Map<number, number>();
  for (let i = 0; i < set.tokens.length; i++) {
    const row = set.tokens.row(i);
    if (!touched.has(row) && !(set.flags[row] & broken)) example.set(row, i);
  }
  return (row) => {
    const i = example.get(row);
    return i === undefined ? null : { store: set.tokens, example: i };
  };
}

/** What rows become tokens with. */
export interface Tokenizing {
  options: PrepareOptions;
  tokenizer: Tokenizer;
  /** Around texts that are read as a whole; null where they are continued. */
  frame: Frame | null;
  cells: CellsNow;
  textsOf: ToTexts;
  flags: Uint32Array;
  made: Made;
  pace: Pace;
}

/** Every row as one example. What has nothing to learn, or is to be left out for its length, is dropped. */
export async function tokenizeRows(
  rows: Uint32Array,
  { options, tokenizer, frame, cells, textsOf, flags, made, reused, pace }: Tokenizing & { reused: Reused | null },
): Promise<void> {
  for (let k = 0, batch: RowTexts[] = []; k < rows.length; k++) {
    if (pace.due) await pace.rest(message('data.progress.tokens'), k, rows.length);
    if (k % ROWS_AT_ONCE === 0)
      batch = await textsOf(Array.from(rows.subarray(k, k + ROWS_AT_ONCE), (row) => cells(row)!));
    const row = rows[k];
    const own = batch[k % ROWS_AT_ONCE];
    const { prompt, completion, label } = own;
    const known = reused?.(row) ?? null;
    const e = known === null ? exampleOf(own, { tokenizer, frame, options }) : null;
    const drop = (issue: 'masked' | 'long') => {
      flags[row] = (flags[row] | ISSUE_BIT[issue]) & ~USABLE;
      made.dropped++;
    };
    if (e && trainedTokens(e) === 0) {
      drop('masked');
      continue;
    }
    const long = e
      ? keptTokens(e) < e.ids.length
      : known!.store.kept(known!.example) < known!.store.total(known!.example);
    if (long && options.repairs.long) {
      drop('long');
      continue;
    }
    if (long) flags[row] |= ISSUE_BIT.long;
    const lost = !frame && options.completionOnly && prompt !== '' && e !== null && e.from >= e.trainFrom;
    if (e) keep(made, row, e, lost);
    else {
      made.tokens.copy(known!.store, known!.example);
      count(made);
    }
    made.question?.push(hashText((prompt === '' ? completion : prompt).toLowerCase().replace(/\s+/g, ' ').trim()));
    made.label?.push(label ?? '');
    if (own.lastOnly) made.lastOnly++;
    if (own.templated && !long && !endsIn(made.tokens.ids(made.tokens.length - 1), tokenizer)) made.endless++;
  }
}

/** Long texts, cut into examples one behind the other. */
export async function tokenizeWindows(
  table: ParsedTable,
  { options, tokenizer, cells, textsOf, flags, made, pace }: Tokenizing,
): Promise<void> {
  for (let row = 0; row < flags.length; row++) {
    if (!(flags[row] & USABLE)) continue;
    const [{ completion }] = await textsOf([cells(row)!]);
    for (const e of buildWindows(completion, tokenizer, {
      ...exampleOptions(options),
      ends: !table.rows.continues(row + 1),
    })) {
      if (made.tokens.length >= options.maxExamples) {
        made.unread = true;
        return;
      }
      if (pace.due) await pace.rest(message('data.progress.tokens'), row, flags.length);
      if (trainedTokens(e) > 0) keep(made, row, e, false);
    }
  }
}
