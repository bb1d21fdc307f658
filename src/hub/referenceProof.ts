/** Owns the worker in which the reference is computed. One model, one worker: what it leaves behind ends with it. */
import { askWorker } from '../shared/askWorker';
import { type ErrorInfo, ModelError } from '../shared/errors';
import { startWorker } from '../shared/startWorker';
import { type Message, message } from '../shared/message';
import type { Sequence } from '../shared/types';
import type { ReferenceLogits, ReferenceModel } from './reference';
import script from './referenceWorker.ts?worker&url';
import { appBase } from './source';

export interface ReferenceRequest {
  model: ReferenceModel;
  sequences: readonly Sequence[];
}

export type ReferenceReply = { kind: 'logits'; logits: ReferenceLogits } | { kind: 'failed'; error: ErrorInfo };

/** Slow machines load a model in a second per MB at worst, in ms. */
const LEAST = 120_000;
const PER_MB = 1000;

/** Bytes of all its files. */
function sizeOf(model: ReferenceModel): number {
  if (model.kind === 'gguf') return model.blob.size;
  if (model.kind === 'safetensors') return [...model.files.values()].reduce((sum, { size }) => sum + size, 0);
  return [model.bytes, ...model.external.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/**
 * Logits as `computeReference` has them, in a worker that is ended afterwards. Bytes of an .onnx file are handed over,
 * not copied: its weights cannot be read any more.
 * @throws {ModelError} when they cannot be computed, or do not come to an end
 * @throws {WorkerError} when the worker does not start
 */
export async function referenceLogits(model: ReferenceModel, sequences: readonly Sequence[]): Promise<ReferenceLogits> {
  // Node has no workers of the web: tests of models compute where they are.
  if (typeof Worker === 'undefined') return (await import('./reference')).computeReference(model, sequences);
  const all = model.kind === 'onnx' ? [model.bytes, ...model.external.values()] : [];
  const buffers = [...new Set(all.map((b) => b.buffer as ArrayBuffer))];
  const limit = LEAST + (PER_MB * sizeOf(model)) / 2 ** 20;
  const { file } = model;
  const refused = (why: Message) => new ModelError(message('hub.model.runtime', { file, why }));
  const reply = await askWorker<ReferenceReply>(
    startWorker(script, appBase(), 'reference'),
    { model, sequences } satisfies ReferenceRequest,
    {
      transfer: buffers,
      limit,
      slow: (seconds) => refused(message('hub.model.runtimeSlow', { seconds })),
      stopped: () => refused(message('hub.model.runtimeEnded')),
    },
  );
  if (reply.kind === 'failed') throw new ModelError(reply.error);
  return reply.logits;
}
