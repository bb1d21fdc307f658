import { type SieveError, WorkerError } from './errors';
import { type Message, message } from './message';
import { type LiveWorker, SILENT, TRIES, whyStopped } from './startWorker';

export interface AskOptions {
  transfer?: Transferable[];
  /** How long it may take from when the worker lives, in ms. */
  limit: number;
  /** Ends it, and fails with what it was aborted with. */
  signal?: AbortSignal;
  /** The error when it took longer. */
  slow(seconds: number): SieveError;
  /** The error when the worker stopped. */
  stopped(why: Message | string): SieveError;
}

/**
 * Asks a worker for one thing, and ends it.
 * @returns its first message
 * @throws {WorkerError} when it did not start; what `options` say
 */
export function askWorker<Reply>(worker: LiveWorker, request: unknown, options: AskOptions): Promise<Reply> {
  const { transfer, limit, signal, slow, stopped } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<Reply>((resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.addEventListener('message', ({ data }) => resolve(data as Reply));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(
        event.message === SILENT
          ? new WorkerError(message('shared.workerStart', { tries: TRIES.length }))
          : stopped(whyStopped(event)),
      );
    });
    worker.addEventListener('messageerror', (event) => reject(stopped(whyStopped(event))));
    worker.postMessage(request, transfer);
    void worker.alive.then(() => {
      timer = setTimeout(() => reject(slow(Math.round(limit / 1000))), limit);
    });
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}
