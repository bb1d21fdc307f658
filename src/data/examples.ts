/** Texts → one example's tokens, with what is cut and what is trained. */
import type { Tokenizer } from '../shared/types';

/**
 * One example before it is cut: `[bos] prompt completion [eos]`.
 * Kept are the bos and ids[from .. to); of these, tokens from `trainFrom` on are targets of the loss.
 */
export interface Example {
  /** Row of the table, or index of the window for plain text files. */
  row: number;
  ids: Int32Array;
  /** 1 where ids[0] is the beginning-of-text token, which is never cut. */
  bos: 0 | 1;
  from: number;
  to: number;
  trainFrom: number;
}

export type TokenState = 'trained' | 'masked' | 'truncated';

/** What happens to token p of an example. The first kept token has nothing before it to be predicted from. */
export function tokenState(e: Example, p: number): TokenState {
  if (p < e.bos) return 'masked';
  if (p < e.from || p >= e.to) return 'truncated';
  return p >= e.trainFrom && (e.bos === 1 || p > e.from) ? 'trained' : 'masked';
}

export function keptTokens(e: Example): number {
  return e.bos + e.to - e.from;
}

export function trainedTokens(e: Example): number {
  const first = Math.max(e.trainFrom, e.bos === 1 ? e.from : e.from + 1);
  return Math.max(0, e.to - first);
}

/**
 * Prompt and completion as tokens. They are encoded apart, so that training sees the prompt's tokens exactly as
 * generation will. Cut to `maxTokens`: the prompt from the left first, then the completion from the right.
 * @param completionOnly whether the prompt's tokens are masked.
 */
export function buildExample(row: number, prompt: string, completion: string, tokenizer: Tokenizer, maxTokens: number, completionOnly: boolean): Example {
  const p = prompt === '' ? new Int32Array(0) : tokenizer.encode(prompt);
  const c = tokenizer.encode(completion);
  const ids = joinIds(tokenizer.bosId, [p, c], tokenizer.eosId);
  const bos = tokenizer.bosId === null ? 0 : 1;
  const promptEnd = bos + p.length;
  const completionLength = ids.length - promptEnd;
  const room = maxTokens - bos;
  const to = promptEnd + Math.min(completionLength, room);
  const from = Math.max(bos, to - room);
  return { row, ids, bos, from, to, trainFrom: completionOnly && p.length > 0 ? promptEnd : bos };
}

/**
 * A long text as windows of at most `maxTokens`, cut after a paragraph where one ends in the window's second half,
 * else after a line, else anywhere. Only the last window ends with eos.
 * @param row index of the first window.
 */
export function buildWindows(row: number, text: string, tokenizer: Tokenizer, maxTokens: number): Example[] {
  const bos = tokenizer.bosId === null ? 0 : 1;
  const ids: number[] = [];
  const cuts: Uint8Array[] = [];
  for (const part of segments(text)) {
    const partIds = tokenizer.encode(part);
    for (const id of partIds) ids.push(id);
    cuts.push(cutRanks(tokenizer.pieces(partIds)));
  }
  const rank = concat(cuts, ids.length);
  const windows: Example[] = [];
  const room = maxTokens - bos;
  for (let at = 0; at < ids.length;) {
    const last = ids.length - at + (tokenizer.eosId === null ? 0 : 1) <= room;
    const end = last ? ids.length : at + bestCut(rank, at, Math.min(room, ids.length - at));
    const body = Int32Array.from(ids.slice(at, end));
    const all = joinIds(tokenizer.bosId, [body], last ? tokenizer.eosId : null);
    windows.push({ row: row + windows.length, ids: all, bos, from: bos, to: all.length, trainFrom: bos });
    at = end;
  }
  return windows;
}

/** Encoding a whole book at once would need many times its size in memory. */
const SEGMENT = 1 << 16;

/** The text in pieces of about 64 K characters, cut at a line break, between words, or between characters. */
function* segments(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
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
