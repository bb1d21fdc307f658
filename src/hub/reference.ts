/**
 * The logits that our own forward is held against: ONNX Runtime's on the same .onnx file, or the plain forward's in f64
 * where there is none. Runs in a worker of its own (`referenceProof.ts`), which is ended afterwards: the memory of
 * ONNX Runtime never shrinks, and a model may never finish loading.
 */
import type { ModelDescription } from '../shared/model';
import { openBlob } from './byteFile';
import { openGguf } from './gguf/container';
import { ggufWeights } from './gguf/model';
import { type OnnxReference, onnxLogits } from './onnxRuntime';
import { plainForward } from './plainForward';
import { openBlobs, safetensorsWeights } from './safetensorsModel';
import type { Weights } from './weights';

/** What of a downloaded model the reference is given: plain data, whose buffers are handed over, or files. */
export type ReferenceModel =
  | OnnxReference
  | { kind: 'safetensors'; file: string; config: ModelDescription; files: ReadonlyMap<string, Blob> }
  | { kind: 'gguf'; file: string; config: ModelDescription; blob: Blob };

export interface ReferenceLogits {
  /** [ids.length, vocab], row-major. */
  data: Float32Array;
  vocab: number;
}

async function plainWeights(model: Exclude<ReferenceModel, OnnxReference>): Promise<Weights> {
  if (model.kind === 'safetensors') return safetensorsWeights(await openBlobs(model.files), model.config);
  const file = await openBlob(model.blob, model.file);
  return ggufWeights(openGguf(file), file, model.config);
}

/**
 * Logits at every position of `ids`.
 * @throws {ModelError} when the reference cannot be computed
 */
export async function computeReference(model: ReferenceModel, ids: Int32Array): Promise<ReferenceLogits> {
  if (model.kind === 'onnx') return onnxLogits(model, ids);
  const { config } = model;
  const weights = await plainWeights(model);
  return {
    data: plainForward(config, (name) => weights.get(name).data, ids),
    vocab: config.vocab,
  };
}
