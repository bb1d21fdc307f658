/** Worker that computes the reference of one model and is ended. */
import { toErrorInfo } from '../shared/errors';
import { computeReference } from './reference';
import type { ReferenceReply, ReferenceRequest } from './referenceProof';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (reply: ReferenceReply, transfer: Transferable[] = []) => scope.postMessage(reply, transfer);

scope.onmessage = async ({ data: { model, sequences } }: MessageEvent<ReferenceRequest>) => {
  try {
    const logits = await computeReference(model, sequences);
    post({ kind: 'logits', logits }, [logits.data.buffer]);
  } catch (error) {
    post({ kind: 'failed', error: toErrorInfo(error) });
  }
};
