/**
 * Files that come from elsewhere, read in a worker of their own: however long one takes, the page goes on, and it ends.
 */
import { askWorker } from '../shared/askWorker';
import { type ErrorInfo, StorageError } from '../shared/errors';
import { startWorker } from '../shared/startWorker';
import { message } from '../shared/message';
import type { AdapterFile } from '../train/protocol';
import script from './readWorker.ts?worker&url';
import { type RunFile, type RunParts, restoredRun } from './runFile';
import { WorkerFault } from './workerClient';

export interface ReadRequest {
  what: 'run' | 'adapter';
  zip: Blob;
}

/** What each kind of file is read to. */
interface ReadValues {
  run: RunParts;
  adapter: AdapterFile[];
}

export type ReadReply = { kind: 'read'; value: ReadValues[ReadRequest['what']] } | { kind: 'failed'; error: ErrorInfo };

/** Tests read in their own thread. */
export interface FileReaders {
  run(zip: Blob): Promise<RunFile>;
  adapter(zip: Blob): Promise<AdapterFile[]>;
}

/** For any file, and for each MB, in ms. */
const LEAST = 15_000;
const PER_MB = 200;

async function read<K extends ReadRequest['what']>(what: K, zip: Blob): Promise<ReadValues[K]> {
  const reply = await askWorker<ReadReply>(
    startWorker(script, document.baseURI, 'read'),
    { what, zip } satisfies ReadRequest,
    {
      limit: LEAST + (PER_MB * zip.size) / 2 ** 20,
      slow: (seconds) => new StorageError(message('store.reading.slow', { seconds })),
      stopped: () => new StorageError(message('store.reading.failed')),
    },
  );
  if (reply.kind === 'failed') throw new WorkerFault(reply.error);
  return reply.value as ReadValues[K];
}

/** @throws {StorageError | WorkerError | WorkerFault} what the worker found wrong, or that it did not start or end */
export const workerReaders: FileReaders = {
  run: async (zip) => restoredRun(await read('run', zip)),
  adapter: (zip) => read('adapter', zip),
};
