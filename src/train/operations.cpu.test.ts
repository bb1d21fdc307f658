/**
 * What a change of form must not change: the operations of a step of LoRA, TS-LoRA and DoRA, on a GPU and on the CPU,
 * and the bits of ten losses of every method and gate rule on the CPU engine. Both are written down in
 * testing/operations; `npx vitest run --project cpu src/train/operations.cpu.test.ts -u` writes them anew, on purpose.
 */
import { beforeAll, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import type { Layout } from '../engine/layout';
import { testDevice } from '../engine/testing/harness';
import { listingDevice } from '../engine/testing/listingDevice';
import { Trainer } from '../engine/trainer';
import { type DownloadedModel, downloadModel } from '../hub/model';
import { GATE_RULES, METHODS, runSchema, trainSchema } from '../shared/config';
import type { TokenBatch } from '../shared/types';
import { batchOf } from './testing/fixture';

const STEPS = 10;
const layout = (segments: number): Layout => ({
  capacity: { rows: 24, supervised: 20, segments, headChunk: 64 },
  microBatches: 1,
  recompute: false,
});
const train = trainSchema.parse({ steps: STEPS, warmupSteps: 1, learningRate: 1e-2 });
const SMALL = { rank: 4, alpha: 8 };

let model: DownloadedModel;
let batches: TokenBatch[];

beforeAll(async () => {
  model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  batches = [batchOf([7, 13, 1], model.config.vocab, 1), batchOf([17], model.config.vocab, 2)];
});

it.each(
  (['lora', 'ts-lora', 'dora'] as const).flatMap((method) =>
    (['gpu', 'cpu'] as const).map((kind) => ({ method, kind })),
  ),
)('$method on the $kind', async ({ method, kind }) => {
  const { device, lines } = listingDevice(kind);
  // Two layers have all that differs: a lowest one, and one above it.
  const base = new BaseModel(
    device,
    { ...model.config, layers: model.config.layers.slice(0, 2) },
    (name) => model.weights.get(name).data,
  );
  // DoRA has twice as many operations a module: three modules of three shapes keep its list short.
  const modules = method === 'dora' ? ['q_proj', 'k_proj', 'down_proj'] : undefined;
  const run = runSchema.parse({ id: 'run', name: 'run', method, ...SMALL, modules });
  const trainer = await Trainer.create(base, [run], train, layout(1));
  await (await trainer.step(['run'], [batches[0]], 0)).get('run');
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`testing/operations/${method}-${kind}.txt`);
});

it('ten losses of every method and gate rule', async () => {
  const runs = [
    ...METHODS.map((method) => ({ id: method, method, gate: { tauWarmup: 1, sparsityPenalty: 20 } })),
    ...GATE_RULES.map((rule) => ({ id: rule, method: 'ts-lora', gate: { rule, tauWarmup: 1, eta: 'auto' as const } })),
    { id: 'dropout', method: 'lora', dropout: 0.1 },
    { id: 'token-dropout', method: 'lora', tokenDropout: 0.3 },
  ].map((run) => runSchema.parse({ name: run.id, ...SMALL, adalora: { tinit: 1, tfinal: 2 }, ...run }));
  const base = new BaseModel(await testDevice(), model.config, (name) => model.weights.get(name).data);
  const trainer = await Trainer.create(base, runs, train, layout(runs.length));
  const ids = runs.map(({ id }) => id);
  const lines = ids.map((id) => [id]);
  for (let step = 0; step < STEPS; step++) {
    const results = await trainer.step(ids, [batches[step % 2]], step);
    for (const [i, id] of ids.entries()) lines[i].push(String((await results.get(id)!).loss));
  }
  trainer.free();
  base.free();
  await expect(`${lines.map((line) => line.join(' ')).join('\n')}\n`).toMatchFileSnapshot(
    'testing/operations/losses.txt',
  );
});
