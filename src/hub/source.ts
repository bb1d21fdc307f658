/** From a `ModelSource` to addresses, listings and bytes: of the app's own models, of a hub's, or of a folder. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { isRepositoryId } from '../shared/repository';
import { chosenRevision } from '../shared/revision';
import type { ModelSource } from '../shared/types';
import {
  download,
  downloadAndKeep,
  downloadBlob,
  downloadSmall,
  downloadStart,
  FetchError,
  type FetchOptions,
  type FileStart,
  megabytes,
  request,
} from './download';
import { keptWhole } from './keptFiles';

/** The public hub. Tests and mirrors name their own host in the `ModelSource`. */
const DEFAULT_HOST = 'https://huggingface.co';

const REVISION = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,118}[A-Za-z0-9])?$/;

/**
 * Checks a source that came from outside.
 * @throws {ModelError} for ids that are not `owner/name` (embedded: one folder name), or that hold `..` or `--`.
 */
export function checkSource(source: ModelSource): void {
  if (source.kind === 'folder') return;
  if (source.kind === 'hub' && source.file !== undefined) checkPath(source.file);
  if (!isRepositoryId(source.id, source.kind === 'hub' ? 2 : 1)) {
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

/** A path inside a repository, from elsewhere. @throws {ModelError} where it may lead out of it */
export function checkPath(path: string): void {
  if (!/^[A-Za-z0-9_][\w./-]{0,299}$/.test(path) || path.includes('..') || path.includes('//'))
    throw new ModelError(message('hub.source.path', { path: path.slice(0, 120) }));
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
  // The origin, not the address: the workers' own is a blob, which nothing can be relative to. Node has none: files
  // come from a folder under a name that belongs to nobody.
  return new URL(import.meta.env.BASE_URL, globalThis.location?.origin ?? 'http://sieve.invalid').href;
}

/** URL of a file of the model. `file` is a path inside the repository, as in `onnx/model.onnx`. */
export function fileUrl(source: Exclude<ModelSource, { kind: 'folder' }>, file: string): string {
  checkSource(source);
  return source.kind === 'embedded'
    ? `${appBase()}models/${source.id}/${file}`
    : `${hostOrigin(source.host)}/${source.id}/resolve/${encodeURIComponent(source.revision)}/${file}`;
}

/** Folders that were opened from this computer, by name: what of a repository is in them, by path. */
const folders = new Map<string, ReadonlyMap<string, Blob>>();

/** Makes a folder's files known under a name. Of a name that is given again, the later files count. */
export function giveFolder(id: string, files: ReadonlyMap<string, Blob>): void {
  folders.set(id, files);
}

/** @throws {ModelError} for a folder that was not given here */
export function folderOf({ id }: Extract<ModelSource, { kind: 'folder' }>): ReadonlyMap<string, Blob> {
  const files = folders.get(id);
  if (!files) throw new ModelError(message('hub.source.folder', { id: id.slice(0, 120) }));
  return files;
}

/** How a person calls the source. */
export function sourceName(source: ModelSource): string {
  const revision = chosenRevision(source);
  return revision === null ? source.id : `${source.id} (${revision})`;
}

/**
 * Bytes of a small or large file. See `readBody`. What is kept of it is not downloaded again, and a download that broke
 * off goes on where it ended, if the file is the same still.
 */
export async function fetchFile(
  source: ModelSource,
  file: string,
  cap: number,
  options: FetchOptions = {},
): Promise<Uint8Array> {
  if (source.kind === 'folder') return readFolder(source, file, cap, options);
  const url = fileUrl(source, file);
  if (source.kind === 'embedded') return download(url, file, cap, options);
  if (options.sha256 !== undefined) return downloadAndKeep(url, file, cap, options);
  return downloadSmall(url, file, cap, options);
}

/**
 * The same, where the browser has it: the folder's own, or what is kept on the disk. What could not be kept is in
 * memory.
 */
export async function fetchBlob(source: ModelSource, file: string, cap: number, options: FetchOptions): Promise<Blob> {
  if (source.kind === 'folder') return checkedBlob(source, file, cap);
  const url = fileUrl(source, file);
  const kept = await keptWhole(url, options.sha256 ?? null);
  if (kept) {
    options.onProgress?.(file, kept.size, kept.size);
    return kept;
  }
  if (source.kind === 'embedded') return new Blob([await download(url, file, cap, options)]);
  return downloadBlob(url, file, cap, options);
}

function checkedBlob(source: Extract<ModelSource, { kind: 'folder' }>, file: string, cap: number): Blob {
  const blob = blobOf(source, file);
  if (blob.size > cap) throw new FetchError('too-large', message('hub.fetch.tooLarge', { file, most: megabytes(cap) }));
  return blob;
}

function blobOf(source: Extract<ModelSource, { kind: 'folder' }>, file: string): Blob {
  const blob = folderOf(source).get(file);
  if (!blob) throw new FetchError('missing', message('hub.fetch.missingHere', { folder: source.id, file }));
  return blob;
}

async function readFolder(
  source: Extract<ModelSource, { kind: 'folder' }>,
  file: string,
  cap: number,
  { onBytes, onProgress }: FetchOptions,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(await checkedBlob(source, file, cap).arrayBuffer());
  onBytes?.(bytes, bytes.length);
  onProgress?.(file, bytes.length, bytes.length);
  return bytes;
}

/**
 * The first `most` bytes of a file, or all where it is shorter, and its length where that is known.
 * @throws {FetchError}
 */
export async function fetchStart(
  source: ModelSource,
  file: string,
  most: number,
  options: FetchOptions = {},
): Promise<FileStart> {
  if (source.kind !== 'folder') return downloadStart(fileUrl(source, file), file, most, options);
  const blob = blobOf(source, file);
  return { bytes: new Uint8Array(await blob.slice(0, most).arrayBuffer()), total: blob.size };
}

/** Longest listing of a folder. */
const MAX_LISTING = 1 << 20;
const SHA256 = /^[0-9a-f]{64}$/;

/** What a listing says of a file; null where it does not. */
export interface ListedFile {
  bytes: number | null;
  /** The hub has one of large files. */
  sha256: string | null;
}

/**
 * Files of a folder of a repository ('' is its top), by path. Null where there is no listing to be had: a host need not
 * have one, and the files can be asked for by themselves.
 */
export async function listFiles(
  source: ModelSource,
  folder: string,
  options: FetchOptions = {},
): Promise<Map<string, ListedFile> | null> {
  if (source.kind === 'embedded') return null;
  if (source.kind === 'folder')
    return new Map([...folderOf(source)].map(([path, { size }]) => [path, { bytes: size, sha256: null }]));
  const { signal } = options;
  const top = `${hostOrigin(source.host)}/api/models/${source.id}/tree/${encodeURIComponent(source.revision)}`;
  const url = folder === '' ? top : `${top}/${folder}`;
  try {
    const list: unknown = JSON.parse(
      new TextDecoder().decode(await downloadSmall(url, folder, MAX_LISTING, { signal })),
    );
    if (!Array.isArray(list)) return null;
    const files = new Map<string, ListedFile>();
    for (const entry of list as { path?: unknown; size?: unknown; lfs?: { oid?: unknown } | null }[]) {
      if (typeof entry?.path !== 'string') continue;
      const { size } = entry;
      const oid = entry.lfs?.oid;
      files.set(entry.path, {
        bytes: typeof size === 'number' && size >= 0 ? size : null,
        sha256: typeof oid === 'string' && SHA256.test(oid) ? oid : null,
      });
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

/**
 * What the host says of a file, without downloading it; null where the model has none. Any failure but "missing"
 * throws.
 */
export async function askFor(
  source: Exclude<ModelSource, { kind: 'folder' }>,
  file: string,
  options: FetchOptions = {},
): Promise<ListedFile | null> {
  try {
    const { headers } = await request(fileUrl(source, file), { method: 'HEAD', signal: options.signal });
    const length = headers.get('content-length');
    const plain = headers.get('content-encoding') === null;
    return { bytes: plain && length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null, sha256: null };
  } catch (error) {
    if (error instanceof FetchError && error.reason === 'missing') return null;
    throw error;
  }
}
