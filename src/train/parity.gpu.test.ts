/**
 * The CPU engine beside the GPU's kernels, in one page: every method takes a few steps on both, and with the same
 * adapter both give the same logits, gates and gradients.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { Generator } from '../engine/generator';
import type { Layout } from '../engine/layout';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { downloadModel } from '../hub/model';
import type { ModuleValues } from '../engine/adapters/parameters';
import { METHODS, isGated, runSchema, trainSchema } from '../shared/config';
import { Rng } from '../shared/rng';
import type { TokenBatch } from '../shared/types';
import type { OpenModel } from './openModel';
import { Twin } from './sieve/twin';
import { batchOf, sequence } from './testing/fixture';

const STEPS = 5;
const train = trainSchema.parse({ steps: STEPS, warmupSteps: 2, learningRate: 5e-3 });
const layout: Layout = {
  capacity: { rows: 70, supervised: 60, segments: 1, headChunk: 64 },
  microBatches: 1,
  recompute: false,
};
/** r this near to τ may fall on either side. */
const TIE = 1e-5;

let bases: BaseModel[];
let batches: TokenBatch[];

beforeAll(async () => {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  const devices = [await testDevice(), await openCpuDevice({ threads: 1 })];
  bases = devices.map((device) => new BaseModel(device, model.config, (name) => model.weights.get(name).data));
  batches = [batchOf([13, 30, 1, 20], model.config.vocab, 1), batchOf([41], model.config.vocab, 2)];
});
afterAll(() => {
  for (const base of bases) base.free();
});

it.each(METHODS)('%s: the same on the CPU', async (method) => {
  const adalora = { initRank: 12, tinit: 0, tfinal: 1, beta1: 0.97, beta2: 0.97 };
  const run = runSchema.parse({
    id: 'run',
    name: 'run',
    method,
    rank: 4,
    alpha: 8,
    gate: { tauWarmup: 1, tauLearningRate: 0.05, sparsityPenalty: 20 },
    adalora,
  });
  const trainers = await Promise.all(bases.map((base) => Trainer.create(base, [run], train, layout)));
  const losses: number[][] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    for (const [i, trainer] of trainers.entries())
      losses[i].push((await (await trainer.step(['run'], [batches[step % 2]], step)).get('run')!).loss);
  }
  expectClose(losses[1], losses[0], { rtol: 1e-5 }, 'losses');

  const [gpu, cpu] = trainers;
  cpu.run('run').restore(structuredClone(await gpu.run('run').state()));
  await cpu.run('run').refresh();
  const [batch] = batches;
  const seen = await Promise.all(
    trainers.map(async (trainer) => {
      const [{ loss, gate }] = await trainer.evaluate(['run'], [batch], true);
      return { loss, tau: gate?.tau ?? null, gradients: await trainer.run('run').gradients() };
    }),
  );
  expectClose([seen[1].loss], [seen[0].loss], { rtol: 1e-6 }, 'loss');
  seen[1].gradients.forEach((g, i) => {
    const onGpu = seen[0].gradients[i];
    expect(Object.keys(g).sort()).toEqual(Object.keys(onGpu).sort());
    for (const which of ['a', 'b', 'constant', 'extra'] as const)
      if (g[which]) expectCloseToMax(g[which], onGpu[which]!, 1e-4, `gradient of ${which}, ${g.path}`);
  });

  const { ids } = sequence(batch, 1);
  const [expected, got] = await Promise.all(
    trainers.map(async (trainer) => {
      const generator = await Generator.create(trainer.base, [trainer.run('run')], ids.length);
      const [rows] = await generator.logits(ids);
      generator.free();
      return rows.flatMap((row) => [...row]);
    }),
  );
  expectCloseToMax(got, expected, 1e-5, 'logits');

  if (isGated(run)) {
    const [ofGpu, ofCpu] = await Promise.all(trainers.map((trainer) => trainer.measurements.gateMap('run', ids)));
    const tied = (i: number) => Math.abs(ofGpu.ratio[i] - seen[0].tau![Math.floor(i / ids.length)]) <= TIE;
    expect(ofCpu.active.filter((_, i) => !tied(i))).toEqual(ofGpu.active.filter((_, i) => !tied(i)));
    expect(new Set(ofGpu.active).size, 'some tokens are active, some skipped').toBe(2);
  }
  for (const trainer of trainers) trainer.free();
});

it('what each update of a late gate is worth: the same on the CPU', async () => {
  const run = runSchema.parse({ id: 'run', name: 'run', method: 'ts-lora', rank: 4, alpha: 8, gate: { rule: 'late' } });
  const [batch] = batches;
  const rng = new Rng(3);
  const random = (length: number, scale: number) => Float32Array.from({ length }, () => rng.uniform(-scale, scale));
  let values: ModuleValues[] | null = null;
  let tau: Float32Array | null = null;
  const worths: Float64Array[] = [];
  for (const base of bases) {
    const trainer = await Trainer.create(base, [run], train, layout);
    const adapter = trainer.run('run');
    values ??= adapter.modules.map((m) => ({
      a: random(4 * m.dIn, 0.2),
      b: random(4 * m.dOut, 0.1),
      constant: random(m.dOut, 0.05),
    }));
    adapter.load(values);
    await adapter.refresh();
    const settings = { ...train, batchSize: 2, maxSequenceLength: 35 };
    const twin = await Twin.open({ base, tokenizer: { entries: base.config.vocab } } as OpenModel, adapter, settings);
    const [ratio] = await twin.trainer.measurements.ratios('run', [batch]);
    const tokens = batch.ids.length;
    // Between two r, far from both.
    tau ??= Float32Array.from(adapter.modules, (_, m) => {
      const sorted = ratio.slice(m * tokens, (m + 1) * tokens).sort();
      const gaps = Array.from({ length: tokens / 2 }, (_, i) => i + tokens / 4);
      const at = gaps.reduce((a, b) => (sorted[b + 1] - sorted[b] > sorted[a + 1] - sorted[a] ? b : a));
      return (sorted[at] + sorted[at + 1]) / 2;
    });
    worths.push((await twin.attribution([batch], { points: 2, tau }))[0]);
    twin.free();
    trainer.free();
  }
  expectCloseToMax(worths[1], worths[0], 1e-4, 'nats');
});
