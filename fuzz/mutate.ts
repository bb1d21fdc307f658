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

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const VALUES: Json[] = [null, true, -1, 0, 0.5, 1e308, 2 ** 32, '', '\0', '__proto__', '<|endoftext|>', [], {}, [[]]];

/** One to six changes of what a JSON text says: it is JSON still, which of bytes that are damaged few are. */
export function mutatedJson(seed: Uint8Array, rng: Rng): Uint8Array {
  let value = JSON.parse(new TextDecoder().decode(seed)) as Json;
  for (let n = 1 + Math.floor(rng.float() * 6); n > 0; n--) value = changed(value, rng);
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A part of the value left out, put twice, exchanged with another, or given another value. */
function changed(value: Json, rng: Rng): Json {
  const below = (n: number) => Math.floor(rng.float() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length > 0 && below(8) > 0) {
    const holder = value as Record<string, Json>;
    const [key, other] = [pick(keys), pick(keys)];
    switch (below(10)) {
      case 0:
        if (Array.isArray(value)) value.splice(Number(key), 1);
        else delete holder[key];
        break;
      case 1:
        if (Array.isArray(value)) value.splice(Number(key), 0, holder[other]);
        else holder[`${key}${below(9)}`] = holder[key];
        break;
      case 2:
        [holder[key], holder[other]] = [holder[other], holder[key]];
        break;
      default:
        holder[key] = changed(holder[key], rng);
    }
    return value;
  }
  if (typeof value === 'string' && below(2) === 0)
    return new TextDecoder().decode(mutated(new TextEncoder().encode(value), rng));
  return structuredClone(pick(VALUES));
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
