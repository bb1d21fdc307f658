/** The worker that writes to the origin's private file system: passes requests to `Keep`, one at a time. */
import { toErrorInfo } from '../shared/errors';
import { giveBack } from '../shared/giveBack';
import { Keep } from './keep';
import { Lock } from './lock';
import { type Envelope, type FromWorker, type KeepReplies, type KeepRequest, stateBuffers } from './protocol';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const keep = new Keep();
const turns = new Lock();

function answer(request: KeepRequest): Promise<KeepReplies[keyof KeepReplies] | null> {
  switch (request.type) {
    case 'save-data':
      return keep.saveData(request.train, request.validation);
    case 'save-checkpoint':
      return keep.saveCheckpoint(request.checkpoint).finally(() => giveBack(stateBuffers(request.checkpoint.state)));
    case 'checkpoint-info':
      return keep.info();
    case 'load-checkpoint':
      return keep.load();
    case 'clear-checkpoint':
      return keep.clear();
    case 'write-run':
      return keep.writeRun(request.id, request.files);
    case 'delete-run':
      return keep.deleteRun(request.id);
    case 'keep-sources':
      return keep.keepSources(request.files, request.write);
    case 'open-sources':
      return keep.openSources(request.files);
    case 'sweep-sources':
      return keep.sweepSources(request.wanted);
  }
}

scope.onmessage = ({ data: request }: MessageEvent<Envelope<KeepRequest>>) => {
  void turns.run(async () => {
    const { requestId } = request;
    try {
      scope.postMessage({ kind: 'reply', requestId, value: await answer(request) } satisfies FromWorker<never>);
    } catch (error) {
      scope.postMessage({ kind: 'failed', requestId, error: toErrorInfo(error) } satisfies FromWorker<never>);
    }
  });
};
