/** Adapters as zip files: written with client-zip, read with fflate's inflate behind caps and checksums. */
import { downloadZip } from 'client-zip';
import { inflateSync } from 'fflate';
import { AdapterError } from '../shared/errors';
import type { AdapterFile } from '../train/protocol';

/** Files an adapter may consist of, and the most bytes each may have. */
const KNOWN: Record<string, number> = {
  'adapter_config.json': 1 << 20,
  'adapter_model.safetensors': 256 << 20,
  'ts_peft.json': 4 << 20,
  'sieve.json': 1 << 20,
  'check.json': 64 << 20,
  'README.md': 1 << 20,
};
const MAX_ZIP = 260 << 20;
const MAX_UNPACKED = 512 << 20;
const MAX_ENTRIES = 1000;

/** The files as one zip. */
export async function zipAdapter(files: AdapterFile[]): Promise<Blob> {
  return downloadZip(files.map((f) => ({ name: f.name, input: f.bytes }))).blob();
}

/**
 * Reads an exported adapter. Unknown files are left alone; a folder in front of the names is allowed.
 * @throws {AdapterError} when it is not a zip, a size is over its cap, content and checksum differ, or a file is missing.
 */
export async function unzipAdapter(zip: Blob): Promise<AdapterFile[]> {
  if (zip.size > MAX_ZIP) throw new AdapterError(`The file has ${zip.size} bytes; at most ${MAX_ZIP} are read.`, 'Choose the zip of one adapter.');
  const baseName = (path: string) => path.split('/').at(-1) ?? '';
  const files = (await readZip(zip, (path) => adapterFileCap(baseName(path)))).map(({ name, bytes }) => ({ name: baseName(name), bytes }));
  const twice = files.find((f, i) => files.findIndex((x) => x.name === f.name) !== i);
  if (twice) throw new AdapterError(`The zip holds ${twice.name} twice.`, 'Choose a zip with one adapter in it.');
  for (const needed of ['adapter_config.json', 'adapter_model.safetensors']) {
    if (!files.some((f) => f.name === needed)) throw new AdapterError(`The zip holds no ${needed}.`, 'Choose a zip that Sieve or PEFT has written.');
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
 * @throws {AdapterError}
 */
export async function readZip(zip: Blob, cap: (path: string) => number | null, total = MAX_UNPACKED): Promise<AdapterFile[]> {
  const bytes = new Uint8Array(await zip.arrayBuffer());
  let left = total;
  const files: AdapterFile[] = [];
  for (const entry of directory(bytes)) {
    const most = cap(entry.path);
    if (most === null) continue;
    if (entry.size > most) throw new AdapterError(`${entry.path} in the zip says it has ${entry.size} bytes; at most ${most} are read.`, 'Choose a zip that Sieve or PEFT has written.');
    left -= entry.size;
    if (left < 0) throw new AdapterError(`The zip unpacks to more than ${total} bytes.`, 'Choose a zip that Sieve or PEFT has written.');
    files.push({ name: entry.path, bytes: unpack(bytes, entry, entry.path) });
  }
  return files;
}

interface Entry {
  path: string;
  method: number;
  crc: number;
  /** Bytes in the zip, and unpacked. */
  packed: number;
  size: number;
  /** Where the entry's local header starts. */
  offset: number;
}

const damaged = (what: string) => new AdapterError(`The file could not be read as a zip: ${what}.`, 'Choose a zip that Sieve has exported; if it is one, export it again.');

/** The central directory (APPNOTE 4.3.12), found from the record at the end (4.3.16). */
function directory(bytes: Uint8Array): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  const lowest = Math.max(0, end - 0xffff);
  while (end >= lowest && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < lowest) throw damaged('it has no directory');
  const count = view.getUint16(end + 10, true);
  if (count > MAX_ENTRIES) throw damaged(`it has ${count} entries`);
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw damaged('its directory is broken');
    const nameLength = view.getUint16(at + 28, true);
    entries.push({
      path: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** One file's content: never more memory than its stated size, and only if the checksum agrees. */
function unpack(bytes: Uint8Array, entry: Entry, name: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.offset + 30 > bytes.length || view.getUint32(entry.offset, true) !== 0x04034b50) throw damaged(`${name} is not where the directory says`);
  const start = entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
  if (start + entry.packed > bytes.length) throw damaged(`${name} is cut off`);
  const packed = bytes.subarray(start, start + entry.packed);
  let content: Uint8Array;
  if (entry.method === 0) content = packed.slice();
  else if (entry.method === 8) {
    try {
      content = inflateSync(packed, { out: new Uint8Array(entry.size) });
    } catch (error) {
      throw damaged(`${name} does not unpack (${error instanceof Error ? error.message : String(error)})`);
    }
  } else throw damaged(`${name} is packed in a way that is not known (${entry.method})`);
  if (content.length !== entry.size || crc32(content) !== entry.crc) throw damaged(`${name} does not agree with its size and checksum`);
  return content;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 as zip uses it (IEEE 802.3, reflected). */
function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = CRC_TABLE[(c ^ b) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}
