/** The worker that pushes files to a hub. It is started for one push and ended after it, and with it goes the token. */
import { pushFiles } from '../hub/push';
import { toErrorInfo } from '../shared/errors';
import type { Envelope, FromWorker, PushReplies, PushRequest } from './protocol';
import type { PushProgress } from '../shared/repository';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (said: FromWorker<PushProgress>) => scope.postMessage(said);

scope.onmessage = async ({ data: { requestId, ...push } }: MessageEvent<Envelope<PushRequest>>) => {
  try {
    const value: PushReplies['push'] = await pushFiles(push, (event) => post({ kind: 'event', event }));
    post({ kind: 'reply', requestId, value });
  } catch (error) {
    post({ kind: 'failed', requestId, error: toErrorInfo(error) });
  }
};
