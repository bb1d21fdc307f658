/**
 * Files of models that were downloaded, kept in the browser's Cache API: opening a model again needs no network, and a
 * download that broke off, or whose tab was closed, goes on where it ended.
 * A file lies in pieces, beside a record of what it is. Where the browser has no cache, or no room, nothing is kept.
 */
import { sha256 as sha256Of } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { giveBack } from '../shared/giveBack';
import { siteData } from '../shared/siteData';

/** Not named as the caches of the app's own files, which go with each version. */
const CACHE = 'model-files';
/** What is lost of a download when its tab is closed, at most. */
export const PIECE = 8 * 2 ** 20;
/** Share of the browser's quota that models may fill. */
const MOST = 0.8;

/** What a kept file is. */
interface Entry {
  bytes: number;
  etag: string | null;
  /** Of the content, in hexadecimal digits; null while it is not whole. */
  sha256: string | null;
  /** The model has no such file. */
  missing?: true;
}

const entryKey = (url: string) => `${url}?kept`;
const pieceKey = (url: string, i: number) => `${url}?piece=${i}`;
const piecesOf = ({ bytes }: Entry) => Math.ceil(bytes / PIECE);

/** What cannot be kept is downloaded again: a storage that fails is no reason to fail. */
async function attempt<T>(what: string, act: (cache: Cache) => Promise<T>): Promise<T | null> {
  const storage = siteData('caches');
  if (!storage) return null;
  try {
    return await act(await storage.open(CACHE));
  } catch (error) {
    console.info(`model files: ${what}`, error);
    return null;
  }
}

const readEntry = async (cache: Cache, url: string): Promise<Entry | null> =>
  (await cache.match(entryKey(url)))?.json() ?? null;
const writeEntry = (cache: Cache, url: string, entry: Entry) =>
  cache.put(entryKey(url), new Response(JSON.stringify(entry)));

/** What is there of a file. */
export interface KeptFile {
  bytes: Uint8Array<ArrayBuffer>;
  available: number;
  etag: string | null;
}

/**
 * The kept file, whole or as far as it came; null where there is none.
 * @param sha256 of the file that is wanted; another one is forgotten. null: whatever is kept
 * @param onBytes see `FetchOptions`
 */
export function readKept(
  url: string,
  sha256: string | null,
  onBytes?: (bytes: Uint8Array, available: number) => void,
): Promise<KeptFile | 'missing' | null> {
  return attempt('not read', async (cache) => {
    const entry = await readEntry(cache, url);
    if (!entry) return null;
    if (entry.missing) return 'missing';
    if (sha256 !== null && entry.sha256 !== null && entry.sha256 !== sha256) {
      await forget(cache, url);
      return null;
    }
    const bytes = new Uint8Array(entry.bytes);
    let available = 0;
    for (let i = 0; i < piecesOf(entry); i++) {
      const piece = await (await cache.match(pieceKey(url, i)))?.arrayBuffer();
      if (piece?.byteLength !== Math.min(PIECE, entry.bytes - available)) break;
      bytes.set(new Uint8Array(piece), available);
      available += piece.byteLength;
      onBytes?.(bytes, available);
    }
    if (available === bytes.length && entry.sha256 !== null && (await hashOf(bytes)) !== entry.sha256) {
      await forget(cache, url);
      return null;
    }
    return { bytes, available, etag: entry.etag };
  });
}

/**
 * The first `most` bytes of a file that is kept whole, and its length; null where it is not. They are not hashed.
 * @param sha256 of the file that is wanted. null: whatever is kept
 */
export function readKeptStart(
  url: string,
  sha256: string | null,
  most: number,
): Promise<{ bytes: Uint8Array; total: number } | null> {
  return attempt('not read', async (cache) => {
    const entry = await readEntry(cache, url);
    if (!entry || entry.sha256 === null || (sha256 !== null && entry.sha256 !== sha256)) return null;
    const bytes = new Uint8Array(Math.min(most, entry.bytes));
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = await (await cache.match(pieceKey(url, at / PIECE)))?.arrayBuffer();
      if (piece?.byteLength !== Math.min(PIECE, entry.bytes - at)) return null;
      bytes.set(new Uint8Array(piece).subarray(0, bytes.length - at), at);
    }
    return { bytes, total: entry.bytes };
  });
}

/**
 * A file that is kept whole, as it lies on the disk; null where it is not. It is not hashed: whoever asks has just seen
 * that it is the right one.
 */
export function keptBlob(url: string, length: number): Promise<Blob | null> {
  return attempt('not read', async (cache) => {
    const entry = await readEntry(cache, url);
    return entry?.bytes === length ? wholeOf(cache, url, entry) : null;
  });
}

/**
 * The same of a file that has not been looked at: its bytes are hashed, a piece at a time. Of one that is another, or
 * that is damaged, nothing is kept.
 * @param sha256 of the file that is wanted. null: whatever is kept
 */
export function keptWhole(url: string, sha256: string | null): Promise<Blob | null> {
  return attempt('not read', async (cache) => {
    const entry = await readEntry(cache, url);
    if (!entry || (sha256 !== null && entry.sha256 !== sha256)) return null;
    const blob = await wholeOf(cache, url, entry);
    if (!blob) return null;
    const hash = sha256Of.create();
    for (let at = 0; at < blob.size; at += PIECE) {
      const piece = await blob.slice(at, at + PIECE).arrayBuffer();
      hash.update(new Uint8Array(piece));
      giveBack([piece]);
    }
    if (bytesToHex(hash.digest()) === entry.sha256) return blob;
    await forget(cache, url);
    return null;
  });
}

/** All pieces of a file behind one another; null where one is missing. */
async function wholeOf(cache: Cache, url: string, entry: Entry): Promise<Blob | null> {
  if (entry.sha256 === null) return null;
  const pieces = await firstPieces(cache, url, entry);
  return pieces.length === piecesOf(entry) ? new Blob(pieces) : null;
}

/** Pieces from the first to the last before one that is missing. */
async function firstPieces(cache: Cache, url: string, entry: Entry): Promise<Blob[]> {
  const pieces: Blob[] = [];
  for (let i = 0; i < piecesOf(entry); i++) {
    const piece = await (await cache.match(pieceKey(url, i)))?.blob();
    if (piece?.size !== Math.min(PIECE, entry.bytes - i * PIECE)) break;
    pieces.push(piece);
  }
  return pieces;
}

/** What is kept of a file that is not whole, as it lies on the disk. */
export interface KeptPart {
  /** Whole ones, from the first. */
  pieces: Blob[];
  bytes: number;
  etag: string | null;
}

/** null where nothing is. */
export function keptPart(url: string): Promise<KeptPart | null> {
  return attempt('not read', async (cache) => {
    const entry = await readEntry(cache, url);
    if (!entry || entry.missing || entry.sha256 !== null) return null;
    const { bytes, etag } = entry;
    const pieces = (await firstPieces(cache, url, entry)).filter(({ size }) => size === PIECE);
    return { pieces, bytes, etag };
  });
}

async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/** Keeps a file while it comes in, piece by piece: whoever brings it waits, so that no second copy piles up. */
export class Keeper {
  readonly #url: string;
  readonly #entry: Entry;
  /** Pieces that are kept. */
  #pieces: number;
  /** Whether there is a cache with room. */
  #going: boolean;

  private constructor(url: string, entry: Entry, pieces: number, going: boolean) {
    this.#url = url;
    this.#entry = entry;
    this.#pieces = pieces;
    this.#going = going;
  }

  /** @param available bytes that are kept already, see `readKept` */
  static async begin(url: string, file: { bytes: number; etag: string | null }, available: number): Promise<Keeper> {
    const entry: Entry = { ...file, sha256: null };
    const begun =
      (await roomFor(file.bytes - available)) &&
      (await attempt('not kept', async (cache) => {
        if (available === 0) await forget(cache, url);
        await writeEntry(cache, url, entry);
        return true;
      }));
    return new Keeper(url, entry, Math.floor(available / PIECE), begun === true);
  }

  get going(): boolean {
    return this.#going;
  }

  /** Shown every stretch of new bytes: bytes[0, available) are there. */
  async advance(bytes: Uint8Array<ArrayBuffer>, available: number): Promise<void> {
    while (this.#going && (this.#pieces + 1) * PIECE <= available) await this.#putOf(bytes);
  }

  /** The file is whole. */
  async finish(bytes: Uint8Array<ArrayBuffer>, sha256: string | null): Promise<void> {
    while (this.#going && this.#pieces * PIECE < bytes.length) await this.#putOf(bytes);
    if (this.#going) await this.whole(sha256 ?? (await hashOf(bytes)));
  }

  async #putOf(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const [from, to] = [this.#pieces * PIECE, Math.min(bytes.length, (this.#pieces + 1) * PIECE)];
    if (!(await this.put(bytes.subarray(from, to)))) await forgetKept(this.#url);
  }

  /** Keeps the next piece. @returns whether there was room; there is none for others then */
  async put(piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const put = await attempt('not kept', async (cache) => {
      await cache.put(pieceKey(this.#url, this.#pieces), new Response(piece));
      return true;
    });
    this.#going = put === true;
    if (this.#going) this.#pieces++;
    return this.#going;
  }

  /** All pieces are kept, of a file with this hash. */
  async whole(sha256: string): Promise<void> {
    await attempt('not kept', (cache) => writeEntry(cache, this.#url, { ...this.#entry, sha256 }));
  }
}

/** Remembers that a model has no such file. */
export async function keepMissing(url: string): Promise<void> {
  await attempt('not kept', async (cache) => {
    await forget(cache, url);
    await writeEntry(cache, url, { bytes: 0, etag: null, sha256: null, missing: true });
  });
}

/** Forgets a file: it is not what it should be. */
export async function forgetKept(url: string): Promise<void> {
  await attempt('not forgotten', (cache) => forget(cache, url));
}

async function roomFor(bytes: number): Promise<boolean> {
  const { usage = 0, quota = Infinity } = (await siteData('storage')?.estimate()) ?? {};
  return usage + bytes <= MOST * quota;
}

async function forget(cache: Cache, url: string): Promise<void> {
  for (const { url: key } of await cache.keys()) if (key.startsWith(`${url}?`)) await cache.delete(key);
}

/** What is kept, by address; of broken-off downloads, too. */
export async function keptEntries(): Promise<Map<string, Entry>> {
  const end = entryKey('');
  const entries = await attempt('not listed', async (cache) => {
    const found = new Map<string, Entry>();
    for (const { url } of await cache.keys())
      if (url.endsWith(end)) found.set(url.slice(0, -end.length), await (await cache.match(url))!.json());
    return found;
  });
  return entries ?? new Map();
}

/** Forgets all files whose addresses begin with one of the prefixes. */
export async function forgetBelow(prefixes: readonly string[]): Promise<void> {
  await attempt('not forgotten', async (cache) => {
    for (const { url } of await cache.keys())
      if (prefixes.some((prefix) => url.startsWith(prefix))) await cache.delete(url);
  });
}
