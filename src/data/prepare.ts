/** Parsed table + mapping + template → tokens to train on and tokens held out. */
import type { ParsedTable, PrepareOptions, PrepareReport, PreviewExample } from '../shared/data';
import { DataError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { compileTemplate } from '../shared/template';
import type { TokenSet, Tokenizer } from '../shared/types';
import { buildExample, buildWindows, keptTokens, tokenState, trainedTokens, type Example } from './examples';

/** Largest number of tokens of a prepared set; more would not be trained on in a tab anyway. */
const MAX_TOKENS = 32 * 2 ** 20;

export interface Prepared {
  report: PrepareReport;
  /** In the table's order. */
  train: TokenSet;
  /** In seeded random order, so that its first N are a fair sample. */
  heldOut: TokenSet;
  /** Examples from … from+count, in the table's order, as token chips. */
  preview(from: number, count: number): PreviewExample[];
}

/**
 * Tokenises every row, leaves out what cannot be trained on, and splits by seed.
 * At least one example is held out; exact copies of an example stay on one side.
 * @throws {DataError} on a wrong mapping or template, or when fewer than two different examples are left.
 */
export function prepare(table: ParsedTable, options: PrepareOptions, tokenizer: Tokenizer): Prepared {
  checkOptions(options);
  const { examples, empty, allMasked, lostPrompt } = build(table, options, tokenizer);
  const split = splitExamples(examples, options.heldOutShare, options.seed);
  const isHeldOut = new Set(split.heldOut);
  const count = (f: (e: Example) => number) => examples.reduce((n, e) => n + f(e), 0);
  const report: PrepareReport = {
    examples: examples.length,
    train: split.train.length,
    heldOut: split.heldOut.length,
    tokens: count(keptTokens),
    supervised: count(trainedTokens),
    longest: examples.reduce((n, e) => Math.max(n, e.ids.length), 0),
    truncated: count((e) => (keptTokens(e) < e.ids.length ? 1 : 0)),
    allMasked,
    empty,
    warnings: [],
  };
  const say = (n: number, one: string, many: string) => {
    if (n > 0) report.warnings.push(n === 1 ? `1 example ${one}` : `${n} examples ${many}`);
  };
  say(empty, 'has nothing to learn (an empty text) and was left out.', 'have nothing to learn (an empty text) and were left out.');
  say(allMasked, 'has only masked tokens and was left out.', 'have only masked tokens and were left out.');
  say(split.copies, 'is an exact copy of another; copies stay on the same side of the split.', 'are exact copies of others; copies stay on the same side of the split.');
  say(lostPrompt, 'lost its whole prompt: the answer alone fills the window. Allow more tokens.', 'lost their whole prompt: the answer alone fills the window. Allow more tokens.');
  return {
    report,
    train: toTokenSet(split.train.map((i) => examples[i])),
    heldOut: toTokenSet(split.heldOut.map((i) => examples[i])),
    preview: (from, n) => examples.slice(Math.max(0, from), Math.max(0, from) + Math.max(0, n)).map((e, k) => {
      const ids = [...e.ids];
      const texts = tokenizer.pieces(ids);
      return {
        row: e.row,
        heldOut: isHeldOut.has(Math.max(0, from) + k),
        tokens: ids.map((id, p) => ({ text: texts[p], id, state: tokenState(e, p) })),
      };
    }),
  };
}

function checkOptions(options: PrepareOptions): void {
  if (!Number.isInteger(options.maxTokens) || options.maxTokens < 8) throw new DataError('An example needs room for at least 8 tokens.', 'Raise the longest sequence.');
  if (!(options.heldOutShare >= 0 && options.heldOutShare <= 0.5)) throw new DataError('The held-out share must lie between 0 and 0.5.', 'Common values are 0.1 and 0.2.');
}

/** All usable examples, and how many were not. */
function build(table: ParsedTable, options: PrepareOptions, tokenizer: Tokenizer) {
  const fill = compileTemplate(table.columns, options.mapping, options.template);
  const windows = table.format === 'txt' && options.mapping.kind === 'text';
  const examples: Example[] = [];
  let empty = 0;
  let allMasked = 0;
  let lostPrompt = 0;
  let tokens = 0;
  table.rows.forEach((row, i) => {
    const { prompt, completion } = fill(row);
    if (completion.trim() === '') {
      empty++;
      return;
    }
    const built = windows && prompt === ''
      ? buildWindows(examples.length, completion, tokenizer, options.maxTokens)
      : [buildExample(windows ? examples.length : i, prompt, completion, tokenizer, options.maxTokens, options.completionOnly)];
    for (const example of built) {
      if (trainedTokens(example) === 0) {
        allMasked++;
        continue;
      }
      if (options.completionOnly && prompt !== '' && example.from >= example.trainFrom) lostPrompt++;
      tokens += example.ids.length;
      if (tokens > MAX_TOKENS) throw new DataError(`The data has more than ${MAX_TOKENS / 2 ** 20} million tokens.`, 'Take a part of it: a few thousand examples are plenty here.');
      examples.push(example);
    }
  });
  return { examples, empty, allMasked, lostPrompt };
}

/**
 * Picks the held-out examples by seed. Copies (equal in what is kept and what is trained) move together.
 * @returns indices into `examples`, and how many of them are copies of an earlier one.
 */
function splitExamples(examples: Example[], share: number, seed: number): { train: number[]; heldOut: number[]; copies: number } {
  const groups = new Map<string, number[]>();
  examples.forEach((e, i) => {
    const key = `${e.to - e.from},${trainedTokens(e)}:${e.ids.subarray(e.from, e.to).join(',')}`;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  if (groups.size < 2) {
    const what = examples.length === 0 ? 'No example is left to train on' : examples.length === 1 ? 'Only one example is left' : 'All examples are the same';
    throw new DataError(`${what}.`, 'At least 2 different examples are needed: one to train on and one to test on. Check the mapping and the template.');
  }
  const wanted = Math.max(1, Math.round(share * examples.length));
  const order = new Rng(seed).shuffle([...groups.values()]);
  const heldOut: number[] = [];
  for (const group of order) if (heldOut.length + group.length <= wanted) heldOut.push(...group);
  if (heldOut.length === 0) heldOut.push(...order.reduce((a, b) => (b.length < a.length ? b : a)));
  const out = new Set(heldOut);
  return { train: examples.map((_, i) => i).filter((i) => !out.has(i)), heldOut, copies: examples.length - groups.size };
}

function toTokenSet(examples: Example[]): TokenSet {
  const offsets = new Uint32Array(examples.length + 1);
  examples.forEach((e, i) => {
    offsets[i + 1] = offsets[i] + keptTokens(e);
  });
  const ids = new Int32Array(offsets[examples.length]);
  const supervised = new Uint8Array(ids.length);
  examples.forEach((e, i) => {
    let at = offsets[i];
    for (let p = 0; p < e.ids.length; p++) {
      const state = tokenState(e, p);
      if (state === 'truncated') continue;
      ids[at] = e.ids[p];
      supervised[at++] = state === 'trained' ? 1 : 0;
    }
  });
  return { ids, offsets, supervised };
}
