/** Adapters as zip files: written with client-zip, read with fflate's inflate behind caps and checksums. */
import { downloadZip } from 'client-zip';
import { inflateSync } from 'fflate';
import { AdapterError, messageOf } from '../shared/errors';
import { type Message, message } from '../shared/message';
import {
  BrokenZip,
  crc32,
  ZIP_TAIL,
  zipContentAfter,
  zipDirectoryAt,
  zipEntries,
  type ZipEntry,
} from '../shared/zipDirectory';
import type { PushFile } from '../shared/repository';
import type { AdapterFile } from '../train/protocol';

/** Files an adapter may consist of, and the most bytes each may have. */
const KNOWN: Record<string, number> = {
  'adapter_config.json': 1 << 20,
  'adapter_model.safetensors': 256 << 20,
  // of version 1
  'ts_peft.json': 4 << 20,
  'sieve.json': 1 << 20,
  'check.json': 64 << 20,
  'README.md': 1 << 20,
  'load_gated.py': 1 << 20,
};
const MAX_ZIP = 260 << 20;
const MAX_UNPACKED = 512 << 20;
/** Of the directory, which has some hundred bytes for a file. */
const MAX_DIRECTORY = 1 << 20;
/** A zip may unpack to this many times its size, once that is more than `FREE` bytes. */
const MAX_RATIO = 200;
const FREE = 8 << 20;

/** What the zip of a run's adapter is called, or with `end` what is made of it. */
export const adapterZipName = (run: string, end = ''): string =>
  `sieve-${run.toLowerCase().replace(/[^a-z0-9]+/g, '-')}${end}.zip`;

/** The files as one zip. */
export async function zipAdapter(files: AdapterFile[]): Promise<Blob> {
  return downloadZip(files.map((f) => ({ name: f.name, input: f.bytes }))).blob();
}

/**
 * Reads an exported adapter. Unknown files are left alone; a folder in front of the names is allowed.
 * @throws {AdapterError} when it is not a zip, a size is over its cap, content and checksum differ, or a file is
 *   missing.
 */
export async function unzipAdapter(zip: Blob): Promise<AdapterFile[]> {
  if (zip.size > MAX_ZIP)
    throw new AdapterError(message('store.adapterZip.tooLarge', { bytes: zip.size, most: MAX_ZIP }));
  const baseName = (path: string) => path.split('/').at(-1) ?? '';
  const files = (await readZip(zip, (path) => adapterFileCap(baseName(path)))).map(({ name, bytes }) => ({
    name: baseName(name),
    bytes,
  }));
  const twice = files.find((f, i) => files.findIndex((x) => x.name === f.name) !== i);
  if (twice) throw new AdapterError(message('store.adapterZip.twice', { file: twice.name }));
  for (const needed of ['adapter_config.json', 'adapter_model.safetensors']) {
    if (!files.some((f) => f.name === needed))
      throw new AdapterError(message('store.adapterZip.missing', { file: needed }));
  }
  return files;
}

/** Most bytes that a file of an adapter may have; null for a file that is none. */
export function adapterFileCap(name: string): number | null {
  return Object.hasOwn(KNOWN, name) ? KNOWN[name] : null;
}

/**
 * Files of a zip, by path.
 * @param cap most bytes that a file may have; null leaves it alone.
 * @param total most bytes of all files together, unpacked
 * @param onDamaged told of a file that cannot be unpacked, and that it is left out; without it, the zip is refused then
 * @throws {AdapterError}
 */
export async function readZip(
  zip: Blob,
  cap: (path: string) => number | null,
  total = MAX_UNPACKED,
  onDamaged?: (path: string) => void,
): Promise<AdapterFile[]> {
  const most = Math.min(total, Math.max(FREE, MAX_RATIO * zip.size));
  let left = most;
  const files: AdapterFile[] = [];
  for (const entry of await directory(zip)) {
    const own = cap(entry.path);
    if (own === null) continue;
    if (entry.size > own)
      throw new AdapterError(
        message('store.adapterZip.largeEntry', { path: entry.path, bytes: entry.size, most: own }),
      );
    left -= entry.size;
    if (left < 0) throw new AdapterError(message('store.adapterZip.unpacked', { most }));
    try {
      files.push({ name: entry.path, bytes: await unpack(zip, entry, entry.path) });
    } catch (error) {
      if (!onDamaged || !(error instanceof AdapterError)) throw error;
      onDamaged(entry.path);
    }
  }
  return files;
}

const damaged = (what: Message) => new AdapterError(message('store.adapterZip.damaged', { what }));

const part = async (zip: Blob, from: number, to: number) => new Uint8Array(await zip.slice(from, to).arrayBuffer());

/** The zip's directory, checked; no more of the file is read for it. */
async function directory(zip: Blob): Promise<ZipEntry[]> {
  try {
    const at = zipDirectoryAt(await part(zip, Math.max(0, zip.size - ZIP_TAIL), zip.size));
    if (!at) throw new BrokenZip(message('store.adapterZip.has.noDirectory'));
    return zipEntries(await part(zip, at.offset, at.offset + Math.min(at.size, MAX_DIRECTORY)), at.count);
  } catch (error) {
    if (error instanceof BrokenZip) throw damaged(messageOf(error));
    throw error;
  }
}

/** The files of a zip that holds them uncompressed, as stretches of it: none is read. */
export async function storedFiles(zip: Blob): Promise<PushFile[]> {
  const files: PushFile[] = [];
  for (const { path, method, packed, offset } of await directory(zip)) {
    const skip = zipContentAfter(await part(zip, offset, offset + 30));
    if (skip === null) throw damaged(message('store.adapterZip.has.misplaced', { path }));
    if (method !== 0) throw damaged(message('store.adapterZip.has.unknown', { path, method }));
    const start = offset + skip;
    // As of a zip beyond 4 GiB, whose directory has its sizes elsewhere.
    if (start + packed > zip.size) throw damaged(message('store.adapterZip.has.cutOff', { path }));
    files.push({ path, content: zip.slice(start, start + packed) });
  }
  return files;
}

/** One file's content: never more memory than its stated size, and only if the checksum agrees. */
async function unpack(zip: Blob, entry: ZipEntry, name: string): Promise<Uint8Array> {
  const skip = zipContentAfter(await part(zip, entry.offset, entry.offset + 30));
  if (skip === null) throw damaged(message('store.adapterZip.has.misplaced', { path: name }));
  const start = entry.offset + skip;
  if (start + entry.packed > zip.size) throw damaged(message('store.adapterZip.has.cutOff', { path: name }));
  const packed = await part(zip, start, start + entry.packed);
  let content: Uint8Array;
  if (entry.method === 0) content = packed;
  else if (entry.method === 8) {
    try {
      content = inflateSync(packed, { out: new Uint8Array(entry.size) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw damaged(message('store.adapterZip.has.packed', { path: name }));
    }
  } else throw damaged(message('store.adapterZip.has.unknown', { path: name, method: entry.method }));
  if (content.length !== entry.size || crc32(content) !== entry.crc)
    throw damaged(message('store.adapterZip.has.different', { path: name }));
  return content;
}
