/**
 * What this browser keeps in the origin's private file system: the checkpoint of the run that is going on, its token
 * sets, and finished runs as zips. Runs in a dedicated worker, since only there files can be written synchronously and
 * with an exclusive lock.
 *
 *   checkpoint/a, checkpoint/b       two slots, see checkpoint.ts
 *   checkpoint/data-<sha-256>        token sets of the run
 *   runs/<id>.zip                    a finished run
 *   sources/<sha-256>                a file that a data set was made from, see keepSources.ts
 */
import { zipSync } from 'fflate';
import { StorageError } from '../shared/errors';
import type { SourceFile } from '../shared/dataRecipe';
import { renamed } from '../shared/formerNames';
import { message } from '../shared/message';
import { LENGTH_BYTES, headLength, pack, unpack, unpackPlain } from '../shared/pack';
import { needSiteData } from '../shared/siteData';
import type { TokenSet } from '../shared/types';
import { type SlotFile, checkSlots, readPayload, sequenceOf, writeSlot } from './checkpoint';
import type { OwnFile } from '../shared/data';
import { keepSources, openSources, sweepSources } from './keepSources';
import type { AdapterFile, Checkpoint, CheckpointInfo, KeepReplies } from './protocol';

type Bytes = Uint8Array<ArrayBuffer>;
const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

function joined(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

async function sha256(bytes: Bytes): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/** The token sets of a run as a file, and its SHA-256: a checkpoint names the sets that it goes on with by it. */
async function packedSets(train: TokenSet, validation: TokenSet): Promise<{ bytes: Bytes; hash: string }> {
  const bytes = joined(pack({ train: { ...train }, validation: { ...validation } }));
  return { bytes, hash: await sha256(bytes) };
}

export const hashOfSets = async (train: TokenSet, validation: TokenSet): Promise<string> =>
  (await packedSets(train, validation)).hash;

/** The token sets of a run, as they lie beside its checkpoint. Version 1 called the validation split `heldOut`. */
export const tokenSetsOf = (bytes: Bytes): { train: TokenSet; validation: TokenSet } =>
  renamed(unpack(bytes), { heldOut: 'validation' }) as { train: TokenSet; validation: TokenSet };

/** A browser's own error in words that say what to do. */
function explain(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  switch (error.name) {
    case 'QuotaExceededError':
      return new StorageError(message('train.keep.full'));
    case 'NoModificationAllowedError':
      return new StorageError(message('train.keep.locked'));
    case 'SecurityError':
    case 'NotAllowedError':
      return new StorageError(message('shared.siteData'));
    default:
      return new StorageError(message('train.keep.unreachable', { why: error.message }));
  }
}

export class Keep {
  /** The folder in which everything lies. */
  readonly #home: () => Promise<FileSystemDirectoryHandle>;
  /** The newest checkpoint, where this worker wrote it. */
  #written: { sequence: number; slot: 0 | 1 } | null = null;
  readonly #sources = () => this.#folder('sources');

  constructor(home = () => needSiteData('storage').getDirectory()) {
    this.#home = home;
  }

  async #folder(name: 'checkpoint' | 'runs' | 'sources'): Promise<FileSystemDirectoryHandle> {
    return (await this.#home()).getDirectoryHandle(name, { create: true });
  }

  /** Opens files of a folder with their exclusive locks for as long as `task` takes. */
  async #open<T>(
    folder: 'checkpoint' | 'runs',
    names: readonly string[],
    task: (files: SlotFile[]) => T | Promise<T>,
  ): Promise<T> {
    const open: FileSystemSyncAccessHandle[] = [];
    try {
      const home = await this.#folder(folder);
      for (const name of names)
        open.push(await (await home.getFileHandle(name, { create: true })).createSyncAccessHandle());
      return await task(open);
    } catch (error) {
      throw explain(error);
    } finally {
      for (const handle of open) handle.close();
    }
  }

  async saveData(train: TokenSet, validation: TokenSet): Promise<KeepReplies['save-data']> {
    const { bytes, hash } = await packedSets(train, validation);
    await this.#open('checkpoint', [`data-${hash}`], async ([file]) => {
      if (file.getSize() === bytes.length) return;
      file.truncate(0);
      if (file.write(bytes, { at: 0 }) !== bytes.length)
        throw new DOMException('the disk is full', 'QuotaExceededError');
      file.flush();
    });
    return { hash };
  }

  async saveCheckpoint(checkpoint: Checkpoint): Promise<KeepReplies['save-checkpoint']> {
    const parts = pack(checkpoint);
    await this.#open('checkpoint', ['a', 'b'], (files) => {
      const { sequence, next } = this.#slots(files as [SlotFile, SlotFile]);
      this.#written = null;
      writeSlot(files[next], sequence + 1, parts);
      this.#written = { sequence: sequence + 1, slot: next };
    });
    return { bytes: parts.reduce((sum, p) => sum + p.length, 0) };
  }

  /** The newest checkpoint's number, and the slot of the next. One that this worker wrote last is not read again. */
  #slots(files: readonly [SlotFile, SlotFile]): { sequence: number; next: 0 | 1 } {
    const own = this.#written;
    if (own) {
      const next = own.slot === 0 ? 1 : 0;
      // Another tab may have written since.
      const newest = sequenceOf(files[own.slot]) === own.sequence && (sequenceOf(files[next]) ?? 0) < own.sequence;
      if (newest) return { sequence: own.sequence, next };
    }
    const { latest, next } = checkSlots(files);
    return { sequence: latest?.sequence ?? 0, next };
  }

  /** What `read` gives of the newest checkpoint. */
  async #read<T>(read: (file: SlotFile, bytes: number) => T): Promise<{ value: T | null; damaged: number }> {
    return this.#open('checkpoint', ['a', 'b'], (files) => {
      const { latest, damaged } = checkSlots(files as [SlotFile, SlotFile]);
      return { value: latest && read(files[latest.slot], latest.bytes), damaged };
    });
  }

  /** Tensors are not read for it. */
  async info(): Promise<KeepReplies['checkpoint-info']> {
    const { value, damaged } = await this.#read((file, bytes) => {
      const head = readPayload(file, Math.min(bytes, headLength(readPayload(file, Math.min(bytes, LENGTH_BYTES)))));
      return unpackPlain(head, 'info') as CheckpointInfo;
    });
    return { info: value, damaged };
  }

  /** @throws {StorageError} when there is none, or its token sets are gone or damaged. */
  async load(): Promise<KeepReplies['load-checkpoint']> {
    const { value: checkpoint } = await this.#read((file, bytes) => unpack(readPayload(file, bytes)) as Checkpoint);
    if (!checkpoint) throw new StorageError(message('train.keep.nothing'));
    const { dataHash } = checkpoint.info;
    const bytes = await this.#open('checkpoint', [`data-${dataHash}`], async ([file]) => {
      const all = new Uint8Array(file.getSize());
      file.read(all, { at: 0 });
      return all;
    });
    if ((await sha256(bytes)) !== dataHash) throw new StorageError(message('train.keep.damaged'));
    return { checkpoint, ...tokenSetsOf(bytes) };
  }

  /** Removes the checkpoint, and all token sets with it. */
  async clear(): Promise<null> {
    try {
      const home = await this.#folder('checkpoint');
      const names: string[] = [];
      for await (const name of home.keys()) names.push(name);
      // The slots first: a checkpoint without its data would be offered in vain.
      for (const name of names.sort()) await home.removeEntry(name);
    } catch (error) {
      throw explain(error);
    }
    return null;
  }

  /** One zip. Weights are stored as they are, since they hardly get smaller; everything else is text. */
  async writeRun(id: string, files: readonly AdapterFile[]): Promise<KeepReplies['write-run']> {
    const zip = zipSync(
      Object.fromEntries(
        files.map((f) => [
          f.name,
          [f.bytes, { level: f.name.endsWith('.safetensors') ? 0 : 6, mtime: new Date(1980, 0, 1) }],
        ]),
      ),
    );
    await this.#open('runs', [`${id}.zip`], async ([file]) => {
      file.truncate(0);
      if (file.write(zip as Bytes, { at: 0 }) !== zip.length)
        throw new DOMException('the disk is full', 'QuotaExceededError');
      file.flush();
    }).catch(async (error: unknown) => {
      await this.deleteRun(id);
      throw error;
    });
    return { bytes: zip.length };
  }

  async deleteRun(id: string): Promise<null> {
    try {
      await (await this.#folder('runs')).removeEntry(`${id}.zip`);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw explain(error);
    }
    return null;
  }

  keepSources(files: readonly OwnFile[], write: boolean): Promise<KeepReplies['keep-sources']> {
    return keepSources(this.#sources, files, write);
  }

  openSources(files: readonly SourceFile[]): Promise<KeepReplies['open-sources']> {
    return openSources(this.#sources, files);
  }

  async sweepSources(wanted: readonly string[]): Promise<null> {
    const { info } = await this.info();
    await sweepSources(this.#sources, [...(info?.data?.recipe?.files ?? []).map((f) => f.hash), ...wanted]);
    return null;
  }
}
