/**
 * "Shrink after training": the scale is found on the dev split, kept in a run's state, and leaves as a smaller alpha.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdapterRun } from '../engine/adapterRun';
import { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { downloadModel } from '../hub/model';
import { METHODS, type MethodName, isMergeable, runSchema, trainSchema } from '../shared/config';
import type { TokenBatch } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { readAdapter } from './readAdapter';
import { mergeModule } from './merge';
import { shrink } from './shrink';
import { batchOf } from './testing/fixture';

const train = trainSchema.parse({ steps: 6, warmupSteps: 0, schedule: 'constant', learningRate: 3e-2, devShare: 0.1 });
const layout = {
  capacity: { rows: 70, supervised: 60, segments: 1, headChunk: 64 },
  microBatches: 1,
  recompute: false,
};

let base: BaseModel;
let weights: (name: string) => Float32Array;
let batches: TokenBatch[];
let dev: TokenBatch[];

beforeAll(async () => {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  weights = (name) => model.weights.get(name).data;
  base = new BaseModel(await testDevice(), model.config, weights);
  // The dev split has one text that was trained on and one that was not: somewhere in between is best.
  batches = [batchOf([31, 20], model.config.vocab, 1)];
  dev = [...batches, batchOf([27, 13], model.config.vocab, 9)];
});
afterAll(() => base.free());

async function logits(on: BaseModel, run: AdapterRun | null): Promise<number[]> {
  const { ids } = batches[0];
  const generator = await Generator.create(on, [run], ids.length);
  const [rows] = await generator.logits(ids);
  generator.free();
  return rows.flatMap((row) => [...row]);
}

async function trained(method: MethodName): Promise<Trainer> {
  const config = runSchema.parse({ id: 'run', name: 'run', method, rank: 4, alpha: 8, gate: { tauWarmup: 1 } });
  const trainer = await Trainer.create(base, [config], train, layout);
  for (let step = 0; step < train.steps; step++) await (await trainer.step(['run'], batches, step)).get('run');
  return trainer;
}

it('finds a scale at which the dev loss is lower, and stays there', async () => {
  const trainer = await trained('lora');
  const run = trainer.run('run');
  const loss = async () => (await trainer.evaluate(['run'], dev))[0].loss;
  const before = await loss();
  expect(run.scale).toBeNull();
  const found = await shrink(run, loss);
  expect(found.before).toBe(before);
  expect(found.loss).toBeLessThan(before);
  expect(found.scale).toBeGreaterThan(0);
  expect(found.scale).toBeLessThan(1);
  expect((found.scale * 16) % 1).toBe(0);
  expect(await loss()).toBe(found.loss);
  trainer.free();
});

it.each(METHODS)('%s: a scale is kept in a state, and leaves in files as a smaller alpha', async (method) => {
  const trainer = await trained(method);
  const run = trainer.run('run');
  const config = run.config;
  const [whole, tau] = [await run.adapters(), await run.method.thresholds()];
  const found = { scale: 0.625 };
  await run.rescale(async (at) => {
    await at(0.25);
    return found.scale;
  });
  const loss = (await trainer.evaluate(['run'], dev))[0].loss;
  expect(run.scale).toBe(found.scale);
  const now = await run.adapters();
  expect([...now[3].b]).toEqual([...whole[3].b].map((v) => Math.fround(v * found.scale)));
  expect([...now[3].a]).toEqual([...whole[3].a]);
  if (tau) expect([...(await run.method.thresholds())!]).toEqual([...tau].map((t) => Math.fround(t * found.scale)));

  // A saved session goes on with the scale that was found.
  const state = await run.state();
  const again = await Trainer.create(base, [config], train, layout);
  again.run('run').restore(structuredClone(state));
  await again.run('run').refresh();
  expect(again.run('run').scale).toBe(found.scale);
  expect((await again.evaluate(['run'], dev))[0].loss).toBe(loss);
  again.free();

  const expected = await logits(base, run);
  const { run: exported, adapters } = await run.exported();
  expect(exported.alpha).toBe(config.alpha * found.scale);
  const files = adapterFiles({
    run: exported,
    model: { id: 'nano', revision: null },
    adapters,
    thresholds: await run.method.thresholds(),
    template: { prompt: '', completion: '' },
    check: null,
  });
  const written = JSON.parse(new TextDecoder().decode(files.find((f) => f.name === 'adapter_config.json')!.bytes));
  expect(written.lora_alpha).toBe(config.alpha * found.scale);
  const read = readAdapter(files, base.config, 'read');
  const back = new AdapterRun(base, read.run, train);
  await back.init();
  back.load(read.adapters);
  if (read.thresholds) back.method.setThresholds(read.thresholds);
  await back.refresh();
  expectCloseToMax(await logits(base, back), expected, 1e-5, 'logits of the adapter that was read');
  back.free();
  if (isMergeable(exported)) {
    const merged = new Map(
      adapters.map((m) => [`${m.path}.weight`, mergeModule(exported, m, weights(`${m.path}.weight`))]),
    );
    const on = new BaseModel(base.device, base.config, (name) => merged.get(name) ?? weights(name));
    expectCloseToMax(await logits(on, null), expected, 1e-5, 'logits of the merged model');
    on.free();
  }
  trainer.free();
});

it('never makes the dev loss worse, and leaves the run as it was where a look fails', async () => {
  const trainer = await trained('lora');
  const run = trainer.run('run');
  const before = await run.adapters();
  const looks: number[] = [];
  expect(await shrink(run, async () => looks.push(0))).toEqual({ scale: 1, loss: 1, before: 1 });
  expect(await run.adapters()).toEqual(before);
  await expect(shrink(run, async () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(await run.adapters()).toEqual(before);
  trainer.free();
});
