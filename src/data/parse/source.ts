/** A file's content as bytes that come piece by piece: as it is, out of gzip, or out of a zip. Sizes are capped and verified. */
import { DataError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import { crc32, ZIP_TAIL, zipContentAfter, zipDirectoryAt, zipEntries, type ZipEntry } from '../../shared/zipDirectory';

/** Largest file that is read, as it is or unpacked. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;
/** What is unpacked may be this many times larger than what it came from, once it is more than `FREE` bytes. */
const MAX_RATIO = 200;
const FREE = 8 << 20;
const PIECE = 1 << 18;

const DATA_NAME = /\.(jsonl|ndjson|json|csv|tsv|tab|txt|md|parquet)$/i;

export interface Source {
  /** Name of the innermost file. */
  name: string;
  /** What it was unpacked from, in words. */
  packed: string | null;
  /** Bytes of the file that was chosen, for progress. */
  total: number;
  /** The content. `onRead` hears how many bytes of the chosen file have been read. */
  pieces(onRead: (bytes: number) => void): AsyncGenerator<Uint8Array>;
  /** The content where it may be read at any place: not packed. */
  blob: Blob | null;
}

const tooLarge = (mb: number) => new DataError(texts().errors.data.file.tooLarge(mb, MAX_FILE_BYTES / 2 ** 20));
const damaged = (what: string) => new DataError(texts().errors.data.file.packed(what));

/**
 * Looks into a file by its first bytes.
 * @throws {DataError} when it is too large, or a zip that is damaged or holds no data file.
 */
export async function openSource(name: string, file: Blob): Promise<Source> {
  if (file.size > MAX_FILE_BYTES) throw tooLarge(Math.ceil(file.size / 2 ** 20));
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (head[0] === 0x1f && head[1] === 0x8b) {
    return {
      name: name.replace(/\.(gz|gzip)$/i, ''), packed: 'gzip', total: file.size, blob: null,
      pieces: (onRead) => unpack(file, 'gzip', onRead),
    };
  }
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) return openZip(file);
  return {
    name, packed: null, total: file.size, blob: file,
    async *pieces(onRead) {
      for (let at = 0; at < Math.max(1, file.size); at += PIECE) {
        const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
        onRead(at + piece.length);
        yield piece;
      }
    },
  };
}

async function openZip(file: Blob): Promise<Source> {
  const tail = new Uint8Array(await file.slice(Math.max(0, file.size - ZIP_TAIL)).arrayBuffer());
  const t = texts().errors.data.file;
  let entries: ZipEntry[];
  try {
    const at = zipDirectoryAt(tail);
    if (!at) throw new RangeError(t.pack.noDirectory);
    entries = zipEntries(new Uint8Array(await file.slice(at.offset, at.offset + at.size).arrayBuffer()), at.count);
  } catch (error) {
    if (error instanceof RangeError) throw damaged(error.message);
    throw error;
  }
  if (entries.some((e) => e.path === '[Content_Types].xml')) throw new DataError(t.spreadsheet);
  const data = entries.filter((e) => DATA_NAME.test(e.path) && !e.path.startsWith('__MACOSX/') && !/(^|\/)\./.test(e.path));
  // A read-me beside the data is not the data.
  const plain = /\.(txt|md)$/i;
  const best = data.toSorted((a, b) => Number(plain.test(a.path)) - Number(plain.test(b.path)) || b.size - a.size)[0];
  if (!best) throw new DataError(t.emptyZip);
  if (best.encrypted) throw damaged(t.pack.encrypted(best.path));
  if (best.method !== 0 && best.method !== 8) throw damaged(t.pack.unknown(best.path, best.method));
  if (best.size > MAX_FILE_BYTES) throw tooLarge(Math.ceil(best.size / 2 ** 20));
  const skip = zipContentAfter(new Uint8Array(await file.slice(best.offset, best.offset + 30).arrayBuffer()));
  if (skip === null || best.offset + skip + best.packed > file.size) throw damaged(t.pack.misplaced(best.path));
  const content = file.slice(best.offset + skip, best.offset + skip + best.packed);
  return {
    name: best.path.split('/').at(-1)!,
    packed: t.fromZip(best.path, data.length - 1),
    total: content.size, blob: null,
    pieces: (onRead) => unpack(content, best.method === 0 ? null : 'deflate-raw', onRead, best),
  };
}

/** @param promised what the zip's directory says of the content; gzip's own check is made by the decompressor. */
async function* unpack(file: Blob, format: 'gzip' | 'deflate-raw' | null, onRead: (bytes: number) => void, promised?: ZipEntry): AsyncGenerator<Uint8Array> {
  const t = texts().errors.data.file;
  let size = 0;
  let crc = 0;
  let read = 0;
  const counted = file.stream().pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, out) {
      read += piece.length;
      onRead(read);
      out.enqueue(piece);
    },
  }));
  const stream = format ? counted.pipeThrough(new DecompressionStream(format) as unknown as TransformStream<Uint8Array, Uint8Array>) : counted;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        // What a broken stream throws: a TypeError in browsers, a zlib error in Node.
        throw damaged(error instanceof Error ? error.message : String(error));
      });
      if (done) break;
      size += value.length;
      if (size > MAX_FILE_BYTES) throw tooLarge(Math.ceil(size / 2 ** 20));
      if (size > FREE && size > read * MAX_RATIO) throw damaged(t.pack.bomb(MAX_RATIO));
      if (promised) {
        if (size > promised.size) throw damaged(t.pack.longer);
        crc = crc32(value, crc);
      }
      yield value;
    }
  } finally {
    // Not awaited: a decompressor that is full answers only once somebody reads.
    reader.cancel().catch(() => {});
  }
  if (promised && (size !== promised.size || crc !== promised.crc)) throw damaged(t.pack.different);
  if (size === 0) throw new DataError(t.empty);
}
