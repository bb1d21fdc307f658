/** The only owner of the train worker, which in turn owns the GPU. */
import type { TrainEvent, TrainReplies, TrainRequest } from '../train/protocol';
import { WorkerClient, type WorkerHooks } from './workerClient';

export type TrainClient = WorkerClient<TrainRequest, TrainReplies, TrainEvent>;

/** The worker starts with the first request. */
export function createTrainClient(hooks: WorkerHooks<TrainEvent>): TrainClient {
  return new WorkerClient(() => new Worker(new URL('../train/trainWorker.ts', import.meta.url), { type: 'module', name: 'train' }), 'training', hooks);
}
