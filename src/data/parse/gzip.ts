/**
 * Gunzip, piece by piece. The platform's own is fast, but in browsers it refuses a second member (RFC 1952, 2.2) and
 * what fills up a block behind the last one; then fflate reads the file. What fflate does not look at is checked here:
 * each member's size and checksum, and what follows the last one.
 */
import { Gunzip } from 'fflate';
import { SieveError, messageOf } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import { crc32 } from '../../shared/zipDirectory';

/** Packed bytes that are handed over at once: bounds what comes out of them. */
const SLICE = 1 << 14;
const TRAILER = 8;

/** The file is damaged; what it says follows “cannot be read: ”. */
export class GzipDamage extends SieveError {}

/**
 * @param packed opens the packed bytes from their beginning; asked for a second time where the platform refuses them
 * @throws {GzipDamage}
 */
export async function* gunzip(packed: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let given = 0;
  let source: { error: unknown } | null = null;
  const stream = streamOf(packed(), (error) => {
    source = { error };
  });
  const reader = stream
    .pipeThrough(new DecompressionStream('gzip') as unknown as TransformStream<Uint8Array, Uint8Array>)
    .getReader();
  let ended = false;
  try {
    for (;;) {
      const read = await reader.read().catch(() => null);
      if (source) throw (source as { error: unknown }).error;
      if (read === null) break;
      if (read.done) {
        ended = true;
        return;
      }
      given += read.value.length;
      yield read.value;
    }
  } finally {
    // Not awaited: a decompressor that is full answers only once somebody reads.
    if (!ended) reader.cancel().catch(() => {});
  }
  // What was given already is not given again.
  let skip = given;
  for await (const piece of gunzipMembers(packed())) {
    const from = Math.min(skip, piece.length);
    skip -= from;
    if (from < piece.length) yield piece.subarray(from);
  }
}

function streamOf(pieces: AsyncIterable<Uint8Array>, onError: (error: unknown) => void): ReadableStream<Uint8Array> {
  const own = pieces[Symbol.asyncIterator]();
  // A stream that nobody wants any more takes nothing: its reader may have given up while a piece was on its way.
  let wanted = true;
  return new ReadableStream({
    async pull(controller) {
      const next = await own.next().catch((error: unknown) => {
        onError(error);
        return null;
      });
      if (!wanted) return;
      if (next === null) controller.error(new Error('the packed bytes cannot be read'));
      else if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      wanted = false;
      await own.return?.();
    },
  });
}

/** As `gunzip`, by fflate: any number of members, and zeros behind the last one. @throws {GzipDamage} */
export async function* gunzipMembers(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  let size = 0;
  let crc = 0;
  /** Packed bytes so far, and the last of them. */
  let read = 0;
  const recent = new Recent();
  const checked = (trailer: Uint8Array) =>
    trailer.length === TRAILER && numberAt(trailer, 0) === crc >>> 0 && numberAt(trailer, 4) === size % 2 ** 32;
  let fault: Message | null = null;
  const reader = new Gunzip((piece) => {
    if (piece.length === 0) return;
    size += piece.length;
    crc = crc32(piece, crc);
    out.push(piece);
  });
  reader.onmember = (offset) => {
    if (!checked(recent.before(offset))) fault ??= message('data.file.pack.different');
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
        if ((error as { code?: number }).code !== 6 || size === 0) throw new GzipDamage(messageOf(error));
        ended = true;
      }
      if (fault !== null) throw new GzipDamage(fault);
      yield* out;
      out = [];
    }
  }
  // The trailer may end with zeros of its own, so that it may reach into the padding.
  for (let zeros = 0; zeros <= TRAILER; zeros++) if (checked(recent.before(recent.lastFilled + zeros))) return;
  const trails = ended && recent.positions().some((position) => checked(recent.before(position)));
  throw new GzipDamage(message(trails ? 'data.file.pack.trails' : 'data.file.pack.different'));
}

const numberAt = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);

/** The last packed bytes: those before the zeros at the end, and those of the slice that was pushed last. */
class Recent {
  /** Where the last byte that is not zero ends. */
  lastFilled = 0;
  #bytes = new Uint8Array(0);
  #from = 0;

  push(slice: Uint8Array, from: number): void {
    let last = slice.length;
    while (last > 0 && slice[last - 1] === 0) last--;
    const end = this.#from + this.#bytes.length;
    // Of a long run of zeros only its beginning matters.
    if (last === 0 && end >= this.lastFilled + 4 * TRAILER) return;
    const keepFrom = Math.max(this.#from, Math.min(this.lastFilled, from) - 2 * TRAILER);
    const kept = from > end ? new Uint8Array(0) : this.#bytes.subarray(keepFrom - this.#from, from - this.#from);
    const joined = new Uint8Array(kept.length + slice.length);
    joined.set(kept);
    joined.set(slice, kept.length);
    this.#from = from - kept.length;
    this.#bytes = joined;
    if (last > 0) this.lastFilled = from + last;
  }

  /** Where the eight bytes before are known. */
  positions(): number[] {
    return Array.from({ length: Math.max(0, this.#bytes.length - TRAILER + 1) }, (_, i) => this.#from + TRAILER + i);
  }

  /** The eight bytes before a position; fewer where they are not there any more. */
  before(position: number): Uint8Array {
    const to = position - this.#from;
    return to < TRAILER || to > this.#bytes.length ? new Uint8Array(0) : this.#bytes.slice(to - TRAILER, to);
  }
}
