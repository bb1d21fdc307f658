/** What weights and gradients say of each module: the criteria that a sparsity ranking is held against. */
import type { ModuleAdapter } from '../engine/adapterRun';
import { readTensor } from '../engine/gpu/readback';
import type { Weight } from '../engine/kernels/matmul/weight';
import type { BaseModel } from '../engine/base';
import { f16ToF32 } from '../hub/floats';
import { scalingOf } from '../shared/config';
import type { ModuleMeasure } from '../shared/study';
import type { RunId } from './protocol';
import type { Measurable } from './session';

/** √Σx², summed in doubles. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}

/**
 * ‖scaling · B A‖_F without the product: ‖BA‖² = Σ_jk (BᵀB)_jk (AAᵀ)_jk.
 * A [rank, dIn], B [dOut, rank].
 */
export function changeNorm({ a, b, dIn, dOut }: Pick<ModuleAdapter, 'a' | 'b' | 'dIn' | 'dOut'>, scaling: number): number {
  const rank = a.length / dIn;
  let sum = 0;
  for (let j = 0; j < rank; j++) {
    for (let k = 0; k <= j; k++) {
      let [aa, bb] = [0, 0];
      for (let i = 0; i < dIn; i++) aa += a[j * dIn + i] * a[k * dIn + i];
      for (let i = 0; i < dOut; i++) bb += b[i * rank + j] * b[i * rank + k];
      sum += (j === k ? 1 : 2) * aa * bb;
    }
  }
  // Rounding may leave a tiny negative.
  return scaling * Math.sqrt(Math.max(0, sum));
}

async function weightNorm({ gpu }: BaseModel, { tensor, type }: Weight): Promise<number> {
  const bytes = await readTensor(gpu, tensor);
  return norm(type === 'f16' ? f16ToF32(new Uint8Array(bytes)) : new Float32Array(bytes));
}

/**
 * Of every adapted module of a run without a magnitude of its own (LoRA): ‖W0‖, ‖ΔW‖, and the norm of the mean loss's
 * gradient with respect to A and B over the first `examples` training examples.
 */
export async function measureModules({ model: { base }, trainer, data, batchSize }: Measurable, runId: RunId, examples: number): Promise<ModuleMeasure[]> {
  const run = trainer.run(runId);
  const batches = data.learnt(examples, batchSize);
  // Measuring leaves the gradients of all its batches behind; nothing steps on them.
  await trainer.evaluate([runId], batches, true);
  const [gradients, adapters] = [await run.gradients(), await run.adapters()];
  const scaling = scalingOf(run.config);
  const out: ModuleMeasure[] = [];
  for (const [i, { layer, kind, dIn, dOut }] of run.modules.entries()) {
    out.push({
      layer, kind,
      parameters: run.config.rank * (dIn + dOut),
      active: null,
      weight: await weightNorm(base, base.weights.layers[layer][kind]),
      change: changeNorm(adapters[i], scaling),
      gradient: Math.hypot(norm(gradients[i].a), norm(gradients[i].b)),
    });
  }
  return out;
}
