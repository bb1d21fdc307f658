/** What was dropped on the page, as files: also those inside of folders. */
import type { OwnFile } from '../shared/data';

/** Files of a folder that are looked at: pictures are many. */
const MOST_FILES = 10_000;

export interface Dropped {
  files: OwnFile[];
  /** A folder among what was dropped, by name. */
  folder: string | null;
}

/** A file that a person chose; of a folder, with its place in there. */
export const ownFile = (file: File): OwnFile => ({ path: file.webkitRelativePath || file.name, file });

/** Whether something is dragged that may hold files. */
export function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && [...transfer.types].includes('Files');
}

/**
 * The files that were dropped. The list of a drop is empty once its event is over: it is read before anything is
 * awaited.
 */
export async function filesOf(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const found: Dropped = { files: [], folder: null };
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) {
      found.folder ??= entry.name;
      await walk(entry as FileSystemDirectoryEntry, found.files);
    } else if (file) found.files.push({ path: file.name, file });
  }
  return found;
}

async function walk(folder: FileSystemDirectoryEntry, files: OwnFile[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // A reader gives a part of its entries at a time, and none at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (files.length >= MOST_FILES) return;
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, files);
      else {
        const file = await new Promise<File>((resolve, reject) => {
          (entry as FileSystemFileEntry).file(resolve, reject);
        });
        files.push({ path: entry.fullPath.replace(/^\//, ''), file });
      }
    }
  }
}

/** A model that was dropped: what its folder or its only file is called, and its files by their paths below that. */
export interface DroppedModel {
  name: string;
  files: Map<string, Blob>;
}

/** Weights of a model, not of an adapter. */
const WEIGHTS = /(?:^|\/)(?!adapter_)[^/]+\.(?:onnx|safetensors|gguf)$/i;

/**
 * The model among what was dropped: a folder in which weights lie, or a GGUF, which needs no other file. Null: it is
 * data.
 */
export function modelOf({ files, folder }: Dropped): DroppedModel | null {
  const weights = files.find(({ path }) => WEIGHTS.test(path));
  if (!weights) return null;
  if (folder === null) {
    const { path, file } = weights;
    return /\.gguf$/i.test(path) ? { name: path.replace(/\.gguf$/i, ''), files: new Map([[path, file]]) } : null;
  }
  const below = (path: string) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path);
  return { name: folder, files: new Map(files.map(({ path, file }) => [below(path), file])) };
}
