/** Bytes → text, piece by piece. A line that is not valid UTF-8 is told, so that a person may decide. */
import { DataError } from '../../shared/errors';
import { ENCODINGS } from '../../shared/encodings';
import { message } from '../../shared/message';
import type { Texts } from '../../shared/texts/en';
import { decodeAs } from './encodings';

const startsWith = (bytes: Uint8Array, prefix: readonly number[]) => prefix.every((b, i) => bytes[i] === b);

type NoText = keyof Texts['errors']['data']['file']['notText'];

const MAGIC: [kind: NoText, bytes: number[]][] = [
  ['pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['png', [0x89, 0x50, 0x4e, 0x47]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['office', [0xd0, 0xcf, 0x11, 0xe0]],
  // A digit says how large its blocks are.
  ...Array.from({ length: 9 }, (_, n): [kind: 'bzip2', bytes: number[]] => [
    'bzip2',
    [0x42, 0x5a, 0x68, 0x31 + n, 0x31, 0x41],
  ]),
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['sevenZip', [0x37, 0x7a, 0xbc, 0xaf]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a]],
  ['sqlite', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
];
/** A line longer than this is decoded before its end has come. */
const MAX_HELD = 4 << 20;

export interface DecodeOptions {
  /** A label that TextDecoder knows, or 'auto': UTF-8, or UTF-16 by its mark or its zeros. */
  encoding: string;
  /** What lines are read in that are not valid UTF-8; with `all`, every line that is not plain ASCII. */
  legacy: { encoding: string; all: boolean };
  /** Told how many more lines speak for UTF-8: valid, and no plain ASCII. */
  onGoodLines?: (n: number) => void;
  /** Told every line of the file that is not valid UTF-8, and its bytes. */
  onBadLine: (line: number, bytes: Uint8Array) => void;
}

/**
 * Decodes what a person has chosen, or UTF-8 (with or without a byte order mark) and UTF-16, piece by piece. A lone CR
 * ends a line as LF does where the file's first piece holds no LF.
 */
export class TextPieces {
  encoding: string;
  readonly #options: DecodeOptions;
  readonly #chosen: boolean;
  #whole: TextDecoder | null = null;
  #held: Uint8Array = new Uint8Array(0);
  #first = true;
  #oldMac = false;
  #blank = true;
  #line = 1;

  /** @throws {DataError} on an encoding that nobody knows */
  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#chosen = options.encoding !== 'auto' && options.encoding !== 'utf-8';
    this.encoding = this.#chosen ? options.encoding : 'utf-8';
    if (this.#chosen && !(ENCODINGS as readonly string[]).includes(options.encoding))
      throw new DataError(message('data.file.encoding', { label: options.encoding }));
  }

  /**
   * The text that is complete after these bytes.
   * @param last whether no bytes follow.
   * @throws {DataError} when the file is empty, blank, binary, UTF-32, or damaged UTF-16.
   */
  push(bytes: Uint8Array, last: boolean): string {
    let piece = bytes;
    if (this.#first) {
      this.#first = false;
      piece = this.#begin(piece);
    }
    const text = this.#whole ? this.#wide(piece, last) : this.#utf8(piece, last);
    if (this.#blank && text.trim() !== '') this.#blank = false;
    if (last && this.#blank) throw new DataError(message('data.file.blank'));
    return this.#oldMac ? text.replaceAll('\r', '\n') : text;
  }

  /** Looks at the first bytes: what they are, and which mark they begin with. */
  #begin(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) throw new DataError(message('data.file.empty'));
    const magic = MAGIC.find(([, prefix]) => startsWith(bytes, prefix));
    if (magic) throw new DataError(message(`data.file.notText.${magic[0]}`));
    if (this.#chosen) {
      this.#whole = new TextDecoder(this.encoding, { fatal: this.encoding.startsWith('utf-16') });
      this.#oldMac = !this.encoding.startsWith('utf-16') && bytes.includes(0x0d) && !bytes.includes(0x0a);
      return bytes;
    }
    if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff]))
      throw new DataError(message('data.file.utf32'));
    for (const [encoding, mark] of [
      ['utf-16le', [0xff, 0xfe]],
      ['utf-16be', [0xfe, 0xff]],
    ] as const) {
      if (startsWith(bytes, mark)) return this.#wideFrom(encoding, bytes.subarray(2));
    }
    const wide = refuseBinary(bytes);
    if (wide) return this.#wideFrom(wide, bytes);
    if (holdsJis(bytes)) {
      this.encoding = 'iso-2022-jp';
      this.#whole = new TextDecoder(this.encoding);
      return bytes;
    }
    const body = startsWith(bytes, [0xef, 0xbb, 0xbf]) ? bytes.subarray(3) : bytes;
    this.#oldMac = body.includes(0x0d) && !body.includes(0x0a);
    return body;
  }

  #wideFrom(encoding: 'utf-16le' | 'utf-16be', body: Uint8Array): Uint8Array {
    this.encoding = encoding;
    this.#whole = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    return body;
  }

  #wide(bytes: Uint8Array, last: boolean): string {
    try {
      return this.#whole!.decode(bytes, { stream: !last });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // what TextDecoder throws for invalid bytes
      throw new DataError(message('data.file.damagedUtf16', { encoding: this.encoding.toUpperCase() }));
    }
  }

  /** Whole lines, so that a byte that is not UTF-8 spoils its own line only. */
  #utf8(bytes: Uint8Array, last: boolean): string {
    const all = this.#held.length === 0 ? bytes : joined(this.#held, bytes);
    let end = last ? all.length : all.lastIndexOf(this.#oldMac ? 0x0d : 0x0a) + 1;
    if (end === 0 && all.length > MAX_HELD) end = characterEnd(all);
    this.#held = all.slice(end);
    return this.#lines(all.subarray(0, end));
  }

  #lines(bytes: Uint8Array): string {
    const text = strict(bytes);
    const lineBreak = this.#oldMac ? 0x0d : 0x0a;
    const { onGoodLines, onBadLine, legacy } = this.#options;
    if (text !== null && (text.length === bytes.length || !legacy.all)) {
      for (let at = bytes.indexOf(lineBreak); at >= 0; at = bytes.indexOf(lineBreak, at + 1)) this.#line++;
      if (text.length < bytes.length) onGoodLines?.(text.split(/[\r\n]/).filter((l) => /[^\0-\x7f]/.test(l)).length);
      return text;
    }
    const lines: string[] = [];
    for (let start = 0; start < bytes.length; ) {
      const at = bytes.indexOf(lineBreak, start);
      const stop = at < 0 ? bytes.length : at + 1;
      const line = bytes.subarray(start, stop);
      const valid = strict(line);
      const own = legacy.all && valid !== null && valid.length < line.length ? null : valid;
      if (own === null) onBadLine(this.#line, line);
      else if (own.length < line.length) onGoodLines?.(1);
      lines.push(own ?? decodeAs(legacy.encoding, line));
      if (at >= 0) this.#line++;
      start = stop;
    }
    return lines.join('');
  }
}

/** Decoded text, or null where the bytes are not valid UTF-8. */
function strict(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** The last position before which no UTF-8 character is cut. */
function characterEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= 4; back++)
    if ((bytes[bytes.length - back] & 0xc0) !== 0x80)
      return bytes[bytes.length - back] < 0x80 ? bytes.length : bytes.length - back;
  return bytes.length;
}

/** Whether the bytes switch to the signs of JIS as ISO-2022-JP does: plain ASCII that no other text holds. */
function holdsJis(bytes: Uint8Array): boolean {
  for (let i = bytes.indexOf(0x1b); i >= 0; i = bytes.indexOf(0x1b, i + 1))
    if (bytes[i + 1] === 0x24 && (bytes[i + 2] === 0x42 || bytes[i + 2] === 0x40)) return true;
  return false;
}

/**
 * Whether bytes read well as UTF-16: letters, signs and breaks of lines, and hardly anything that stands in no text.
 */
function readsAsWide(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): boolean {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes.subarray(0, bytes.length & ~1));
  const odd = text.match(/[^\p{L}\p{N}\p{M}\p{P}\p{S}\p{Zs}\t\r\n]|\ufffd/gu)?.length ?? 0;
  return odd <= text.length * 0.005 && /\n/.test(text) && /[\x20-\x7e]/.test(text);
}

/**
 * Control characters hardly occur in text and are everywhere in binary files, but for those that part cells and
 * records; zeros in every second place are UTF-16 whose mark is missing.
 */
function refuseBinary(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const head = bytes.subarray(0, 65536);
  let controls = 0;
  const nul = [0, 0];
  for (let i = 0; i < head.length; i++) {
    const b = head[i];
    if (b === 0) nul[i & 1]++;
    if ((b < 0x20 && !(b >= 0x09 && b <= 0x0d) && b !== 0x01 && !(b >= 0x1b && b <= 0x1f)) || b === 0x7f) controls++;
  }
  if (controls <= head.length * 0.01) return null;
  if (nul[0] + nul[1] > 0)
    for (const wide of ['utf-16le', 'utf-16be'] as const) if (readsAsWide(head, wide)) return wide;
  if (Math.max(...nul) > head.length * 0.2 && Math.min(...nul) < head.length * 0.01)
    return nul[1] > nul[0] ? 'utf-16le' : 'utf-16be';
  throw new DataError(message('data.file.binary'));
}
