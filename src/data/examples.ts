/** Texts → one example's tokens, with what is cut and what is trained. */
import type { Segment } from '../shared/data';
import type { Frame, Tokenizer } from '../shared/types';
import type { RowTexts } from './texts';

/**
 * One example before it is cut: `[bos] text … [eos]`, or a text in its frame.
 * Kept are what stands before it, ids[from .. to), and what stands after it; of these, tokens with a mask of 1 are
 * targets of the loss.
 */
export interface Example {
  ids: Int32Array;
  /** 1 where the token's text is learnt, by token; of a text in its frame where the head reads. */
  mask: Uint8Array;
  /**
   * Tokens at the beginning that are never cut: the beginning-of-text token where there is one, or what a frame begins
   * with.
   */
  bos: number;
  /** The same at the end, of a text in its frame; null elsewhere. */
  tail: number | null;
  from: number;
  to: number;
  /** First token that is learnt. */
  trainFrom: number;
}

export type TokenState = 'trained' | 'masked' | 'truncated';

/** What happens to token p of an example. The first kept token has nothing before it to be predicted from. */
export function tokenState(e: Example, p: number): TokenState {
  const framed = p < e.bos || p >= e.ids.length - (e.tail ?? 0);
  if (!framed && (p < e.from || p >= e.to)) return 'truncated';
  if (e.tail !== null) return e.mask[p] === 1 ? 'trained' : 'masked';
  return e.mask[p] === 1 && p >= e.bos && (e.bos === 1 || p > e.from) ? 'trained' : 'masked';
}

export function keptTokens(e: Example): number {
  return e.bos + e.to - e.from + (e.tail ?? 0);
}

export function trainedTokens(e: Example): number {
  if (e.tail !== null) return 1;
  let n = 0;
  for (let p = e.from + 1 - e.bos; p < e.to; p++) n += e.mask[p];
  return n;
}

export interface ExampleOptions {
  maxSequenceLength: number;
  /** Whether the tokens of texts that are only read are masked. */
  completionOnly: boolean;
  /** Whether texts that look like special tokens are those tokens. */
  marks: boolean;
}

/** An answer of a chat and the token that ends a text: whoever answers must learn to stop, at every answer. */
function withEnd(ids: Int32Array, { ends }: Segment, { eosId }: Tokenizer): Int32Array {
  return ends && eosId !== null ? Int32Array.from([...ids, eosId]) : ids;
}

/**
 * Texts as tokens, so that training sees a prompt's tokens exactly as generation will. What a chat template wrote holds
 * its own beginning and end; around all else are `[bos]` and `[eos]`. Cut to `maxSequenceLength`: what comes before the
 * first learnt text from the left first, then the rest from the right.
 */
export function buildExample(
  { segments, templated }: Pick<RowTexts, 'segments' | 'templated'>,
  tokenizer: Tokenizer,
  { maxSequenceLength, completionOnly, marks }: ExampleOptions,
): Example {
  const encode = templated || marks ? tokenizer.encodeDressed : tokenizer.encode;
  const inPlace = encodeInPlace(segments, encode, templated ? sinceMark(tokenizer) : lastLine);
  const parts = templated ? inPlace : segments.map((s, i) => withEnd(inPlace[i], s, tokenizer));
  const ends = segments.at(-1)?.ends || (marks && parts.at(-1)?.at(-1) === tokenizer.eosId);
  const begins = marks && tokenizer.bosId !== null && parts[0]?.[0] === tokenizer.bosId;
  const ids = templated
    ? joinIds(null, parts, null)
    : joinIds(begins ? null : tokenizer.bosId, parts, ends ? null : tokenizer.eosId);
  const bos = tokenizer.bosId !== null && ids[0] === tokenizer.bosId ? 1 : 0;
  const mask = new Uint8Array(ids.length);
  let promptEnd = -1;
  let at = templated || begins ? 0 : bos;
  segments.forEach((s, i) => {
    const end = i === segments.length - 1 ? ids.length : at + parts[i].length;
    if (s.trained && promptEnd < 0) promptEnd = at;
    if (s.trained || !completionOnly) mask.fill(1, at, end);
    at = end;
  });
  if (bos === 1) mask[0] = 0;
  if (promptEnd < 0) promptEnd = ids.length;
  const room = maxSequenceLength - bos;
  const to = promptEnd + Math.min(ids.length - promptEnd, room);
  const from = Math.max(bos, to - room);
  return { ids, mask, bos, tail: null, from, to, trainFrom: promptEnd };
}

/**
 * A text in its frame, cut at its end; the only target is the class, where the head reads: at the first token, of a
 * mean.
 */
export function buildSequence(
  text: string,
  { before, after, reads }: Frame,
  tokenizer: Tokenizer,
  { maxSequenceLength, marks }: Pick<ExampleOptions, 'maxSequenceLength' | 'marks'>,
): Example {
  const own = marks ? tokenizer.encodeDressed(text) : tokenizer.encode(text);
  const ids = Int32Array.from([...before, ...own, ...after]);
  const room = Math.max(0, maxSequenceLength - before.length - after.length);
  const to = before.length + Math.min(own.length, room);
  const mask = new Uint8Array(ids.length);
  mask[reads !== 'last' ? 0 : after.length > 0 ? ids.length - 1 : Math.max(0, to - 1)] = 1;
  return { ids, mask, bos: before.length, tail: after.length, from: before.length, to, trainFrom: 0 };
}

/**
 * Tokens of each stretch of a text, in its place: a tokenizer may write the beginning of a text otherwise than its
 * middle (SentencePiece puts a space before it). Where a token would reach over the border, the stretch is encoded for
 * itself, since generation begins there, but as one after a line break where that is possible.
 * @param near what of the text before a stretch may have a say in its tokens
 */
function encodeInPlace(
  segments: readonly Segment[],
  encode: (text: string) => Int32Array,
  near: (before: string) => string,
): Int32Array[] {
  const after = (before: string, text: string): Int32Array | null => {
    const [known, both] = [encode(before), encode(before + text)];
    return known.every((id, i) => both[i] === id) ? both.slice(known.length) : null;
  };
  let before = '';
  return segments.map(({ text }, i) => {
    const own = i === 0 || text === '' ? null : (after(before, text) ?? after('\n', text));
    before = near(before + text);
    return own ?? encode(text);
  });
}

/** Tokens never reach over a special one: what lies before the last of them has no say. */
function sinceMark({ special }: Tokenizer): (before: string) => string {
  const marks = [...special.values()];
  return (before) => before.slice(Math.max(0, ...marks.map((mark) => before.lastIndexOf(mark))));
}

/** Longest stretch that is encoded again with what follows it, in characters. */
const NEAR = 200;

/** Words, and few tokens, reach over the end of a line. */
const lastLine = (before: string) => before.slice(Math.max(0, before.lastIndexOf('\n'), before.length - NEAR));

/**
 * A long text as windows of at most `maxSequenceLength`, cut after a paragraph where one ends in the window's second
 * half, else after a line, else anywhere. Only the last window ends with eos. `ends`: whether the text ends here (and
 * is not one part of a longer one).
 */
export function* buildWindows(
  text: string,
  tokenizer: Tokenizer,
  { maxSequenceLength, marks, ends }: Omit<ExampleOptions, 'completionOnly'> & { ends: boolean },
): Generator<Example> {
  const bos = tokenizer.bosId === null ? 0 : 1;
  const ids: number[] = [];
  const cuts: Uint8Array[] = [];
  for (const part of segments(text)) {
    const partIds = marks ? tokenizer.encodeDressed(part) : tokenizer.encode(part);
    for (const id of partIds) ids.push(id);
    cuts.push(cutRanks(tokenizer.pieces(partIds)));
  }
  const rank = concat(cuts, ids.length);
  const room = maxSequenceLength - bos;
  for (let at = 0; at < ids.length; ) {
    const last = ids.length - at + (ends && tokenizer.eosId !== null ? 1 : 0) <= room;
    const end = last ? ids.length : at + bestCut(rank, at, Math.min(room, ids.length - at));
    const body = Int32Array.from(ids.slice(at, end));
    const all = joinIds(tokenizer.bosId, [body], last && ends ? tokenizer.eosId : null);
    yield {
      ids: all,
      mask: new Uint8Array(all.length).fill(1, bos),
      bos,
      tail: null,
      from: bos,
      to: all.length,
      trainFrom: bos,
    };
    at = end;
  }
}

/** Encoding a whole book at once would need many times its size in memory. */
const SEGMENT = 1 << 16;

/** The text in pieces of about 64 K characters, cut at a line break, between words, or between characters. */
function* segments(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + SEGMENT);
    if (end < text.length) {
      const from = at + SEGMENT / 2;
      const line = text.lastIndexOf('\n', end - 1);
      const space = text.lastIndexOf(' ', end);
      if (line >= from) end = line + 1;
      else if (space >= from) end = space;
      else if (/[\uD800-\uDBFF]/.test(text[end - 1])) end--;
    }
    yield text.slice(at, end);
    at = end;
  }
}

/** After each token: 2 = a paragraph ends here, 1 = a line ends here, 0 = neither. */
function cutRanks(pieces: string[]): Uint8Array {
  const rank = new Uint8Array(pieces.length);
  let breaks = 0;
  pieces.forEach((piece, i) => {
    for (const c of piece) {
      if (c === '\n') breaks++;
      else if (c !== '\r') breaks = 0;
    }
    rank[i] = piece.endsWith('\n') ? Math.min(2, breaks) : 0;
  });
  return rank;
}

/** Length of the window that starts at `at`: at most `room`, at least 1. */
function bestCut(rank: Uint8Array, at: number, room: number): number {
  for (const wanted of [2, 1]) {
    for (let n = room; n > room / 2; n--) if (rank[at + n - 1] >= wanted) return n;
  }
  return room;
}

function joinIds(bosId: number | null, parts: Int32Array[], eosId: number | null): Int32Array {
  const length = parts.reduce((n, p) => n + p.length, 0) + (bosId === null ? 0 : 1) + (eosId === null ? 0 : 1);
  const out = new Int32Array(length);
  let at = 0;
  if (bosId !== null) out[at++] = bosId;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  if (eosId !== null) out[at] = eosId;
  return out;
}

function concat(parts: Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
