/** Damage that follows from a seed alone. */
import type { Rng } from '../src/shared/rng';

const TOKENS = [
  '0',
  '-1',
  '1e999',
  '4294967296',
  '"',
  '{',
  '[',
  ']',
  '}',
  ',',
  ':',
  'null',
  '\\u0000',
  '\uFEFF',
  '__proto__',
  '\r\n',
  '\t',
  '<|endoftext|>',
  'NaN',
].map((t) => new TextEncoder().encode(t));
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0xfe];

/** One to six changes of a copy: bytes, cuts, repeats, tokens of the formats. */
export function mutated(seed: Uint8Array, rng: Rng): Uint8Array {
  let bytes: Uint8Array = seed.slice();
  const below = (n: number) => Math.floor(rng.float() * n);
  for (let n = 1 + below(6); n > 0 && bytes.length > 0; n--) {
    const at = below(bytes.length);
    // Directories and footers stand at the end.
    const place = below(3) === 0 ? Math.max(0, bytes.length - 1 - below(200)) : at;
    switch (below(6)) {
      case 0:
        bytes[place] ^= 1 << below(8);
        break;
      case 1:
        bytes[place] = BYTES[below(BYTES.length)];
        break;
      case 2:
        bytes = bytes.slice(0, below(8) === 0 ? at : bytes.length - below(4));
        break;
      case 3:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + 1 + below(20)));
        break;
      case 4:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - below(100))));
        break;
      default:
        bytes = joined(bytes.subarray(0, place), TOKENS[below(TOKENS.length)], bytes.subarray(place + below(4)));
    }
  }
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
