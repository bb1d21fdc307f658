/**
 * Proof that a GPU learns as it should: loss and gradients of one small batch, for a LoRA and a TS-LoRA run whose B is
 * not zero, beside the CPU engine's. ONNX Runtime proves the forward only.
 */
import { BaseModel } from '../engine/base';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import type { Device } from '../engine/device/device';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { fullLayout } from '../engine/plan';
import { Trainer } from '../engine/trainer';
import { type SessionConfig, defaultSession, isGated } from '../shared/config';
import { OutOfMemoryError, messageOf } from '../shared/errors';
import { Rng } from '../shared/rng';
import { message } from '../shared/message';
import { classBatch } from '../shared/classHead';
import { type ModelDescription, parameterCount, tellsClasses } from '../shared/model';
import type { ReadStored } from '../shared/quantised';
import type { GradientCheck, Sequence, TokenBatch } from '../shared/types';

/**
 * Largest differences that are let through. GPUs differ by 1e-6 in the loss and some 1e-5 of a gradient's largest
 * entry; one lost row of a sum is a hundredth and more.
 */
export const LOSS_TOLERANCE = 1e-4;
export const GRADIENT_TOLERANCE = 1e-3;
/** Of a larger model only the first layers and the last take part. */
const MOST_PARAMETERS = 50e6;
const FIRST_LAYERS = 2;
/** No token's r may lie closer to τ than this share of it: it could fall on either side. */
const MARGIN = 1e-3;
const ATTEMPTS = 6;

interface Learnt {
  losses: number[];
  gradients: { name: string; values: Float32Array }[];
}

/**
 * Compares `base`, on a GPU, with the same weights on the CPU engine.
 * @param read gives each tensor of the state dict
 * @param sequences what to learn from: two with classes, or one text of at least 4 tokens
 */
export async function checkGradients(
  base: BaseModel,
  read: ReadStored,
  sequences: readonly Sequence[],
  openCpu: () => Promise<Device> = () => openCpuDevice({ threads: 1 }),
): Promise<GradientCheck> {
  const part = partOf(base.config);
  const whole = part.layers.length === base.config.layers.length;
  let cpu: Device | null = null;
  let ours: BaseModel | null = null;
  try {
    cpu = await openCpu();
    const reference = new BaseModel(cpu, part, read);
    ours = whole ? base : await BaseModel.create(base.device, part, read);
    const batch = batchOf(part, sequences);
    const { learnt: expected, thresholds } = await learn(reference, batch, null);
    const { learnt } = await learn(ours, batch, thresholds);
    return {
      ...compareLearnt(learnt, expected),
      tokens: batch.ids.length,
      layers: part.layers.length,
      ofLayers: base.config.layers.length,
    };
  } catch (error) {
    // A browser that cannot run the CPU engine, or a machine without room for both: nothing was compared, and that is
    // said.
    if (cpu !== null && !(error instanceof OutOfMemoryError)) throw error;
    return { state: 'unchecked', why: cpu === null ? messageOf(error) : message('train.noRoomToCheck') };
  } finally {
    if (ours && !whole) ours.free();
    cpu?.destroy();
  }
}

/** A model of the layers that take part. */
function partOf(model: ModelDescription): ModelDescription {
  const { layers } = model;
  return parameterCount(model) <= MOST_PARAMETERS
    ? model
    : { ...model, layers: layers.filter((_, l) => l < FIRST_LAYERS || l === layers.length - 1) };
}

function sessionOf(maxSequenceLength: number): SessionConfig {
  const { train, runs } = defaultSession();
  return {
    train: { ...train, batchSize: 2, gradientAccumulationSteps: 1, maxSequenceLength },
    runs: runs.map((r) => ({ ...r, rank: 4, alpha: 8 })),
  };
}

/** Two sequences of different length, so that attention has to keep them apart. */
function batchOf(model: ModelDescription, sequences: readonly Sequence[]): TokenBatch {
  if (tellsClasses(model)) return classBatch(model.head, sequences.slice(0, 2), [0, 1]);
  const [{ ids }] = sequences;
  const starts = Uint32Array.of(0, Math.ceil(ids.length * 0.6), ids.length);
  const targets = ids.map((_, t) => (starts.includes(t + 1) ? -1 : ids[t + 1]));
  return { ids, targets, starts };
}

const longestOf = ({ starts }: TokenBatch): number =>
  starts.reduce((most, at, s) => Math.max(most, (starts[s + 1] ?? at) - at), 0);

/**
 * Loss and gradients of both runs.
 * @param given thresholds of the gated run; null looks for some that part the tokens of every module
 */
async function learn(
  base: BaseModel,
  batch: TokenBatch,
  given: Float32Array | null,
): Promise<{ learnt: Learnt; thresholds: Float32Array }> {
  const { train, runs } = sessionOf(longestOf(batch));
  const trainer = await Trainer.create(base, runs, train, fullLayout(base.config, runs.length, train));
  try {
    const rng = new Rng(train.seed);
    for (const run of trainer.runs) {
      const adapters = await run.adapters();
      run.load(adapters.map(({ a, b }) => ({ a, b: b.map(() => rng.uniform(-0.05, 0.05)) })));
      await run.refresh();
    }
    const gated = trainer.run(runs.find(isGated)!.id);
    const thresholds = given ?? (await partingThresholds(trainer, gated.config.id, batch));
    gated.method.setThresholds(thresholds);
    await gated.refresh();
    const names = runs.map((r) => r.id);
    const losses = (await trainer.evaluate(names, [batch], true)).map((r) => r.loss);
    const gradients: Learnt['gradients'] = [];
    for (const run of trainer.runs) {
      gradients.push(...(await run.gradients()).flatMap((m) => named(run.config.name, m)));
      for (const [name, values] of await run.wholeGradients())
        gradients.push({ name: `${run.config.name}, ${name}`, values });
    }
    const error = base.device.error();
    if (error) throw error;
    return { learnt: { losses, gradients }, thresholds };
  } finally {
    trainer.free();
  }
}

const named = (run: string, { path, a, b }: ModuleAdapter): Learnt['gradients'] => [
  { name: `${run}, A, ${path}`, values: a },
  { name: `${run}, B, ${path}`, values: b },
];

/**
 * A threshold for every module in the widest gap between its tokens' r. A gate below moves the r above it, so they are
 * looked for again until all stand clear; a module that does not get there keeps all its tokens.
 */
async function partingThresholds(trainer: Trainer, runId: string, batch: TokenBatch): Promise<Float32Array> {
  const { ids, starts, patches } = batch;
  const values = (patches?.length ?? 0) / ids.length;
  const run = trainer.run(runId);
  const tau = new Float32Array(run.modules.length);
  const ratios = async () => {
    run.method.setThresholds(tau);
    await run.refresh();
    const parts: Float32Array[] = [];
    for (let s = 0; s + 1 < starts.length; s++) {
      const [from, to] = [starts[s], starts[s + 1]];
      const own = patches?.slice(from * values, to * values);
      parts.push((await trainer.measurements.gateMap(runId, ids.slice(from, to), own)).ratio);
    }
    return run.modules.map((_, m) =>
      parts.flatMap((p) => {
        const tokens = p.length / run.modules.length;
        return [...p.subarray(m * tokens, (m + 1) * tokens)];
      }),
    );
  };
  const tight = (all: number[][]) =>
    all.flatMap((own, m) => (tau[m] > 0 && own.some((r) => Math.abs(r - tau[m]) < MARGIN * tau[m]) ? [m] : []));
  let close = run.modules.map((_, m) => m);
  for (let attempt = 0; close.length > 0 && attempt < ATTEMPTS; attempt++) {
    const all = await ratios();
    for (const m of close) tau[m] = widestGap(all[m]);
    close = tight(await ratios());
  }
  while (close.length > 0) {
    for (const m of close) tau[m] = 0;
    close = tight(await ratios());
  }
  return tau;
}

/** The middle of the widest gap, as a ratio, between the inner half of `values`. */
function widestGap(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [from, to] = [Math.floor(sorted.length / 4), Math.ceil((sorted.length * 3) / 4)];
  let best = from;
  for (let i = from; i + 1 < to; i++) if (sorted[i + 1] / sorted[i] > sorted[best + 1] / sorted[best]) best = i;
  return Math.sqrt(sorted[best] * sorted[best + 1]);
}

/** The worst of both, compared with the bars. What is not finite differs. */
function compareLearnt(ours: Learnt, expected: Learnt) {
  const lossError = worstOf(
    ours.losses.map((loss, i) => Math.abs(loss - expected.losses[i]) / Math.abs(expected.losses[i])),
  );
  const errors = expected.gradients.map(({ values }, i) => {
    const mine = ours.gradients[i].values;
    let [largest, difference] = [0, 0];
    for (let j = 0; j < values.length; j++) {
      largest = Math.max(largest, Math.abs(values[j]));
      difference = worstOf([difference, Math.abs(mine[j] - values[j])]);
    }
    return difference === 0 ? 0 : difference / largest;
  });
  const gradientError = worstOf(errors);
  return {
    state:
      lossError <= LOSS_TOLERANCE && gradientError <= GRADIENT_TOLERANCE ? ('agrees' as const) : ('differs' as const),
    lossError,
    lossTolerance: LOSS_TOLERANCE,
    gradientError,
    gradientTolerance: GRADIENT_TOLERANCE,
    worst: expected.gradients[errors.indexOf(gradientError)].name,
  };
}

const worstOf = (errors: readonly number[]): number => (errors.every(Number.isFinite) ? Math.max(...errors) : Infinity);
