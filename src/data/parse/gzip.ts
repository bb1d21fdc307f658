/**
 * Gunzip, piece by piece, by fflate: it reads files of several members (RFC 1952, 2.2), which DecompressionStream refuses in
 * browsers. What fflate does not look at is checked here: each member's size and checksum, and what follows the last one.
 */
import { Gunzip } from 'fflate';
import { texts } from '../../shared/texts';
import { crc32 } from '../../shared/zipDirectory';

/** Packed bytes that are handed over at once: bounds what comes out of them. */
const SLICE = 1 << 14;
const TRAILER = 8;

/** The file is damaged; the message says how. */
export class GzipDamage extends Error {}

/** @throws {GzipDamage} */
export async function* gunzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const t = texts().errors.data.file.pack;
  let out: Uint8Array[] = [];
  let size = 0;
  let crc = 0;
  /** Packed bytes so far, and the last of them. */
  let read = 0;
  const recent = new Recent();
  const checked = (trailer: Uint8Array) => trailer.length === TRAILER && numberAt(trailer, 0) === crc >>> 0 && numberAt(trailer, 4) === size % 2 ** 32;
  let fault: string | null = null;
  const reader = new Gunzip((piece) => {
    if (piece.length === 0) return;
    size += piece.length;
    crc = crc32(piece, crc);
    out.push(piece);
  });
  reader.onmember = (offset) => {
    if (!checked(recent.before(offset))) fault ??= t.different;
    size = crc = 0;
  };
  /** After the last member: zeros, which fill up a block of a tape or a file system. */
  let ended = false;
  for await (const piece of packed) {
    for (let at = 0; at < piece.length; at += SLICE) {
      const slice = piece.subarray(at, at + SLICE);
      recent.push(slice, read);
      read += slice.length;
      if (ended) continue;
      try {
        reader.push(slice.slice());
      } catch (error) {
        // What follows a member is none: it may be padding, which the check at the end decides.
        if ((error as { code?: number }).code !== 6 || size === 0) throw new GzipDamage(error instanceof Error ? error.message : String(error));
        ended = true;
      }
      if (fault !== null) throw new GzipDamage(fault);
      yield* out;
      out = [];
    }
  }
  // The trailer may end with zeros of its own, so that it may reach into the padding.
  for (let zeros = 0; zeros <= TRAILER; zeros++) if (checked(recent.before(recent.lastFilled + zeros))) return;
  throw new GzipDamage(t.different);
}

const numberAt = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);

/** The last packed bytes: those before the zeros at the end, and those of the slice that was pushed last. */
class Recent {
  /** Where the last byte that is not zero ends. */
  lastFilled = 0;
  #bytes = new Uint8Array(0);
  #from = 0;

  push(slice: Uint8Array, from: number): void {
    // Zeros may fill slices: what lies before them must stay in sight.
    const keepFrom = Math.max(0, Math.min(this.lastFilled, from) - 2 * TRAILER);
    const gap = from - this.#from;
    const kept = this.#bytes.subarray(Math.max(0, keepFrom - this.#from), gap);
    const joined = new Uint8Array(kept.length + slice.length);
    joined.set(kept);
    joined.set(slice, kept.length);
    this.#from = from - kept.length;
    this.#bytes = joined;
    let last = slice.length;
    while (last > 0 && slice[last - 1] === 0) last--;
    if (last > 0) this.lastFilled = from + last;
    // A long run of zeros is not kept: only its beginning matters.
    const most = this.lastFilled - this.#from + 4 * TRAILER;
    if (last === 0 && this.#bytes.length > most + slice.length) this.#bytes = this.#bytes.subarray(0, most);
  }

  /** The eight bytes before a position; fewer where they are not there any more. */
  before(position: number): Uint8Array {
    const to = position - this.#from;
    return to < TRAILER || to > this.#bytes.length ? new Uint8Array(0) : this.#bytes.slice(to - TRAILER, to);
  }
}
