/**
 * A LoRA adapter as llama.cpp reads it: beside each weight that it changes, `.lora_a` [r, in] and `.lora_b` [out, r]
 * under the weight's name in a GGUF, with its outputs in the order of that file. Δ = alpha / r · B A x, r the rank of
 * the tensors.
 */
import { adapterMethodOf } from '../../engine/adapters/methods';
import type { ModuleAdapter } from '../../engine/adapters/parameters';
import { ggufFormOf } from '../../hub/family';
import { type Place, placesOf } from '../../hub/gguf/model';
import { writeGguf } from '../../hub/gguf/write';
import { METHOD_NAMES, isGated, isPerToken, scalingOf } from '../../shared/config';
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type ModelDescription, tellsClasses } from '../../shared/model';
import { type Trained, withoutGate } from './mergedWeights';

/** Rows of B [out, r] where the file has them. */
function inFile(b: Float32Array, dOut: number, row: Place['row']): Float32Array {
  if (!row) return b;
  const rank = b.length / dOut;
  const out = new Float32Array(b.length);
  for (let j = 0; j < dOut; j++) out.set(b.subarray(j * rank, (j + 1) * rank), row(j) * rank);
  return out;
}

/** A [r, in] with what each rank is multiplied with. */
function scaled({ a, dIn }: ModuleAdapter, diagonal: Float32Array | undefined): Float32Array {
  return diagonal ? a.map((v, i) => v * diagonal[Math.floor(i / dIn)]) : a;
}

/** @throws {AdapterError} where llama.cpp could not do what the adapter does */
export function ggufAdapter(model: ModelDescription, trained: Trained): Uint8Array<ArrayBuffer> {
  if (isGated(trained.run) && trained.thresholds)
    throw new AdapterError(message('train.export.ggufGates', { run: trained.run.name }));
  const run = withoutGate(trained);
  if (tellsClasses(model)) throw new AdapterError(message('train.export.ggufClasses'));
  const { diagonal, mergeRow } = adapterMethodOf(run);
  if (mergeRow || isPerToken(run))
    throw new AdapterError(message('train.export.ggufMethod', { run: run.name, method: METHOD_NAMES[run.method] }));
  const form = ggufFormOf(model.family);
  if (!form) throw new AdapterError(message('train.export.ggufFamily', { family: model.family }));
  const places = placesOf(model, form.interleaved ?? false);
  const rank = trained.adapters[0].a.length / trained.adapters[0].dIn;
  const tensors = trained.adapters.flatMap((m) => {
    const { name, row } = places.get(m.path)!;
    return [
      { name: `${name}.weight.lora_a`, shape: [rank, m.dIn], data: scaled(m, diagonal?.(m)) },
      { name: `${name}.weight.lora_b`, shape: [m.dOut, rank], data: inFile(m.b, m.dOut, row) },
    ];
  });
  return writeGguf(
    {
      'general.architecture': { text: form.name },
      'general.type': { text: 'adapter' },
      'general.name': { text: run.name },
      'adapter.type': { text: 'lora' },
      'adapter.lora.alpha': { f32: scalingOf(run) * rank },
    },
    tensors,
  );
}
