/** The only owner of the keep worker, which alone writes to the browser's files. It sends no events. */
import { startWorker } from '../shared/startWorker';
import type { KeepReplies, KeepRequest } from '../train/protocol';
import script from '../train/keepWorker.ts?worker&url';
import { WorkerClient, type WorkerHooks } from './workerClient';

export type KeepClient = WorkerClient<KeepRequest, KeepReplies, never>;

/** The worker starts with the first request. */
export function createKeepClient(hooks: WorkerHooks<never>): KeepClient {
  return new WorkerClient(() => startWorker(script, document.baseURI, 'keep'), 'storage', hooks);
}
