/** Tar archives (POSIX ustar and GNU's long names): headers of 512 bytes, each followed by its file. */

const BLOCK = 512;

/** The archive is cut off, or a header is damaged. */
export class TarDamage extends Error {}

export interface TarEntry {
  path: string;
  size: number;
  /** Where its content begins in the archive. */
  offset: number;
}

/** Whether the bytes begin with a tar header. */
export function isTar(head: Uint8Array): boolean {
  return (
    head.length >= BLOCK &&
    text(head, 257, 5) === 'ustar' &&
    checksumOf(head) === parseInt(text(head, 148, 8).trim(), 8)
  );
}

/**
 * Headers of the plain files of an archive that comes in pieces.
 * @throws {TarDamage}
 */
export async function tarEntries(pieces: AsyncIterable<Uint8Array>): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  let header = new Uint8Array(0);
  let at = 0;
  let next = 0;
  let longName: string | null = null;
  let body: { until: number; parts: Uint8Array[] } | null = null;
  for await (const piece of pieces) {
    for (let i = 0; i < piece.length; ) {
      const position = at + i;
      if (body && position < body.until) {
        const take = Math.min(piece.length - i, body.until - position);
        body.parts.push(piece.slice(i, i + take));
        i += take;
        continue;
      }
      if (position < next) {
        i += Math.min(piece.length - i, next - position);
        continue;
      }
      if (body) {
        longName = new TextDecoder().decode(joined(body.parts)).replace(/\0.*$/s, '');
        body = null;
      }
      const take = Math.min(piece.length - i, BLOCK - header.length);
      header = joined([header, piece.subarray(i, i + take)]);
      i += take;
      if (header.length < BLOCK) continue;
      const block = header;
      header = new Uint8Array(0);
      const start = at + i;
      if (block.every((b) => b === 0)) {
        next = Infinity;
        continue;
      }
      const size = parseInt(text(block, 124, 12).trim() || '0', 8);
      if (checksumOf(block) !== parseInt(text(block, 148, 8).trim(), 8) || !(size >= 0)) throw new TarDamage();
      const kind = String.fromCharCode(block[156]);
      next = start + Math.ceil(size / BLOCK) * BLOCK;
      if (kind === 'L' && size < 1 << 16) body = { until: start + size, parts: [] };
      else {
        const prefix = text(block, 345, 155);
        const path = longName ?? (prefix ? `${prefix}/` : '') + text(block, 0, 100);
        if (kind === '0' || kind === '\0') entries.push({ path, size, offset: start });
        if (kind !== 'x' && kind !== 'g') longName = null;
      }
    }
    at += piece.length;
  }
  if (next !== Infinity && at < next) throw new TarDamage();
  return entries;
}

/** The part of a stream from `offset` on, `size` bytes long. */
export async function* partOf(
  pieces: AsyncIterable<Uint8Array>,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    const from = Math.max(0, offset - at);
    const to = Math.min(piece.length, offset + size - at);
    if (from < to) yield piece.subarray(from, to);
    at += piece.length;
    if (at >= offset + size) return;
  }
}

function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i];
  return sum;
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const end = bytes.subarray(at, at + length).indexOf(0);
  return new TextDecoder().decode(bytes.subarray(at, at + (end < 0 ? length : end)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
