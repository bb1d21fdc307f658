/** What weights and gradients say of each module: the criteria that a sparsity ranking is compared with. */
import { matrixOf } from '../engine/model/weights';
import type { AdapterRun } from '../engine/adapterRun';
import { adapterMethodOf, trainedOf } from '../engine/adapters/methods';
import { type ModuleAdapter, unpack } from '../engine/adapters/parameters';
import { readFloats } from '../engine/device/device';
import { Program } from '../engine/device/program';
import type { Weight } from '../engine/kernels/matmul/weight';
import { rowNorms } from '../engine/kernels/rowNorms/rowNorms';
import type { BaseModel } from '../engine/base';
import { rankOf, scalingOf } from '../shared/config';
import type { ModuleMeasure } from '../shared/experiment';
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
export function changeNorm(
  { a, b, dIn, dOut }: Pick<ModuleAdapter, 'a' | 'b' | 'dIn' | 'dOut'>,
  scaling: number,
): number {
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

/** ‖W0‖_F of a matrix [rows, k], from the norms of its rows: whatever its storage, little is read back. */
async function weightNorm({ device }: BaseModel, w: Weight, rows: number, k: number): Promise<number> {
  const scope = device.buffers.scope('weight norm');
  try {
    const [rowNormSquared, norms] = ['squares', 'norms'].map((name) => scope.alloc(name, 4 * rows));
    const ops = [rowNorms(device, { w, rowNormSquared, norms, rows, k })];
    const program = await new Program(device, scope, 'weight norm', ops).compile();
    device.submit('weight norm', (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 1 }));
    return norm((await readFloats(device, norms)).subarray(0, rows));
  } finally {
    scope.free();
  }
}

/**
 * AdaLoRA's sensitivity of a run's modules: a weight's is |w · gradient|, smoothed, times how much it varies; a
 * triplet's is that of its singular value and the means over its row of A and its column of B; a module's is the mean
 * of its triplets. Null for other methods. The moving averages are the run's own.
 */
async function sensitivities(run: AdapterRun): Promise<number[] | null> {
  const { sensitivity } = adapterMethodOf(run.config);
  if (!sensitivity) return null;
  const { tensors } = await run.state();
  const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
  // The rows of A and columns of B of all triplets have one length: the mean over triplets is a mean over all.
  return unpack(run.modules, trainedOf(run.config), sensitivity(tensors)).map(
    ({ a, b, extra }) => mean(a) + mean(b) + (extra ? mean(extra) : 0),
  );
}

/** ‖∂L/∂·‖ over all that a module trains. */
const gradientNorm = ({ a, b, constant, extra }: ModuleAdapter) =>
  Math.hypot(...[a, b, constant, extra].map((values) => (values ? norm(values) : 0)));

/** A and B with what stands between them in B, so that ΔW = scaling · B A. */
function product(module: ModuleAdapter, run: AdapterRun): ModuleAdapter {
  const scales = adapterMethodOf(run.config).diagonal?.(module);
  return scales ? { ...module, b: module.b.map((v, i) => v * scales[i % scales.length]) } : module;
}

/**
 * Of every adapted module of a run: ‖W0‖, ‖ΔW‖ of its low-rank part, the norm of the mean loss's gradient with respect
 * to what is trained over the first `examples` training examples, and AdaLoRA's sensitivity.
 */
export async function measureModules(
  { model: { base }, trainer, data, batchSize }: Measurable,
  runId: RunId,
  examples: number,
): Promise<ModuleMeasure[]> {
  const run = trainer.run(runId);
  const sensitivity = await sensitivities(run);
  const batches = data.learnt(examples, batchSize);
  // Measuring leaves the gradients of all its batches behind; nothing steps on them.
  await trainer.evaluate([runId], batches, true);
  const [gradients, adapters] = [await run.gradients(), await run.adapters()];
  const out: ModuleMeasure[] = [];
  for (const [i, { layer, kind, path, dIn, dOut }] of run.modules.entries()) {
    out.push({
      layer,
      kind,
      parameters: rankOf(run.config) * (dIn + dOut),
      active: null,
      weight: await weightNorm(base, matrixOf(base.weights, { path }), dOut, dIn),
      change: changeNorm(product(adapters[i], run), scalingOf(run.config)),
      gradient: gradientNorm(gradients[i]),
      sensitivity: sensitivity?.[i] ?? null,
    });
  }
  return out;
}
