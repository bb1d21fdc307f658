/**
 * Files that data sets were made from, kept by their content beside the runs that learnt from them: sources/<SHA-256>.
 * Read and written in pieces, since one may be as large as a file that is read at all.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { OwnFile } from '../shared/data';
import type { SourceFile } from '../shared/dataRecipe';

/** All that is kept, in bytes. */
export const MAX_SOURCES = 512 << 20;
const PIECE = 4 << 20;

/** Finds the folder; makes it where it is not there. */
type Folder = () => Promise<FileSystemDirectoryHandle>;

/**
 * A file's bytes; each piece is good until the next is asked for. All are read into the same memory: pieces of their
 * own pile up in a worker that makes no other garbage (104 MB of a file of 200 MB, in Chromium).
 */
async function* pieces(file: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = rereader(file);
  if (!reader) {
    for (let at = 0; at < file.size; at += PIECE) yield new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    return;
  }
  let memory = new ArrayBuffer(PIECE);
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(memory));
      if (done) return;
      yield value;
      memory = value.buffer;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Null in browsers that cannot read a file into memory that is there. */
function rereader(file: Blob): ReadableStreamBYOBReader | null {
  try {
    return file.stream().getReader({ mode: 'byob' });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** SHA-256 of a file's content, piece by piece: the browser's own takes it only all at once. */
export async function hashOf(file: Blob): Promise<string> {
  const hash = sha256.create();
  for await (const piece of pieces(file)) hash.update(piece);
  return bytesToHex(hash.digest());
}

/** The hashes of files, and whether all of them are kept. @param write whether they are to be */
export async function keepSources(
  folder: Folder,
  files: readonly OwnFile[],
  write: boolean,
): Promise<{ files: SourceFile[]; kept: boolean }> {
  const known: SourceFile[] = [];
  for (const { path, file } of files) known.push({ path, bytes: file.size, hash: await hashOf(file) });
  if (!write || known.reduce((sum, f) => sum + f.bytes, 0) > MAX_SOURCES) return { files: known, kept: false };
  try {
    const home = await folder();
    for (const [i, { file }] of files.entries()) await put(home, known[i], file);
    return { files: known, kept: true };
  } catch (error) {
    // No room, or no storage: the run goes on, and asks for its file when it is wanted again.
    console.info('the data are not kept', error);
    return { files: known, kept: false };
  }
}

async function put(home: FileSystemDirectoryHandle, { hash, bytes }: SourceFile, file: Blob): Promise<void> {
  const handle = await (await home.getFileHandle(hash, { create: true })).createSyncAccessHandle();
  let whole = false;
  try {
    whole = handle.getSize() === bytes;
    if (whole) return;
    handle.truncate(0);
    let at = 0;
    for await (const piece of pieces(file)) {
      if (handle.write(piece, { at }) !== piece.length)
        throw new DOMException('the disk is full', 'QuotaExceededError');
      at += piece.length;
    }
    handle.flush();
    whole = true;
  } finally {
    handle.close();
    if (!whole) await home.removeEntry(hash);
  }
}

/** The files as they are kept; null where one is not there or not what it was. */
export async function openSources(folder: Folder, files: readonly SourceFile[]): Promise<OwnFile[] | null> {
  const found: OwnFile[] = [];
  try {
    const home = await folder();
    for (const { path, bytes, hash } of files) {
      const file = await (await home.getFileHandle(hash)).getFile();
      if (file.size !== bytes || (await hashOf(file)) !== hash) return null;
      found.push({ path, file });
    }
  } catch (error) {
    console.info('the data are not kept', error);
    return null;
  }
  return found;
}

/**
 * Deletes what is not wanted any more, and of the rest what comes last where all of it is too large.
 * @param wanted hashes, the most important first
 */
export async function sweepSources(folder: Folder, wanted: readonly string[]): Promise<void> {
  const home = await folder();
  const sizes = new Map<string, number>();
  for await (const name of home.keys()) sizes.set(name, (await (await home.getFileHandle(name)).getFile()).size);
  let room = MAX_SOURCES;
  for (const hash of new Set(wanted)) {
    const size = sizes.get(hash);
    if (size === undefined || size > room) continue;
    room -= size;
    sizes.delete(hash);
  }
  for (const name of sizes.keys()) await home.removeEntry(name);
}
