/** The only owner of the data worker: parsing, tokenising, previews. */
import { startWorker } from '../shared/startWorker';
import type { DataEvent, DataReplies, DataRequest } from '../train/protocol';
import script from '../train/dataWorker.ts?worker&url';
import { WorkerClient, type WorkerHooks } from './workerClient';

export type DataClient = WorkerClient<DataRequest, DataReplies, DataEvent>;

/** The worker starts with the first request. */
export function createDataClient(hooks: WorkerHooks<DataEvent>): DataClient {
  return new WorkerClient(() => startWorker(script, document.baseURI, 'data'), 'data', hooks);
}
