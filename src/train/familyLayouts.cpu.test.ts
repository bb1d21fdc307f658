/**
 * However a model's layers are built (halves side by side, norms after them, fused projections), training computes the
 * same in every layout of memory, and a module learns the same whatever else is adapted: the backward stops where it
 * may.
 */
import { expect, it } from 'vitest';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import type { BaseModel } from '../engine/base';
import type { Layout } from '../engine/layout';
import { planTraining } from '../engine/plan';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { type RunConfig, runSchema, trainSchema } from '../shared/config';
import { allModules, moduleName } from '../shared/model';
import { openFamily } from './testing/family';
import { batchOf } from './testing/fixture';

/** Those that differ in how a layer is built. */
const FAMILIES = ['gemma3_text', 'gpt2', 'gpt_neox', 'granite', 'phi'];

const train = trainSchema.parse({ warmupSteps: 0, schedule: 'constant', learningRate: 1e-2 });
const layout = (segments: number, recompute: boolean): Layout => ({
  capacity: { rows: 24, supervised: 20, segments, headChunk: 64 },
  microBatches: 1,
  recompute,
});
const run = (id: string, change: Partial<RunConfig> = {}) =>
  runSchema.parse({ id, name: id, method: 'lora', rank: 2, alpha: 4, ...change });

/** Three losses of every run, to the last bit. */
async function losses(base: BaseModel, runs: RunConfig[], how: Layout): Promise<string[]> {
  const before = base.device.buffers.live().bytes;
  const trainer = await Trainer.create(base, runs, train, how);
  const planned = planTraining(base.config, runs, { train, layout: how, weightBytes: 0 }).reduce(
    (sum, { bytes }) => sum + bytes,
    0,
  );
  expect(Math.abs((base.device.buffers.live().bytes - before) / planned - 1), 'plan and allocation').toBeLessThan(0.1);
  const ids = runs.map(({ id }) => id);
  const lines = ids.map((id) => id);
  for (let step = 0; step < 3; step++) {
    const results = await trainer.step(ids, [batchOf([7, 13, 1], base.config.vocab, step)], step);
    for (const [i, id] of ids.entries()) lines[i] += ` ${(await results.get(id)!).loss}`;
  }
  trainer.free();
  return lines;
}

/** Gradients of a step, by the modules' paths. */
async function gradients(base: BaseModel, config: RunConfig): Promise<Map<string, ModuleAdapter>> {
  const trainer = await Trainer.create(base, [config], train, layout(1, false));
  await trainer.evaluate([config.id], [batchOf([7, 13, 1], base.config.vocab, 1)], true);
  const found = await trainer.run(config.id).gradients();
  trainer.free();
  return new Map(found.map((m) => [m.path, m]));
}

it.each(FAMILIES)('%s: in one pass, in turns and computed anew', async (name) => {
  const base = await openFamily(await testDevice(), name);
  const runs = [
    run('lora'),
    run('ts', { method: 'ts-lora' }),
    run('dora', { method: 'dora', rank: 4 }),
    run('last', { only: [moduleName(allModules(base.config).at(-1)!)] }),
  ];
  const expected = await losses(base, runs, layout(runs.length, false));
  for (const how of [layout(1, false), layout(2, true), layout(1, true)])
    expect(await losses(base, runs, how), JSON.stringify(how)).toEqual(expected);
  base.free();
});

it.each(FAMILIES)('%s: a module alone has the gradients that it has among all', async (name) => {
  const base = await openFamily(await testDevice(), name);
  const all = await gradients(base, run('all'));
  expect(all.size).toBe(allModules(base.config).length);
  for (const m of allModules(base.config)) {
    const alone = await gradients(base, run('alone', { only: [moduleName(m)] }));
    expect([...alone.keys()]).toEqual([m.path]);
    expect(alone.get(m.path)!.b, m.path).toEqual(all.get(m.path)!.b);
    expect(alone.get(m.path)!.b.some((v) => v !== 0)).toBe(true);
  }
  base.free();
});
