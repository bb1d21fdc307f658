/**
 * However training is laid out in memory, it computes the same: runs stacked or in turns, layers kept or computed anew.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BaseModel } from '../engine/base';
import { adaptedModules } from '../engine/model/modules';
import type { Layout } from '../engine/layout';
import { planTraining } from '../engine/plan';
import { expectClose } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { type StepResult, Trainer } from '../engine/trainer';
import { runSchema, trainSchema } from '../shared/config';
import { settled } from './testing/results';
import { batchOf, openBase } from './testing/fixture';

const runs = [
  runSchema.parse({ id: 'lora', name: 'LoRA', method: 'lora' }),
  runSchema.parse({
    id: 'ts',
    name: 'TS-LoRA',
    method: 'ts-lora',
    gate: { tauWarmup: 1, tauLearningRate: 0.05, sparsityPenalty: 20 },
  }),
  runSchema.parse({
    id: 'small',
    name: 'small',
    method: 'ts-lora',
    rank: 3,
    dropout: 0.1,
    modules: ['q_proj', 'down_proj'],
    gate: { tauWarmup: 1, tauLearningRate: 0.05, sparsityPenalty: 20 },
  }),
  runSchema.parse({ id: 'dora', name: 'DoRA', method: 'dora', rank: 4, modules: ['k', 'up', 'down'] }),
  runSchema.parse({
    id: 'ts-dora',
    name: 'TS-DoRA',
    method: 'ts-dora',
    rank: 4,
    modules: ['q_proj', 'o_proj', 'down_proj'],
    gate: { tauWarmup: 1, tauLearningRate: 0.05, sparsityPenalty: 20 },
  }),
  runSchema.parse({ id: 'mlp', name: 'mlp', method: 'lora', rank: 12, dropout: 0.3, modules: ['gate', 'up'] }),
];
const ids = runs.map((r) => r.id);
const train = trainSchema.parse({ warmupSteps: 0, schedule: 'constant', learningRate: 1e-2 });

const layout = (segments: number, recompute: boolean, headChunk = 64): Layout => ({
  capacity: { rows: 70, supervised: 60, segments, headChunk },
  microBatches: 2,
  recompute,
});

let base: BaseModel;
beforeAll(async () => {
  base = await openBase(await testDevice(), 'sieve-stories-nano');
});
afterAll(() => base.free());

/** Batches in two parts: 64 rows become 43 and 21. */
const halves: Layout = {
  capacity: { rows: 43, supervised: 34, segments: 1, headChunk: 64 },
  microBatches: 4,
  split: 2,
  recompute: true,
};

async function losses(
  how: Layout,
): Promise<{ steps: StepResult[][]; evals: number[]; parameters: (Float32Array | undefined)[] }> {
  const { device, config } = base;
  const before = device.buffers.live();
  const trainer = await Trainer.create(base, runs, train, how);
  const planned = planTraining(config, runs, { train, layout: how, weightBytes: 0 }).reduce(
    (sum, i) => sum + i.bytes,
    0,
  );
  expect(Math.abs((device.buffers.live().bytes - before.bytes) / planned - 1), 'plan and allocation').toBeLessThan(
    0.05,
  );
  const batches = [batchOf([13, 30, 1, 20], config.vocab, 1), batchOf([41], config.vocab, 2)];
  const steps: StepResult[][] = [];
  for (let step = 0; step < 4; step++) {
    const results = await trainer.step(ids, step % 2 ? batches : [batches[0]], step);
    steps.push(await settled(results, ids));
  }
  const evals = (await trainer.evaluate([null, ...ids].slice(0, how.capacity.segments), batches)).map((e) => e.loss);
  const parameters = (await Promise.all(['ts', 'ts-dora'].map((id) => trainer.run(id).adapters())))
    .flat()
    .flatMap(({ a, b, extra }) => [a, b, extra]);
  trainer.free();
  expect(device.buffers.live()).toEqual(before);
  expect(device.error()).toBeNull();
  return { steps, evals, parameters };
}

it('stacked, in turns, or with layers computed anew: bit for bit the same', async () => {
  const alone = await losses(layout(1, false));
  expect(alone.steps.flat().every((r) => Number.isFinite(r.loss))).toBe(true);
  for (const id of ['ts', 'ts-dora']) {
    const last = alone.steps.at(-1)![ids.indexOf(id)].gate!;
    const share = last.active.reduce((a, b) => a + b) / last.tokens.reduce((a, b) => a + b);
    expect(share, `${id}: some tokens are skipped, some are not`).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.95);
  }
  // Work is counted from the dispatches: LoRA's is what LoRA takes, and DoRA's row norms come on top, once a step.
  for (const result of alone.steps.map((step) => step[ids.indexOf('lora')]))
    expect(result.work.done).toBe(result.work.dense);
  const norms = adaptedModules(base.config, runs[3]).reduce((sum, m) => sum + 4 * m.dIn * (m.dOut + 4), 0);
  for (const result of alone.steps.map((step) => step[3])) expect(result.work.done).toBe(result.work.dense + norms);
  for (const how of [layout(6, false), layout(3, false, 128), layout(6, true), layout(1, true)]) {
    const other = await losses(how);
    // A layer that is recomputed is more work, and counted.
    const learnt = (steps: StepResult[][]) =>
      steps.map((step) => step.map(({ work, ...result }) => ({ ...result, work: how.recompute ? null : work })));
    expect(learnt(other.steps), JSON.stringify(how)).toEqual(learnt(alone.steps));
    expect(other.parameters).toEqual(alone.parameters);
    expect(other.evals[0]).toBe(alone.evals[0]);
  }
  // Batches in parts add their gradients up in another order; dropout drops the same.
  const parts = await losses(halves);
  const numbers = (steps: StepResult[][]) => steps.flat().flatMap((r) => [r.loss, r.gradNorm, r.tokens, r.supervised]);
  expectClose(numbers(parts.steps), numbers(alone.steps), { rtol: 2e-4 }, 'loss and gradient norm of parts');
  expectClose(parts.evals, alone.evals.slice(0, 1), { rtol: 1e-6 }, 'evaluation of parts');
});

it('gates that choose among the tokens of a batch choose the same when it is cut', async () => {
  const chosen = [
    runSchema.parse({
      id: 'quantile',
      name: 'quantile',
      method: 'ts-lora',
      dropout: 0.1,
      gate: { rule: 'quantile', activeShare: 0.4 },
    }),
    runSchema.parse({ id: 'random', name: 'random', method: 'ts-lora', gate: { rule: 'random', follows: 'quantile' } }),
    runSchema.parse({
      id: 'alone',
      name: 'alone',
      method: 'ts-dora',
      gate: { rule: 'random', follows: null, activeShare: 0.3 },
    }),
  ];
  const names = chosen.map((r) => r.id);
  const batches = [batchOf([13, 30, 1, 20], base.config.vocab, 1), batchOf([41, 29], base.config.vocab, 2)];
  const learn = async (how: Layout) => {
    const trainer = await Trainer.create(base, chosen, train, how);
    const steps: StepResult[][] = [];
    for (let step = 0; step < 3; step++) steps.push(await settled(await trainer.step(names, batches, step), names));
    // A look for what is not finite repeats a step, and a quantile gate's past is no step longer.
    for (const id of names) {
      const before = await trainer.run(id).point();
      expect(await trainer.firstNonFinite(id, batches, 2)).toBeNull();
      expect(await trainer.run(id).point(), `${id} after a look`).toEqual(before);
    }
    // Evaluated one by one, as few runs share a pass.
    const evals = [];
    for (const id of names) evals.push(...(await trainer.evaluate([id], batches, true)));
    const losses = await trainer.measurements.targetLosses(names, batches[0]);
    const thresholds = await trainer.run('quantile').method.thresholds();
    trainer.free();
    return { steps: steps.flat(), evals, losses, thresholds: [...thresholds!] };
  };
  const [whole, cut] = [await learn(layout(1, true)), await learn(halves)];
  const counts = (of: typeof whole) => [...of.steps, ...of.evals].map((r) => [...r.gate!.active]);
  expect(counts(cut)).toEqual(counts(whole));
  const losses = (of: typeof whole) => [...of.steps, ...of.evals].map((r) => r.loss);
  expectClose(losses(cut), losses(whole), { rtol: 1e-5 }, 'losses');
  expectClose(
    cut.losses.flatMap((l) => [...l]),
    whole.losses.flatMap((l) => [...l]),
    { rtol: 1e-3 },
    'of each target',
  );
  expectClose(cut.thresholds, whole.thresholds, { rtol: 1e-3 }, 'thresholds');
});
