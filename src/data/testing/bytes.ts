/** A whole tokenizer of 257 entries for tests: id = byte + 1, and 0 begins and ends a text. */
import { unguard } from '../../shared/guard';
import type { Tokenizer } from '../../shared/types';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = (text: string): Int32Array<ArrayBuffer> => {
  const ids = new Int32Array(encoder.encode(text));
  for (let i = 0; i < ids.length; i++) ids[i]++;
  return ids;
};

export const byteTokenizer: Tokenizer = {
  encode,
  encodeDressed: (text) =>
    Int32Array.from(
      text.split('<|endoftext|>').flatMap((part, i) => [...(i > 0 ? [0] : []), ...encode(unguard(part))]),
    ),
  special: new Map([[0, '<|endoftext|>']]),
  pieces: (ids) => Array.from(ids, (id) => (id === 0 ? '<|endoftext|>' : String.fromCharCode(id - 1))),
  decode: (ids) => {
    const bytes = new Uint8Array(ids.length);
    let n = 0;
    for (let i = 0; i < ids.length; i++) if (ids[i] > 0) bytes[n++] = ids[i] - 1;
    return decoder.decode(bytes.subarray(0, n));
  },
  frame: null,
  writes: true,
  largestId: 256,
  entries: 257,
  bosId: 0,
  eosId: 0,
  stopIds: new Set([0]),
};

/** UTF-8 bytes of a text. */
export const utf8 = (text: string) => new TextEncoder().encode(text);
