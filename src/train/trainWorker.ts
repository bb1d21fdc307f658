/** The worker that owns the device: passes requests to `TrainService`, and replies and events to the page. */
import { toErrorInfo } from '../shared/errors';
import {
  type Envelope,
  type FromWorker,
  type TrainEvent,
  type TrainReplies,
  type TrainRequest,
  stateBuffers,
} from './protocol';
import { TrainService } from './trainService';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (message: FromWorker<TrainEvent>, transfer: Transferable[] = []) => scope.postMessage(message, transfer);
const studio = new TrainService((event) => post({ kind: 'event', event }));

function answer(request: Envelope<TrainRequest>): unknown {
  switch (request.type) {
    case 'open-model':
      return studio.openModel(request);
    case 'cancel-open':
      return studio.cancelOpen();
    case 'opened':
      return studio.opened();
    case 'list-files':
      return studio.listFiles(request);
    case 'kept-models':
      return studio.keptModels();
    case 'drop-kept-model':
      return studio.dropKeptModel(request);
    case 'plan':
      return studio.plan(request);
    case 'time-steps':
      return studio.timeSteps(request);
    case 'cancel-timing':
      return studio.cancelTiming();
    case 'start':
      return studio.start(request);
    case 'pause':
      return studio.pause();
    case 'resume':
      return studio.resume();
    case 'stop':
      return studio.stop();
    case 'generate':
      return studio.generate(request, request.requestId);
    case 'cancel-generate':
      return studio.cancelGenerate();
    case 'watch-example':
      return studio.watchExample(request);
    case 'watch-text':
      return studio.watchText(request);
    case 'sample-prompts':
      return studio.samplePrompts(request);
    case 'export':
      return studio.export(request);
    case 'export-files':
      return studio.exportFiles(request);
    case 'hand-over':
      return studio.handOver(request);
    case 'import':
      return studio.import(request);
    case 'release':
      return studio.release(request);
    case 'state':
      return studio.state();
    case 'restore':
      return studio.restore(request);
    case 'reset':
      return studio.reset();
    case 'written-answers':
      return studio.writtenAnswers(request);
    case 'token-classes':
      return studio.tokenClasses(request);
    case 'module-measures':
      return studio.moduleMeasures(request);
    case 'attribute':
      return studio.finished.attribute(request);
    case 'cancel-attribution':
      return studio.finished.cancelAttribution();
    case 'sieve-open':
      return studio.finished.open(request);
    case 'sieve-at':
      return studio.finished.at(request);
    case 'sieve-export':
      return studio.finished.export(request);
    case 'sieve-close':
      return studio.finished.close();
    case 'profile':
      return studio.profile();
    case 'reset-tau':
      return studio.resetTau(request);
    case 'counts':
      return studio.counts();
  }
}

async function reply(request: Envelope<TrainRequest>): Promise<void> {
  const { requestId } = request;
  try {
    const value = await answer(request);
    const state = request.type === 'state' ? (value as TrainReplies['state']) : null;
    post({ kind: 'reply', requestId, value }, state ? stateBuffers(state) : []);
  } catch (error) {
    post({ kind: 'failed', requestId, error: toErrorInfo(error) });
  }
}

scope.onmessage = ({ data: request }: MessageEvent<Envelope<TrainRequest>>) => void reply(request);
