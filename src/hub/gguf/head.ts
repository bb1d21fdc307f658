/** What a repository without files of its own for it says of its model: the metadata of its GGUF. */
import type { ModelSource } from '../../shared/types';
import { FetchError, type FetchOptions } from '../download';
import { chooseFile, listModelFiles } from '../modelFiles';
import { fetchStart, folderOf } from '../source';
import { type GgufHead, HEAD_BYTES, readGguf } from './container';

/** The head of a file; what it was read from is let go. */
interface Head extends GgufHead {
  /** Bytes of the whole file, where that is known. */
  total: number | null;
}

/** The last one, while a model is opened: configuration and tokenizer are asked for one after the other. */
let last: { key: string; files: ReadonlyMap<string, Blob> | null; head: Promise<Head | null> } | null = null;

/** A model was opened, or could not be: its metadata is not asked for again. */
export function forgetHead(): void {
  last = null;
}

/** Metadata of the GGUF that would be opened; null where it would be another file. */
export function headOf(source: ModelSource, options: FetchOptions): Promise<Head | null> {
  const key = JSON.stringify(source);
  // Two folders may have one name.
  const files = source.kind === 'folder' ? folderOf(source) : null;
  if (last?.key !== key || last.files !== files) {
    const head = readHead(source, options);
    last = { key, files, head };
    // A failure is nothing to remember.
    head.catch(() => {
      if (last?.head === head) last = null;
    });
  }
  return last!.head;
}

async function readHead(source: ModelSource, options: FetchOptions): Promise<Head | null> {
  const { files, listed } = await listModelFiles(source, options);
  const file = chooseFile(source, { files, listed });
  const sha256 = listed.get(file.path)?.sha256 ?? null;
  if (file.format !== 'gguf') return null;
  for (const most of HEAD_BYTES) {
    const { bytes, total } = await fetchStart(source, file.path, most, { ...options, sha256 });
    try {
      const { metadata, tensors } = readGguf(bytes, total ?? Infinity);
      return { metadata, tensors, total };
    } catch (error) {
      if (bytes.length === total || most === HEAD_BYTES.at(-1)) throw error;
    }
  }
  return null;
}

/**
 * What `fetchOwn` gives; of a repository that has not got it, what the metadata of its GGUF says.
 * @throws {FetchError} of `fetchOwn` where there is no GGUF either; {ModelError} when it is damaged
 */
export async function orFromGguf<T>(
  source: ModelSource,
  options: FetchOptions,
  fetchOwn: () => Promise<T>,
  fromHead: (head: Head) => T,
): Promise<T> {
  try {
    return await fetchOwn();
  } catch (error) {
    if (source.kind === 'embedded' || !(error instanceof FetchError && error.reason === 'missing')) throw error;
    const head = await headOf(source, options);
    if (!head) throw error;
    return fromHead(head);
  }
}
