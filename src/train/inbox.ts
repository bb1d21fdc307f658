/** What a worker hears: the page's language, and requests, in the order in which they were sent. */
import { speak } from '../shared/texts';
import type { Envelope, ToWorker } from './protocol';

/**
 * Hands every request to `take`, in order. A language is spoken before the next request is looked at, though its
 * catalogue may have to be fetched first.
 */
export function openInbox<R>(
  scope: Pick<DedicatedWorkerGlobalScope, 'onmessage'>,
  take: (request: Envelope<R>) => void,
): void {
  let before: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data }: MessageEvent<ToWorker<R>>) => {
    // Without the catalogue it goes on in the language it has: the work matters more.
    if ('language' in data)
      before = before
        .then(() => speak(data.language))
        .catch((error: unknown) => console.warn('the language could not be changed', error));
    else void before.then(() => take(data));
  };
}
