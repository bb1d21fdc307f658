/** The only owner of the train worker, which in turn owns the GPU. */
import { startWorker } from '../shared/startWorker';
import type { TrainEvent, TrainReplies, TrainRequest } from '../train/protocol';
import script from '../train/trainWorker.ts?worker&url';
import { WorkerClient, type WorkerHooks } from './workerClient';

export type TrainClient = WorkerClient<TrainRequest, TrainReplies, TrainEvent>;

/** The worker starts with the first request. */
export function createTrainClient(hooks: WorkerHooks<TrainEvent>): TrainClient {
  return new WorkerClient(() => startWorker(script, document.baseURI, 'train'), 'training', hooks);
}
