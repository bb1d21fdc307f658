/**
 * Worker for files, tokens and previews: answers `DataRequest`s in order. Long work rests often enough to hear of a cancel,
 * or of a request that makes it pointless.
 */
import { Cancelled } from '../data/pace';
import { toErrorInfo } from '../shared/errors';
import { ChatRenderer } from './chatRenderer';
import { DataDesk } from './dataDesk';
import { openInbox } from './inbox';
import type { DataEvent, DataRequest, FromWorker } from './protocol';

const renderer = new ChatRenderer();
const desk = new DataDesk((signal) => renderer.rendering(signal));

/** Which kinds of work a request makes pointless. */
const ENDS: Partial<Record<DataRequest['type'], readonly DataRequest['type'][]>> = {
  parse: ['parse', 'prepare', 'list', 'rejected'],
  prepare: ['prepare', 'list', 'rejected'],
  list: ['list'],
  'try-template': ['try-template'],
  cancel: ['parse', 'prepare', 'list', 'rejected'],
};

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (message: FromWorker<DataEvent>, transfer: Transferable[] = []) => scope.postMessage(message, transfer);
/** What is answered whatever is under way, once the tokenizer is there. */
const ASIDE: readonly DataRequest['type'][] = ['try-template', 'dress'];
let opening: Promise<void> = Promise.resolve();
let queue: Promise<void> = Promise.resolve();
const waiting = new Set<{ type: DataRequest['type']; abort: AbortController }>();

openInbox<DataRequest>(scope, (request) => {
  for (const job of waiting) if (ENDS[request.type]?.includes(job.type)) job.abort.abort();
  const job = { type: request.type, abort: new AbortController() };
  waiting.add(job);
  const run = async () => {
    const { requestId } = request;
    try {
      if (job.abort.signal.aborted) throw new Cancelled();
      const { value, transfer } = await desk.answer(request, {
        signal: job.abort.signal,
        onProgress: (label, loaded, total) => post({ kind: 'event', event: { type: 'progress', label, loaded, total } }),
      });
      post({ kind: 'reply', requestId, value }, transfer);
    } catch (error) {
      post({ kind: 'failed', requestId, error: toErrorInfo(error) });
    } finally {
      waiting.delete(job);
    }
  };
  if (ASIDE.includes(request.type)) void opening.then(run);
  else queue = queue.then(run);
  if (request.type === 'open-tokenizer') opening = queue;
});
