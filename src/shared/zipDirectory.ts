/** The directory of a zip file (APPNOTE 4.3.12, 4.3.16) and its checksum: what every reader of zips here shares. */
import { SieveError } from './errors';
import { message } from './message';

export interface ZipEntry {
  path: string;
  /** 0 = stored, 8 = deflate. */
  method: number;
  encrypted: boolean;
  crc: number;
  /** Bytes in the zip, and unpacked, as the directory says. */
  packed: number;
  size: number;
  /** Where the entry's local header starts. */
  offset: number;
}

/** Bytes at the end of a zip in which its end record is sought. */
export const ZIP_TAIL = 22 + 0xffff;
const MAX_ENTRIES = 1000;

/** A directory that is not to be believed; what it says is the reason. */
export class BrokenZip extends SieveError {}

/**
 * @param tail the last `ZIP_TAIL` bytes of the file, or all of a shorter one.
 * @param most entries that it may have
 * @returns where the directory lies, or null where there is no end record.
 * @throws {BrokenZip} with the reason when it is not to be believed.
 */
export function zipDirectoryAt(
  tail: Uint8Array,
  most = MAX_ENTRIES,
): { offset: number; size: number; count: number } | null {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let end = tail.length - 22; end >= 0; end--) {
    if (view.getUint32(end, true) !== 0x06054b50) continue;
    const count = view.getUint16(end + 10, true);
    if (count > most) throw new BrokenZip(message('shared.zip.entries', { n: count }));
    return { count, size: view.getUint32(end + 12, true), offset: view.getUint32(end + 16, true) };
  }
  return null;
}

/**
 * Entries of a directory.
 * @throws {BrokenZip} with the reason when it is broken.
 */
export function zipEntries(directory: Uint8Array, count: number): ZipEntry[] {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
  const entries: ZipEntry[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50)
      throw new BrokenZip(message('shared.zip.directory'));
    const nameLength = view.getUint16(at + 28, true);
    entries.push({
      path: new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** Where an entry's content starts after its local header, or null where `header` (its first 30 bytes) is none. */
export function zipContentAfter(header: Uint8Array): number | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < 30 || view.getUint32(0, true) !== 0x04034b50) return null;
  return 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 as zip uses it (IEEE 802.3, reflected). @param before the CRC of what came before these bytes. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (const b of bytes) c = CRC_TABLE[(c ^ b) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}
