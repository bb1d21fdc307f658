/**
 * From a `ModelSource` to file URLs and bytes. Works in a page and in a worker: no DOM.
 * Every request of the hub goes through `request`, so that each way to fail has its own words.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import type { ModelSource } from '../shared/types';

/** The public hub. Tests and mirrors name their own host in the `ModelSource`. */
const DEFAULT_HOST = 'https://huggingface.co';

/** Bytes read so far of a file, and its length where the server tells it. */
type Progress = (file: string, loaded: number, total: number | null) => void;

export interface FetchOptions {
  /** Shown every stretch of new bytes: all of them so far, of which `available` are there. */
  onBytes?: (bytes: Uint8Array, available: number) => void;
  signal?: AbortSignal;
  onProgress?: Progress;
  /** Of the file, in hexadecimal digits: what comes must have it. */
  sha256?: string;
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

const OWNER_OR_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
const REVISION = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,118}[A-Za-z0-9])?$/;

/**
 * Checks a source that came from outside.
 * @throws {ModelError} for ids that are not `owner/name` (embedded: one folder name), or that hold `..` or `--`.
 */
export function checkSource(source: ModelSource): void {
  const parts = source.id.split('/');
  const wanted = source.kind === 'hub' ? 2 : 1;
  const wellFormed = parts.length === wanted && parts.every((part) => OWNER_OR_NAME.test(part));
  if (!wellFormed || source.id.includes('..') || source.id.includes('--')) {
    throw new ModelError(
      message(source.kind === 'hub' ? 'hub.source.hubId' : 'hub.source.embeddedId', { id: source.id.slice(0, 120) }),
    );
  }
  if (source.kind !== 'hub') return;
  if (!REVISION.test(source.revision) || source.revision.includes('..') || source.revision.includes('//')) {
    throw new ModelError(message('hub.source.revision', { revision: source.revision.slice(0, 120) }));
  }
  hostOrigin(source.host);
}

/** The host's origin, without credentials, path or query. */
function hostOrigin(host: string): string {
  let url: URL;
  try {
    url = new URL(host);
  } catch (error) {
    throw new ModelError(
      message('hub.source.address', { host: host.slice(0, 120), why: (error as Error).message, usual: DEFAULT_HOST }),
    );
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password) {
    throw new ModelError(message('hub.source.host', { host: host.slice(0, 120) }));
  }
  return url.origin;
}

/** Where the app itself is served, with its sub-path and a trailing slash; the same in the page and in a worker. */
export function appBase(): string {
  // The origin, not the address: the workers' own is a blob, which nothing can be relative to.
  return new URL(import.meta.env.BASE_URL, globalThis.location?.origin ?? 'http://localhost').href;
}

/** Host and path template in transformers.js' terms (`env.remoteHost`, `env.remotePathTemplate`). */
export function remoteLayout(source: ModelSource): { host: string; template: string } {
  checkSource(source);
  return source.kind === 'embedded'
    ? { host: appBase(), template: 'models/{model}/' }
    : { host: `${hostOrigin(source.host)}/`, template: '{model}/resolve/{revision}/' };
}

/** URL of a file of the model. `file` is a path inside the repository, as in `onnx/model.onnx`. */
export function fileUrl(source: ModelSource, file: string): string {
  const { host, template } = remoteLayout(source);
  const revision = source.kind === 'hub' ? encodeURIComponent(source.revision) : '';
  return host + template.replace('{model}', source.id).replace('{revision}', revision) + file;
}

/** How a person calls the source. */
export function sourceName(source: ModelSource): string {
  return source.kind === 'hub' && source.revision !== 'main' ? `${source.id} (${source.revision})` : source.id;
}

/**
 * `fetch` whose failures say what to do. Only answers with status 200 come back, and with 206 where a part was asked for.
 * A dev server's HTML answer in place of a missing file counts as missing.
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

/** What has come of a file whose download broke off or was left. */
interface Begun {
  url: string;
  bytes: Uint8Array;
  available: number;
  total: number;
  etag: string | null;
}

/** The last one: a download of the same file goes on where it ended. */
let begun: Begun | null = null;
/** Files whose bytes were not what they should be: they are fetched past the browser's cache. */
const spoilt = new Set<string>();
/** Less than this comes again as fast as it is asked for, in bytes. */
const WORTH_KEEPING = 1 << 16;
/** How long a server may send nothing, in ms. */
const STALL = 30_000;

/** Whether the answer is what is missing of the file. */
function goesOn(response: Response, from: Begun): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  return (
    response.status === 206 &&
    Number(range?.[1]) === from.available &&
    Number(range?.[2]) === from.total &&
    response.headers.get('etag') === from.etag
  );
}

/**
 * Reads a body into one growing buffer and shows every stretch of new bytes to `onBytes` on the way
 * (`bytes[0, available)` is valid). One copy of the file is held, no more. What has come is kept when it breaks off.
 * @param cap most bytes that are accepted.
 * @param from what there is already, of which the body brings the rest
 * @throws {FetchError} when the body is larger than `cap`, breaks off, stalls, or does not have the hash that it should.
 */
async function readBody(
  response: Response,
  { url, file, cap, from }: { url: string; file: string; cap: number; from: Begun | null },
  options: FetchOptions,
): Promise<Uint8Array> {
  const tooLarge = () => new FetchError('too-large', message('hub.fetch.tooLarge', { file, most: megabytes(cap) }));
  const header = response.headers.get('content-length');
  // With a content encoding the header counts compressed bytes: no more than a hint.
  const encoded = response.headers.get('content-encoding') !== null;
  const total = from?.total ?? (header !== null && /^\d{1,15}$/.test(header) && !encoded ? Number(header) : null);
  if (total !== null && total > cap) {
    await response.body?.cancel();
    throw tooLarge();
  }
  let bytes = from?.bytes ?? new Uint8Array(total ?? Math.min(cap, 1 << 16));
  let available = from?.available ?? 0;
  const reader = response.body?.getReader();
  if (!reader) throw new FetchError('network', message('hub.fetch.noContent', { file }));
  const hash = options.sha256 ? sha256.create() : null;
  hash?.update(bytes.subarray(0, available));
  if (available > 0) options.onBytes?.(bytes, available);
  const next = () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new FetchError(
              'network',
              message('hub.fetch.stalled', { file, after: megabytes(available), seconds: STALL / 1000 }),
            ),
          ),
        STALL,
      );
    });
    return Promise.race([reader.read(), stalled]).finally(() => clearTimeout(timer));
  };
  const keep = () => {
    if (total !== null && available >= WORTH_KEEPING)
      begun = { url, bytes, available, total, etag: response.headers.get('etag') };
  };
  try {
    for (;;) {
      const { done, value } = await next();
      if (done) break;
      if (available + value.length > cap) throw tooLarge();
      if (available + value.length > bytes.length) {
        const grown = new Uint8Array(Math.min(cap, Math.max(bytes.length * 2, available + value.length)));
        grown.set(bytes.subarray(0, available));
        bytes = grown;
      }
      bytes.set(value, available);
      hash?.update(value);
      available += value.length;
      // One half of a large file is enough to hold.
      if (available >= WORTH_KEEPING) begun = null;
      options.onProgress?.(file, available, total);
      options.onBytes?.(bytes, available);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined); // already broken: the first error is the one to report
    const left = (error as Error).name === 'AbortError';
    if (left || !(error instanceof ModelError) || (error instanceof FetchError && error.reason === 'network')) keep();
    if (left || error instanceof ModelError) throw error;
    throw new FetchError(
      'network',
      message('hub.fetch.brokeOff', { file, after: megabytes(available), why: (error as Error).message }),
    );
  }
  if (total !== null && available < total) {
    keep();
    throw new FetchError('truncated', message('hub.fetch.truncated', { file, bytes: available, total }));
  }
  if (hash && bytesToHex(hash.digest()) !== options.sha256) {
    spoilt.add(url);
    throw new FetchError('different', message('hub.fetch.different', { file }));
  }
  spoilt.delete(url);
  return bytes.subarray(0, available);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Bytes of a small or large file. See `readBody`. A download that broke off goes on where it ended, if the file is the same still. */
export async function fetchFile(
  source: ModelSource,
  file: string,
  cap: number,
  options: FetchOptions = {},
): Promise<Uint8Array> {
  const url = fileUrl(source, file);
  const { signal } = options;
  const from = begun?.url === url ? begun : null;
  if (from) {
    begun = null;
    // Whatever is wrong with asking for a part, the whole may still be had.
    const rest = await request(url, { signal, headers: { range: `bytes=${from.available}-` } }).catch(
      (error: unknown) => {
        if (error instanceof FetchError && error.reason === 'server') return null;
        begun = from;
        throw error;
      },
    );
    if (rest && goesOn(rest, from)) return readBody(rest, { url, file, cap, from }, options);
    if (rest?.status === 200) return readBody(rest, { url, file, cap, from: null }, options);
    await rest?.body?.cancel();
  }
  const cache = spoilt.has(url) ? 'reload' : undefined;
  return readBody(await request(url, { signal, cache }), { url, file, cap, from: null }, options);
}

/** Longest listing of a folder. */
const MAX_LISTING = 1 << 20;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Files of a folder of a hub's repository, by path, with the SHA-256 of those that the hub has one of: the large ones. Null
 * where there is no listing to be had: a host need not have one, and the files can be asked for by themselves.
 */
export async function listFiles(
  source: ModelSource,
  folder: string,
  options: FetchOptions = {},
): Promise<Map<string, string | null> | null> {
  if (source.kind !== 'hub') return null;
  const { signal } = options;
  const url = `${hostOrigin(source.host)}/api/models/${source.id}/tree/${encodeURIComponent(source.revision)}/${folder}`;
  try {
    const body = { url, file: folder, cap: MAX_LISTING, from: null };
    const list: unknown = JSON.parse(
      new TextDecoder().decode(await readBody(await request(url, { signal }), body, { signal })),
    );
    if (!Array.isArray(list)) return null;
    const files = new Map<string, string | null>();
    for (const entry of list as { path?: unknown; lfs?: { oid?: unknown } | null }[]) {
      const oid = entry?.lfs?.oid;
      if (typeof entry?.path === 'string')
        files.set(entry.path, typeof oid === 'string' && SHA256.test(oid) ? oid : null);
    }
    return files;
  } catch (error) {
    if (error instanceof FetchError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A JSON file of the model, at most `cap` bytes. */
export async function fetchJson(
  source: ModelSource,
  file: string,
  cap: number,
  options: FetchOptions = {},
): Promise<unknown> {
  const bytes = await fetchFile(source, file, cap, options);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ModelError(message('hub.fetch.notJson', { file, why: (error as Error).message }));
  }
}

/** Whether the model has the file, without downloading it. Any failure but "missing" throws. */
export async function hasFile(source: ModelSource, file: string, options: FetchOptions = {}): Promise<boolean> {
  try {
    await request(fileUrl(source, file), { method: 'HEAD', signal: options.signal });
    return true;
  } catch (error) {
    if (error instanceof FetchError && error.reason === 'missing') return false;
    throw error;
  }
}
