/**
 * Files as bytes that come piece by piece: as they are, or out of gzip, zip and tar, also out of one inside another.
 * Sizes are capped and verified.
 */
import type { OwnFile } from '../../shared/data';
import { DataError, messageOf } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import {
  BrokenZip,
  crc32,
  ZIP_TAIL,
  zipContentAfter,
  zipDirectoryAt,
  zipEntries,
  type ZipEntry,
} from '../../shared/zipDirectory';
import { GzipDamage, gunzip } from './gzip';
import { isTar, partOf, TarDamage, tarEntries } from './tar';

/** Largest file that is read, as it is or unpacked. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;
/** What is unpacked may be this many times larger than what it came from, once it is more than `FREE` bytes. */
const MAX_RATIO = 200;
const FREE = 8 << 20;
const PIECE = 1 << 18;
/** Bytes that say what a file is. */
const HEAD = 512;
/** Files of an archive: pictures are many. */
const MAX_FILES = 40_000;
/** Archives inside of archives. */
const DEEPEST = 3;

/** A file that can be read: one that was dropped, or one inside of it. */
export interface Source {
  path: string;
  /** What it was unpacked from, in words; null where it was not. */
  packed: string | null;
  /** Unpacked, in bytes; null where only unpacking tells. */
  bytes: number | null;
  /** Bytes of the file that was dropped which are read for it, for progress. */
  total: number;
  /** Why it cannot be read; asked only once it is wanted. */
  problem: DataError | null;
  /** The content. `onRead` hears how many of the `total` bytes have been read. */
  pieces(onRead: (bytes: number) => void): AsyncGenerator<Uint8Array>;
  /** The content where it may be read at any place: not packed. */
  blob: Blob | null;
}

const tooLarge = (mb: number) => new DataError(message('data.file.tooLarge', { mb, most: MAX_FILE_BYTES / 2 ** 20 }));
const damaged = (what: Message) => new DataError(message('data.file.packed', { what }));
const unheard = () => {};

/**
 * Every file that was dropped, and what lies in those that are archives.
 * @throws {DataError} when one is too large, or a damaged archive
 */
export async function openSources(files: readonly OwnFile[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const { path, file } of files) {
    if (file.size > MAX_FILE_BYTES) throw tooLarge(Math.ceil(file.size / 2 ** 20));
    found.push(
      ...(await opened(
        {
          path,
          packed: null,
          bytes: file.size,
          total: file.size,
          problem: null,
          blob: file,
          async *pieces(onRead) {
            for (let at = 0; at < Math.max(1, file.size); at += PIECE) {
              const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
              onRead(at + piece.length);
              yield piece;
            }
          },
        },
        0,
      )),
    );
  }
  return found;
}

/** What a source holds: itself, or the files inside of it. */
async function opened(source: Source, depth: number): Promise<Source[]> {
  if (source.problem || depth > DEEPEST) return [source];
  const head = await headOf(source);
  if (head[0] === 0x1f && head[1] === 0x8b) return opened(ungzipped(source), depth + 1);
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) {
    if (!source.blob)
      return [{ ...source, problem: damaged(message('data.file.pack.zipInside', { path: source.path })) }];
    return openedInside(await openZip(source.path, source.blob), depth);
  }
  if (isTar(head)) return openedInside(await openTar(source), depth);
  return [source];
}

/** The files of an archive, and what lies in those that are packed themselves. */
async function openedInside(inside: readonly Source[], depth: number): Promise<Source[]> {
  const all = inside.map((own) => (own.problem || !PACKED_NAME.test(own.path) ? [own] : opened(own, depth + 1)));
  return (await Promise.all(all)).flat();
}

const PACKED_NAME = /\.(gz|gzip|tgz|tar|zip)$/i;

async function headOf(source: Source): Promise<Uint8Array> {
  if (source.blob) return new Uint8Array(await source.blob.slice(0, HEAD).arrayBuffer());
  const parts: Uint8Array[] = [];
  let n = 0;
  for await (const piece of source.pieces(unheard)) {
    parts.push(piece);
    n += piece.length;
    if (n >= HEAD) break;
  }
  const head = new Uint8Array(Math.min(n, HEAD));
  let at = 0;
  for (const part of parts) {
    const own = part.subarray(0, head.length - at);
    head.set(own, at);
    at += own.length;
  }
  return head;
}

function ungzipped(source: Source): Source {
  return {
    ...source,
    path: source.path.replace(/\.tgz$/i, '.tar').replace(/\.(gz|gzip)$/i, ''),
    packed: source.packed ? `${source.packed}, gzip` : 'gzip',
    bytes: null,
    blob: null,
    async *pieces(onRead) {
      let read = 0;
      const counted = async function* counted(): AsyncGenerator<Uint8Array> {
        read = 0;
        for await (const piece of source.pieces(onRead)) {
          read += piece.length;
          yield piece;
        }
      };
      try {
        yield* capped(gunzip(counted), () => read);
      } catch (error) {
        if (error instanceof GzipDamage) throw damaged(messageOf(error));
        throw error;
      }
    },
  };
}

/** Ends what unpacks to too much, or to nothing. */
async function* capped(pieces: AsyncIterable<Uint8Array>, read: () => number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MAX_FILE_BYTES) throw tooLarge(Math.ceil(size / 2 ** 20));
    if (size > FREE && size > read() * MAX_RATIO) throw damaged(message('data.file.pack.bomb', { times: MAX_RATIO }));
    yield piece;
  }
  if (size === 0) throw new DataError(message('data.file.empty'));
}

async function openTar(source: Source): Promise<Source[]> {
  try {
    const entries = await tarEntries(source.pieces(unheard));
    const packed = [source.packed, 'tar'].filter(Boolean).join(', ');
    return entries
      .filter((e) => e.size > 0)
      .map(({ path, size, offset }) => ({
        path: path.replace(/^\.\//, ''),
        packed,
        bytes: size,
        total: source.total,
        problem: null,
        blob: source.blob ? source.blob.slice(offset, offset + size) : null,
        pieces: (onRead) => partOf(source.pieces(onRead), offset, size),
      }));
  } catch (error) {
    if (error instanceof TarDamage) throw damaged(message('data.file.pack.tar'));
    throw error;
  }
}

async function openZip(path: string, file: Blob): Promise<Source[]> {
  const tail = new Uint8Array(await file.slice(Math.max(0, file.size - ZIP_TAIL)).arrayBuffer());
  let entries: ZipEntry[];
  try {
    const at = zipDirectoryAt(tail, MAX_FILES);
    if (!at) throw new BrokenZip(message('data.file.pack.noDirectory'));
    entries = zipEntries(new Uint8Array(await file.slice(at.offset, at.offset + at.size).arrayBuffer()), at.count);
  } catch (error) {
    if (error instanceof BrokenZip) throw damaged(messageOf(error));
    throw error;
  }
  if (entries.some((e) => e.path === '[Content_Types].xml')) throw new DataError(message('data.file.spreadsheet'));
  const sources: Source[] = [];
  for (const entry of entries) {
    if (entry.path.endsWith('/') || entry.size === 0) continue;
    sources.push(await zipSource(file, entry));
  }
  if (sources.length === 0) throw new DataError(message('data.file.emptyZip', { path }));
  return sources;
}

async function zipSource(file: Blob, entry: ZipEntry): Promise<Source> {
  const skip = zipContentAfter(new Uint8Array(await file.slice(entry.offset, entry.offset + 30).arrayBuffer()));
  const problem = entry.encrypted
    ? damaged(message('data.file.pack.encrypted', { path: entry.path }))
    : entry.method !== 0 && entry.method !== 8
      ? damaged(message('data.file.pack.unknown', { path: entry.path, method: entry.method }))
      : entry.size > MAX_FILE_BYTES
        ? tooLarge(Math.ceil(entry.size / 2 ** 20))
        : skip === null || entry.offset + skip + entry.packed > file.size
          ? damaged(message('data.file.pack.misplaced', { path: entry.path }))
          : null;
  const content = file.slice(entry.offset + (skip ?? 0), entry.offset + (skip ?? 0) + entry.packed);
  return {
    path: entry.path,
    packed: 'zip',
    bytes: entry.size,
    total: content.size,
    problem,
    blob: null,
    pieces: (onRead) => unzipped(content, entry, onRead),
  };
}

async function* unzipped(
  content: Blob,
  promised: ZipEntry,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let crc = 0;
  let read = 0;
  const counted = content.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, out) {
        read += piece.length;
        onRead(read);
        out.enqueue(piece);
      },
    }),
  );
  const inflate = () => new DecompressionStream('deflate-raw') as unknown as TransformStream<Uint8Array, Uint8Array>;
  const reader = (promised.method === 0 ? counted : counted.pipeThrough(inflate())).getReader();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        // What a broken stream throws: a TypeError in browsers, a zlib error in Node.
        throw damaged(messageOf(error));
      });
      if (done) break;
      size += value.length;
      if (size > FREE && size > read * MAX_RATIO) throw damaged(message('data.file.pack.bomb', { times: MAX_RATIO }));
      if (size > promised.size) throw damaged(message('data.file.pack.longer'));
      crc = crc32(value, crc);
      yield value;
    }
    whole = true;
  } finally {
    // Not awaited: a decompressor that is full answers only once somebody reads.
    if (!whole) reader.cancel().catch(() => {});
  }
  if (size !== promised.size || crc !== promised.crc) throw damaged(message('data.file.pack.different'));
}
