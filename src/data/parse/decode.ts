/** Bytes → text. Never guesses: what is not valid in its encoding is refused, not replaced. */
import { DataError } from '../../shared/errors';

/** Largest file that is read; all of it is held in memory. */
export const MAX_FILE_BYTES = 64 * 2 ** 20;

const MAGIC: [kind: string, bytes: number[]][] = [
  ['a zip file (or a spreadsheet, which is one)', [0x50, 0x4b, 0x03, 0x04]],
  ['a Parquet file', [0x50, 0x41, 0x52, 0x31]],
  ['a gzip file', [0x1f, 0x8b]],
  ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['an old Office file', [0xd0, 0xcf, 0x11, 0xe0]],
  ['an SQLite database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];

const startsWith = (bytes: Uint8Array, prefix: number[]) => prefix.every((b, i) => bytes[i] === b);

/**
 * Decodes UTF-8 (with or without a byte order mark) and UTF-16 (by its mark).
 * @returns the text without the mark, and the encoding's name.
 * @throws {DataError} when the file is empty, too large, binary, or not valid in its encoding (with the line).
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: string } {
  if (bytes.length === 0) throw new DataError('The file is empty.', 'Choose a file with at least 2 examples.');
  if (bytes.length > MAX_FILE_BYTES) {
    throw new DataError(`The file has ${Math.ceil(bytes.length / 2 ** 20)} MB; at most ${MAX_FILE_BYTES / 2 ** 20} MB are read.`, 'Take a part of it: a few thousand examples are plenty here.');
  }
  const magic = MAGIC.find(([, prefix]) => startsWith(bytes, prefix));
  if (magic) throw new DataError(`This is ${magic[0]}, not a text file.`, 'Use JSONL, JSON, CSV, TSV or plain text.');
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    throw new DataError('The file is encoded as UTF-32.', 'Save it as UTF-8.');
  }
  for (const [encoding, mark] of [['utf-16le', [0xff, 0xfe]], ['utf-16be', [0xfe, 0xff]]] as const) {
    if (!startsWith(bytes, [...mark])) continue;
    const text = strict(encoding, bytes.subarray(2));
    if (text === null) throw new DataError(`The file says that it is ${encoding.toUpperCase()}, but it is damaged.`, 'Save it again, as UTF-8.');
    return { text: refuseBlank(text), encoding };
  }
  refuseBinary(bytes);
  const body = startsWith(bytes, [0xef, 0xbb, 0xbf]) ? bytes.subarray(3) : bytes;
  const text = strict('utf-8', body);
  if (text === null) {
    const line = firstBadLine(body);
    throw new DataError(`Line ${line} is not valid UTF-8. The file may be Latin-1 or Windows-1252.`, 'Save it as UTF-8: guessing could garble letters without anyone noticing.', line);
  }
  return { text: refuseBlank(text), encoding: 'utf-8' };
}

/** Decoded text, or null where the bytes are not valid. */
function strict(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null; // what TextDecoder throws for invalid bytes
    throw error;
  }
}

function refuseBlank(text: string): string {
  if (text.trim() === '') throw new DataError('The file holds nothing but white space.', 'Choose a file with at least 2 examples.');
  return text;
}

/** Control characters hardly occur in text and are everywhere in binary files. */
function refuseBinary(bytes: Uint8Array): void {
  const head = bytes.subarray(0, 65536);
  let controls = 0;
  const nul = [0, 0];
  for (let i = 0; i < head.length; i++) {
    const b = head[i];
    if (b === 0) nul[i & 1]++;
    if ((b < 0x20 && !(b >= 0x09 && b <= 0x0d) && b !== 0x1b) || b === 0x7f) controls++;
  }
  if (controls <= head.length * 0.01) return;
  if (Math.max(...nul) > head.length * 0.2 && Math.min(...nul) < head.length * 0.01) {
    throw new DataError('The file looks like UTF-16 without the mark that says so.', 'Save it as UTF-8.');
  }
  throw new DataError('This looks like a binary file, not text.', 'Use JSONL, JSON, CSV, TSV or plain text.');
}

/** 1-based line of the first invalid byte. A line break is never part of a longer UTF-8 character. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end < 0 ? bytes.length : end;
    if (strict('utf-8', bytes.subarray(start, stop)) === null) break;
    start = stop + 1;
  }
  return line;
}
