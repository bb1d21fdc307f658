/**
 * Worker for files, tokens and previews: answers `DataRequest`s in order. Long work rests often enough to hear of a
 * cancel, or of a request that makes it pointless.
 */
import { Cancelled } from '../data/pace';
import { toErrorInfo } from '../shared/errors';
import { ChatRenderer } from './chatRenderer';
import { DataDesk } from './dataDesk';
import type { DataEvent, DataRequest, Envelope, FromWorker } from './protocol';

const renderer = new ChatRenderer();
const desk = new DataDesk((signal) => renderer.rendering(signal));

/** Which kinds of work a request makes pointless. */
const ENDS: Partial<Record<DataRequest['type'], readonly DataRequest['type'][]>> = {
  'open-tokenizer': ['open-tokenizer', 'prepare', 'list', 'rejected'],
  'close-tokenizer': ['open-tokenizer', 'prepare', 'list', 'rejected'],
  parse: ['parse', 'prepare', 'list', 'rejected'],
  prepare: ['prepare', 'list', 'rejected'],
  list: ['list'],
  'try-template': ['try-template'],
  cancel: ['parse', 'prepare', 'list', 'rejected'],
};

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (message: FromWorker<DataEvent>, transfer: Transferable[] = []) => scope.postMessage(message, transfer);
/** What is answered whatever is under way, once the tokenizer is there. */
const ASIDE: readonly DataRequest['type'][] = ['try-template', 'applyChatTemplate'];
/** Files are read while a tokenizer is on its way: it may come from far. */
let opening: Promise<void> = Promise.resolve();
let queue: Promise<void> = Promise.resolve();

interface Job {
  type: DataRequest['type'];
  abort: AbortController;
  done: Promise<void>;
}
const waiting = new Set<Job>();

scope.onmessage = ({ data: request }: MessageEvent<Envelope<DataRequest>>) => {
  const ended = [...waiting].filter((job) => ENDS[request.type]?.includes(job.type));
  for (const job of ended) job.abort.abort();
  const abort = new AbortController();
  const run = async () => {
    const { requestId } = request;
    try {
      if (abort.signal.aborted) throw new Cancelled();
      const { value, transfer } = await desk.answer(request, {
        signal: abort.signal,
        onProgress: (label, loaded, total) =>
          post({ kind: 'event', event: { type: 'progress', label, loaded, total } }),
      });
      post({ kind: 'reply', requestId, value }, transfer);
    } catch (error) {
      // What was ended may have failed of that in words of its own.
      post({ kind: 'failed', requestId, error: toErrorInfo(abort.signal.aborted ? new Cancelled() : error) });
    } finally {
      waiting.delete(job);
    }
  };
  const job: Job = { type: request.type, abort, done: Promise.resolve() };
  waiting.add(job);
  switch (request.type) {
    case 'cancel':
      job.done = Promise.all(ended.map(({ done }) => done)).then(run);
      break;
    case 'open-tokenizer':
    case 'close-tokenizer':
      job.done = opening = opening.then(run);
      break;
    default:
      if (ASIDE.includes(request.type)) job.done = opening.then(run);
      else job.done = queue = queue.then(run);
  }
};
