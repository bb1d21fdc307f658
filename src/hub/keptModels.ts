/** Models of which files are kept in this browser (`keptFiles.ts`): which, in which form, and how to be rid of them. */
import type { KeptModel } from '../shared/types';
import { forgetBelow, keptEntries } from './keptFiles';
import { readableFiles } from './modelFiles';

/** `host/owner/name/resolve/revision/path` of a kept file's address. */
const MODEL = /^((.+)\/([^/]+\/[^/]+)\/resolve\/([^/]+))\/(.+)$/;

interface Found extends KeptModel {
  /** Bytes by path: of all files, and of those that are whole. */
  all: Map<string, { bytes: number }>;
  whole: Map<string, { bytes: number }>;
}

/** The models of which something is kept, largest first. */
export async function keptModels(): Promise<KeptModel[]> {
  const found = new Map<string, Found>();
  for (const [url, entry] of await keptEntries()) {
    const parts = MODEL.exec(url);
    if (!parts) continue;
    const [, key, host, id, revision, path] = parts;
    const none = { host, id, revision: decodeURIComponent(revision), file: null, bytes: 0 };
    const model = found.get(key) ?? { ...none, all: new Map(), whole: new Map() };
    found.set(key, model);
    if (entry.missing) continue;
    model.bytes += entry.bytes;
    model.all.set(path, entry);
    if (entry.sha256 !== null) model.whole.set(path, entry);
  }
  return [...found.values()]
    .map(({ all, whole, ...model }) => {
      const file = [...readableFiles(whole), ...readableFiles(all)].at(0)?.path ?? null;
      return { ...model, file };
    })
    .toSorted((a, b) => b.bytes - a.bytes);
}

/** Forgets all files of a model. */
export async function dropKept({ host, id, revision }: Pick<KeptModel, 'host' | 'id' | 'revision'>): Promise<void> {
  const at = encodeURIComponent(revision);
  await forgetBelow([`${host}/${id}/resolve/${at}/`, `${host}/api/models/${id}/tree/${at}`]);
}
