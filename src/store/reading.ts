/** Files that come from elsewhere, read in a worker of their own: however long one takes, the page goes on, and it ends. */
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

/** For starting, and for each MB, in ms. */
const LEAST = 15_000;
const PER_MB = 200;

function read<K extends ReadRequest['what']>(what: K, zip: Blob): Promise<ReadValues[K]> {
  const limit = LEAST + (PER_MB * zip.size) / 2 ** 20;
  const worker = startWorker(script, document.baseURI, 'read');
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<ReadValues[K]>((resolve, reject) => {
    timer = setTimeout(
      () => reject(new StorageError(message('store.reading.slow', { seconds: Math.round(limit / 1000) }))),
      limit,
    );
    worker.onmessage = ({ data: reply }: MessageEvent<ReadReply>) => {
      if (reply.kind === 'read') resolve(reply.value as ReadValues[K]);
      else reject(new WorkerFault(reply.error));
    };
    const stopped = (event: Event) => {
      event.preventDefault();
      reject(new StorageError(message('store.reading.failed')));
    };
    worker.onerror = stopped;
    worker.onmessageerror = stopped;
    worker.postMessage({ what, zip } satisfies ReadRequest);
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

/** @throws {StorageError | WorkerFault} what the worker found wrong, or that it did not come to an end */
export const workerReaders: FileReaders = {
  run: async (zip) => restoredRun(await read('run', zip)),
  adapter: (zip) => read('adapter', zip),
};
