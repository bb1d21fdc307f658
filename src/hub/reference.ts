/**
 * The logits that our own forward is compared with: ONNX Runtime's on the same .onnx file, or the plain forward's in
 * f64 where there is none. Runs in a worker of its own (`referenceProof.ts`), which is ended afterwards: the memory of
 * ONNX Runtime never shrinks, and a model may never finish loading.
 */
import { type ModelDescription, logitCount } from '../shared/model';
import { floatsOf } from '../shared/quantised';
import type { Sequence } from '../shared/types';
import { openBlob } from './byteFile';
import { concatenated } from './floats';
import { openGguf } from './gguf/container';
import { ggufWeights } from './gguf/model';
import { type OnnxReference, onnxLogits } from './onnxRuntime';
import { type ReadWeight, plainForward } from './plainForward';
import { openBlobs, safetensorsWeights } from './safetensorsModel';
import type { Weights } from './weights';

/** What of a downloaded model the reference is given: plain data, whose buffers are handed over, or files. */
export type ReferenceModel =
  | OnnxReference
  | { kind: 'safetensors'; file: string; config: ModelDescription; files: ReadonlyMap<string, Blob> }
  | { kind: 'gguf'; file: string; config: ModelDescription; blob: Blob };

export interface ReferenceLogits {
  /** Row-major: [tokens of all sequences, vocab], or of a head with classes [sequences, classes]. */
  data: Float32Array;
  /** Logits of a row. */
  vocab: number;
}

async function plainWeights(model: Exclude<ReferenceModel, OnnxReference>): Promise<Weights> {
  if (model.kind === 'safetensors') return safetensorsWeights(await openBlobs(model.files), model.config);
  const file = await openBlob(model.blob, model.file);
  return ggufWeights(openGguf(file), file, model.config);
}

/**
 * Logits at every position of all sequences, or of a head with classes those of each sequence.
 * @throws {ModelError} when the reference cannot be computed
 */
export async function computeReference(
  model: ReferenceModel,
  sequences: readonly Sequence[],
): Promise<ReferenceLogits> {
  if (model.kind === 'onnx') return onnxLogits(model, sequences);
  const { config } = model;
  const weights = await plainWeights(model);
  const read: ReadWeight = (name, rows) => (rows ? floatsOf(weights.stored(name, rows)) : weights.get(name).data);
  const rows = sequences.map(({ ids, patches }) => plainForward(config, read, ids, patches));
  return { data: concatenated(rows), vocab: logitCount(config) };
}
