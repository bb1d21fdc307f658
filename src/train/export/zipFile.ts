/**
 * Exported files as one zip that is written while it is made: to the origin's private file system, from where the
 * browser takes it as a download; where there is none, into a blob.
 */
import { downloadZip } from 'client-zip';
import { StorageError } from '../../shared/errors';
import { message } from '../../shared/message';
import { siteData } from '../../shared/siteData';
import type { ExportFile } from './exportFile';

const FOLDER = 'exports';
/** A download has ended by then, in ms. */
const OLD = 30 * 60_000;

/** The browser's own copies of earlier exports. */
async function removeOld(folder: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  for (const name of names) {
    const { lastModified } = await (await folder.getFileHandle(name)).getFile();
    if (Date.now() - lastModified > OLD) await folder.removeEntry(name);
  }
}

/** A new file of its own; null where the browser has no place for one. */
async function place(): Promise<{ handle: FileSystemFileHandle; file: FileSystemSyncAccessHandle } | null> {
  const storage = siteData('storage');
  if (!storage?.getDirectory) return null;
  try {
    const folder = await (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
    await removeOld(folder);
    const handle = await folder.getFileHandle(`${crypto.randomUUID()}.zip`, { create: true });
    return { handle, file: await handle.createSyncAccessHandle() };
  } catch (error) {
    console.info('exported files lie in memory', error);
    return null;
  }
}

/** Copies: what the zip has not taken yet must not change. */
async function* copies({ pieces }: ExportFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const piece of pieces()) yield piece.slice();
}

/**
 * @param onWritten told of the bytes of all files so far
 * @throws {StorageError} where the disk is full; whatever making a file throws
 */
export async function zipFile(
  files: readonly ExportFile[],
  onWritten: (bytes: number) => void = () => undefined,
): Promise<Blob> {
  const zip = downloadZip(files.map((file) => ({ name: file.name, size: file.length, input: copies(file) }))).body!;
  const target = await place();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let written = 0;
  try {
    for (const reader = zip.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!target) parts.push(value as Uint8Array<ArrayBuffer>);
      else if (target.file.write(value as Uint8Array<ArrayBuffer>, { at: written }) !== value.length)
        throw new DOMException('the disk is full', 'QuotaExceededError');
      written += value.length;
      onWritten(written);
    }
    target?.file.flush();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'QuotaExceededError')
      throw new StorageError(message('train.keep.full'));
    throw error;
  } finally {
    target?.file.close();
  }
  return target ? target.handle.getFile() : new Blob(parts, { type: 'application/zip' });
}
