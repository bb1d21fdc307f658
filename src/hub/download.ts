/**
 * Downloads: every request of the hub goes through `request`, so that each way to fail has its own words. What broke
 * off goes on where it ended; what was fetched is kept (`keptFiles.ts`). Works in a page and in a worker: no DOM.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import {
  type Begin,
  type Body,
  type Incoming,
  inBuffer,
  inKeptBuffer,
  keptBuffer,
  onDisk,
  partOnDisk,
} from './incoming';
import { Keeper, forgetKept, keepMissing, keptPart, readKept, readKeptStart } from './keptFiles';

/** Bytes read so far of a file, and its length where the server tells it. */
type Progress = (file: string, loaded: number, total: number | null) => void;

export interface FetchOptions {
  /** Shown every stretch of new bytes: all of them so far, of which `available` are there. */
  onBytes?: (bytes: Uint8Array, available: number) => void;
  signal?: AbortSignal;
  onProgress?: Progress;
  /**
   * Of the file, in hexadecimal digits: what comes must have it. null: the hub does not say, and a kept copy will do.
   * Absent for small files, which are asked for again as long as there is a network.
   */
  sha256?: string | null;
}

/** Why a file could not be had. `reason` is for code, the message for people. */
export type FetchFailure =
  | 'unauthorized'
  | 'forbidden'
  | 'missing'
  | 'rate-limited'
  | 'server'
  | 'network'
  | 'too-large'
  | 'no-room'
  | 'truncated'
  | 'different';

/** A file of a model could not be downloaded. */
export class FetchError extends ModelError {
  readonly reason: FetchFailure;
  constructor(reason: FetchFailure, said: Message) {
    super(said);
    this.reason = reason;
  }
}

/**
 * `fetch` whose failures say what to do. Only answers with status 200 come back, and with 206 where a part was asked
 * for. A dev server's HTML answer in place of a missing file counts as missing.
 * @throws {FetchError}
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const where = new URL(url);
  const file = decodeURIComponent(where.pathname.split('/').pop() ?? url);
  const response = await watchCsp(url, () => fetch(url, { credentials: 'omit', ...init }));
  const part = new Headers(init.headers).has('range');
  if (response.status === 200 || (part && response.status === 206)) {
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/html')) throw missing(file, where.host);
    return response;
  }
  switch (response.status) {
    case 401:
      throw new FetchError('unauthorized', message('hub.fetch.unauthorized', { host: where.host, file }));
    case 403:
      throw new FetchError('forbidden', message('hub.fetch.forbidden', { host: where.host, file }));
    case 404:
      throw missing(file, where.host);
    case 429:
      throw new FetchError('rate-limited', message('hub.fetch.rateLimited', { host: where.host }));
    default:
      throw new FetchError('server', message('hub.fetch.server', { host: where.host, status: response.status, file }));
  }
}

function missing(file: string, host: string): FetchError {
  return new FetchError('missing', message('hub.fetch.missing', { host, file }));
}

/** Runs a fetch; when it is refused without an answer, tells a content security policy from a broken network. */
async function watchCsp(url: string, run: () => Promise<Response>): Promise<Response> {
  let blocked = false;
  const onViolation = (event: Event) => {
    const uri = (event as SecurityPolicyViolationEvent).blockedURI;
    if (uri && url.startsWith(uri)) blocked = true;
  };
  const target = typeof globalThis.addEventListener === 'function' ? globalThis : null;
  target?.addEventListener('securitypolicyviolation', onViolation);
  try {
    return await run();
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    // The violation event comes in a task of its own, after fetch has failed.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const host = new URL(url).host;
    throw new FetchError(
      'network',
      blocked
        ? message('hub.fetch.blocked', { host })
        : message('hub.fetch.unreachable', { host, why: (error as Error).message }),
    );
  } finally {
    target?.removeEventListener('securitypolicyviolation', onViolation);
  }
}

/** The beginning of a file. */
export interface FileStart {
  bytes: Uint8Array;
  /** Length of the whole file; null where it is not known. */
  total: number | null;
}

/** What has come of a file whose download broke off or was left. */
interface Begun<T> {
  url: string;
  /** How it was taken in. */
  begin: Begin<T>;
  into: Incoming<T>;
  total: number;
  etag: string | null;
}

/** The last one: a download of the same file goes on where it ended. */
let begun: Begun<unknown> | null = null;
/** Files whose bytes were not what they should be: they are fetched past the browser's cache. */
const spoilt = new Set<string>();
/** Less than this comes again as fast as it is asked for, in bytes. */
const WORTH_KEEPING = 1 << 16;
/** How long a server may send nothing, in ms. */
const STALL = 30_000;

/** Whether the answer is what is missing of the file. */
function goesOn(response: Response, from: Begun<unknown>): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  return (
    response.status === 206 &&
    Number(range?.[1]) === from.into.available &&
    Number(range?.[2]) === from.total &&
    response.headers.get('etag') === from.etag
  );
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/**
 * The next stretch of a body.
 * @param available bytes that have come of the file
 * @throws {FetchError} when it breaks off or stalls; {AbortError} when it is left
 */
async function readNext(reader: BodyReader, file: string, available: number) {
  const after = megabytes(available);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    const seconds = STALL / 1000;
    timer = setTimeout(
      () => reject(new FetchError('network', message('hub.fetch.stalled', { file, after, seconds }))),
      STALL,
    );
  });
  try {
    return await Promise.race([reader.read(), stalled]);
  } catch (error) {
    if ((error as Error).name === 'AbortError' || error instanceof FetchError) throw error;
    throw new FetchError('network', message('hub.fetch.brokeOff', { file, after, why: (error as Error).message }));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Length of a file by its answer; null where that does not say. Of a content encoding it counts the compressed bytes.
 */
function lengthOf({ status, headers }: Response): number | null {
  const given =
    status === 206
      ? /^bytes 0-\d+\/(\d{1,15})$/.exec(headers.get('content-range') ?? '')?.[1]
      : /^\d{1,15}$/.exec(headers.get('content-length') ?? '')?.[0];
  return given === undefined || headers.get('content-encoding') !== null ? null : Number(given);
}

/**
 * The first `most` bytes of a file, or all where it is shorter, and its length where that is known: of what is kept of
 * it, else of the hub's. They are not checked against a hash; the whole file is, when it comes.
 * @throws {FetchError} as `download`
 */
export async function downloadStart(
  url: string,
  file: string,
  most: number,
  { signal, sha256: wanted = null }: FetchOptions,
): Promise<FileStart> {
  const kept = await readKeptStart(url, wanted, most);
  if (kept) return kept;
  const response = await request(url, { signal, headers: { range: `bytes=0-${most - 1}` } });
  const total = lengthOf(response);
  const reader = response.body?.getReader();
  if (!reader) throw new FetchError('network', message('hub.fetch.noContent', { file }));
  try {
    const length = Math.min(most, total ?? most);
    const bytes = await room(file, length, async () => new Uint8Array(length));
    let available = 0;
    // A server that knows no ranges sends all: the rest is not read.
    while (available < length) {
      const { done, value } = await readNext(reader, file, available);
      if (done) break;
      const part = value.subarray(0, length - available);
      bytes.set(part, available);
      available += part.length;
    }
    if (total !== null && available < length)
      throw new FetchError('truncated', message('hub.fetch.truncated', { file, bytes: available, total }));
    return { bytes: bytes.subarray(0, available), total: available < length ? available : total };
  } finally {
    void reader.cancel().catch(() => undefined); // what is wrong with it was said
  }
}

/** How a body is taken in. */
interface Taking<T> {
  url: string;
  file: string;
  /** Most bytes that are accepted. */
  cap: number;
  begin: Begin<T>;
  /** What there is already, of which the body brings the rest. */
  from: Begun<T> | null;
}

/**
 * Takes in a body as it comes, and shows every stretch of new bytes to `onBytes` on the way where they lie in one
 * buffer (`bytes[0, available)` is valid). What has come is kept when it breaks off.
 * @throws {FetchError} when the body is larger than `cap`, breaks off, stalls, or does not have the hash that it
 *   should.
 */
async function readBody<T>(
  response: Response,
  { url, file, cap, begin, from }: Taking<T>,
  options: FetchOptions,
): Promise<T> {
  const tooLarge = () => new FetchError('too-large', message('hub.fetch.tooLarge', { file, most: megabytes(cap) }));
  const total = from?.total ?? lengthOf(response);
  if (total !== null && total > cap) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const etag = response.headers.get('etag');
  const into = from?.into ?? (await room(file, total ?? 0, () => begin({ url, total, etag, cap })));
  const show = () => into.buffer && options.onBytes?.(into.buffer, into.available);
  const reader = response.body?.getReader();
  if (!reader) throw new FetchError('network', message('hub.fetch.noContent', { file }));
  // What lies on the disk is not hashed once more.
  const hash = options.sha256 || !into.buffer ? sha256.create() : null;
  if (into.available > 0) {
    if (hash) await into.replay((bytes) => hash.update(bytes));
    show();
  }
  const hold = () => {
    if (total !== null && into.available >= WORTH_KEEPING)
      begun = { url, begin, into, total, etag } satisfies Begun<T> as Begun<unknown>;
  };
  try {
    for (;;) {
      const { done, value } = await readNext(reader, file, into.available);
      if (done) break;
      if (into.available + value.length > cap) throw tooLarge();
      hash?.update(value);
      await room(file, into.available + value.length, () => into.append(value));
      // One half of a large file is enough to hold.
      if (into.available >= WORTH_KEEPING) begun = null;
      options.onProgress?.(file, into.available, total);
      show();
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined); // already broken: the first error is the one to report
    const left = (error as Error).name === 'AbortError';
    if (left || (error instanceof FetchError && error.reason === 'network')) hold();
    throw error;
  }
  if (total !== null && into.available < total) {
    hold();
    throw new FetchError('truncated', message('hub.fetch.truncated', { file, bytes: into.available, total }));
  }
  const digest = hash ? bytesToHex(hash.digest()) : null;
  if (options.sha256 && digest !== options.sha256) {
    spoilt.add(url);
    throw new FetchError('different', message('hub.fetch.different', { file }));
  }
  spoilt.delete(url);
  return into.finish(digest);
}

/** What `act` gives. @throws {FetchError} where the browser has no memory for as many bytes */
async function room<T>(file: string, bytes: number, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FetchError('no-room', message('hub.fetch.noRoom', { file, size: megabytes(bytes) }));
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** A small file: as it is now, or as it was when there is no network. That it was missing is remembered, too. */
export async function downloadSmall(
  url: string,
  file: string,
  cap: number,
  options: FetchOptions,
): Promise<Uint8Array> {
  try {
    const bytes = await download(url, file, cap, options);
    await (await Keeper.begin(url, { bytes: bytes.length, etag: null }, 0)).finish(bytes, null);
    return bytes;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    if (error.reason === 'missing') await keepMissing(url);
    const kept = error.reason === 'network' ? await readKept(url, null) : null;
    if (kept === 'missing') throw missing(file, new URL(url).host);
    if (!kept || kept.available < kept.bytes.length) throw error;
    return kept.bytes;
  }
}

/** A large file: from what is kept of it, and kept while it comes in. */
export async function downloadAndKeep(
  url: string,
  file: string,
  cap: number,
  options: FetchOptions,
): Promise<Uint8Array> {
  const kept = await readKept(url, options.sha256 ?? null, options.onBytes);
  if (kept && kept !== 'missing' && kept.available === kept.bytes.length) {
    options.onProgress?.(file, kept.available, kept.available);
    return kept.bytes;
  }
  if (kept && kept !== 'missing' && kept.available > 0 && begun?.url !== url) {
    const { bytes, etag } = kept;
    const body: Body = { url, total: bytes.length, etag, cap };
    begun = { url, begin: inKeptBuffer, into: await keptBuffer(body, kept), total: bytes.length, etag };
  }
  return take(url, file, { cap, begin: inKeptBuffer }, options);
}

/** The same onto the disk, or wherever else the browser has blobs. */
export async function downloadBlob(url: string, file: string, cap: number, options: FetchOptions): Promise<Blob> {
  const kept = begun?.url === url ? null : await keptPart(url);
  if (kept && kept.pieces.length > 0) {
    const { bytes: total, etag, pieces } = kept;
    const into = await partOnDisk({ url, total, etag, cap }, pieces.length);
    begun = { url, begin: onDisk, into, total, etag };
  }
  return take(url, file, { cap, begin: onDisk }, options);
}

/** A file of which nothing is kept. */
export const download = (
  url: string,
  file: string,
  cap: number,
  options: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> => take(url, file, { cap, begin: inBuffer }, options);

/** Goes on where an earlier download ended, if the file is the same still. */
async function take<T>(
  url: string,
  file: string,
  { cap, begin }: Pick<Taking<T>, 'cap' | 'begin'>,
  options: FetchOptions,
): Promise<T> {
  const { signal } = options;
  const taking = { url, file, cap, begin };
  const from = begun?.url === url && begun.begin === begin ? (begun as Begun<T>) : null;
  try {
    if (from) {
      begun = null;
      // Whatever is wrong with asking for a part, the whole may still be had.
      const range = `bytes=${from.into.available}-`;
      const rest = await request(url, { signal, headers: { range } }).catch((error: unknown) => {
        if (error instanceof FetchError && error.reason === 'server') return null;
        begun = from as Begun<unknown>;
        throw error;
      });
      if (rest && goesOn(rest, from as Begun<unknown>)) return await readBody(rest, { ...taking, from }, options);
      if (rest?.status === 200) return await readBody(rest, { ...taking, from: null }, options);
      await rest?.body?.cancel();
    }
    const cache = spoilt.has(url) ? 'reload' : undefined;
    return await readBody(await request(url, { signal, cache }), { ...taking, from: null }, options);
  } catch (error) {
    if (begin !== (inBuffer as unknown) && error instanceof FetchError && error.reason === 'different')
      await forgetKept(url);
    throw error;
  }
}
