/**
 * What every method must do, on the nano model, and TS-LoRA under every gate rule: made from METHODS and GATE_RULES, so
 * that a new one is covered without anyone remembering. A method starts as the base, learns, leaves the base alone, is
 * the same when repeated, when continued from its state, when read back from its files and when stacked with others;
 * and is merged or refused.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdapterRun } from '../engine/adapterRun';
import type { Bytes } from '../engine/runState';
import { hostSizes, placeOf, runSizes } from '../engine/runMemory';
import { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { total } from '../engine/model/activations';
import type { Layout } from '../engine/layout';
import { planTraining } from '../engine/plan';
import { expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { downloadModel } from '../hub/model';
import {
  GATE_RULES,
  METHODS,
  type RunConfig,
  drawsTokens,
  hasThresholds,
  isGated,
  isMergeable,
  runSchema,
  trainSchema,
} from '../shared/config';
import type { TokenBatch } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { readAdapter } from './readAdapter';
import { mergeModule } from './merge';
import { batchOf } from './testing/fixture';

const STEPS = 4;
const train = trainSchema.parse({ steps: STEPS, warmupSteps: 0, schedule: 'constant', learningRate: 1e-2 });
const layout = (segments: number): Layout => ({
  capacity: { rows: 70, supervised: 60, segments, headChunk: 64 },
  microBatches: 2,
  recompute: false,
});

const CASES: readonly Record<string, unknown>[] = [
  ...METHODS.map((method) => ({
    id: method,
    method,
    gate: { tauWarmup: 1, tauLearningRate: 0.05, sparsityPenalty: 20 },
    gatera: { entropyWeight: 0.5 },
    adalora: { initRank: 12, tinit: 0, tfinal: 1, beta1: 0.97, beta2: 0.97 },
  })),
  ...GATE_RULES.map((rule) => ({ id: rule, method: 'ts-lora', gate: { rule, tauWarmup: 1 } })),
  { id: 'token-dropout', method: 'lora', tokenDropout: 0.4 },
  // A soft threshold is another thing where Δ has a part along W0 x.
  {
    id: 'soft-dora',
    method: 'ts-dora',
    gate: { rule: 'soft', tauWarmup: 1, tauLearningRate: 0.002, sparsityPenalty: 1 },
  },
  // What skipped tokens get stands beside DoRA's m.
  { id: 'late-dora', method: 'ts-dora', gate: { rule: 'late', gateStart: 0.25, activeShare: 0.4 } },
];
const RUNS: RunConfig[] = CASES.map((given) =>
  runSchema.parse({
    name: given.id,
    rank: 4,
    alpha: 8,
    modules: ['q_proj', 'o_proj', 'up_proj', 'down_proj'],
    ...given,
  }),
);

let base: BaseModel;
let weights: (name: string) => Float32Array;
let batches: TokenBatch[];
/** Losses of each run alone, for the one that is stacked. */
const alone = new Map<string, number[]>();

beforeAll(async () => {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  weights = (name) => model.weights.get(name).data;
  base = new BaseModel(await testDevice(), model.config, weights);
  batches = [batchOf([13, 30, 1, 20], model.config.vocab, 1), batchOf([41], model.config.vocab, 2)];
});
afterAll(() => base.free());

/** Steps `from … to` of all runs; the losses of each. */
async function steps(trainer: Trainer, from: number, to: number): Promise<Map<string, number[]>> {
  const ids = trainer.runs.map((r) => r.config.id);
  const losses = new Map(ids.map((id) => [id, [] as number[]]));
  for (let step = from; step < to; step++) {
    const results = await trainer.step(ids, step % 2 ? batches : [batches[0]], step);
    for (const id of ids) losses.get(id)!.push((await results.get(id)!).loss);
  }
  return losses;
}

/** Logits of a text under an adapter (null is the base), all positions behind one another. */
async function logits(on: BaseModel, run: AdapterRun | null): Promise<number[]> {
  const ids = batches[1].ids;
  const generator = await Generator.create(on, [run], ids.length);
  const [rows] = await generator.logits(ids);
  generator.free();
  return rows.flatMap((row) => [...row]);
}

describe.each(RUNS)('$id', (run) => {
  it('starts as the base, learns, leaves the base alone, and repeats', async () => {
    const { device, config } = base;
    const before = device.buffers.live();
    const first = await Trainer.create(base, [run], train, layout(1));
    const planned = planTraining(config, [run], { train, layout: layout(1), weightBytes: 0 }).reduce(
      (sum, item) => sum + item.bytes,
      0,
    );
    expect(Math.abs((device.buffers.live().bytes - before.bytes) / planned - 1), 'plan and allocation').toBeLessThan(
      0.05,
    );

    const evaluate = async (id: string | null) => (await first.evaluate([id], batches))[0].loss;
    const ofBase = await evaluate(null);
    expect(await evaluate(run.id), 'at the start it is the base').toBe(ofBase);
    const early = (await steps(first, 0, 2)).get(run.id)!;
    const state = await first.run(run.id).state();
    const host = hostSizes(config, run, placeOf(run, [run], train, layout(1)));
    const bytesIn = (tensors: Bytes) => Object.values(tensors).reduce((sum, { byteLength }) => sum + byteLength, 0);
    // Tensors of a few bytes are not planned.
    expect(Math.abs(bytesIn(await first.run(run.id).point()) - host.point), 'what it goes back to').toBeLessThan(64);
    expect(Math.abs(bytesIn(state.tensors) + host.point - host.state), 'a checkpoint').toBeLessThan(64);
    const losses = [...early, ...(await steps(first, 2, STEPS)).get(run.id)!];
    alone.set(run.id, losses);
    const learnt = await evaluate(run.id);
    expect(learnt, 'it learns').toBeLessThan(ofBase - 0.01);
    expect(await evaluate(null), 'without it there is the base').toBe(ofBase);

    first.free();

    const repeated = await Trainer.create(base, [run], train, layout(1));
    expect((await steps(repeated, 0, STEPS)).get(run.id), 'the same when repeated').toEqual(losses);
    repeated.free();

    const continued = await Trainer.create(base, [run], train, layout(1));
    continued.run(run.id).restore(structuredClone(state));
    await continued.run(run.id).refresh();
    expect((await steps(continued, 2, STEPS)).get(run.id), 'the same when continued from its state').toEqual(
      losses.slice(2),
    );
    expect((await continued.evaluate([run.id], batches))[0].loss, 'and so it ends').toBe(learnt);
    continued.free();
    expect(device.buffers.live()).toEqual(before);
    expect(device.error()).toBeNull();
  });

  it('keeps its best adapter in as much memory as was planned for it', () => {
    const { buffers } = base.device;
    const bytes = (loadBestCheckpoint: boolean) => {
      const place = placeOf(run, [run], { loadBestCheckpoint, steps: STEPS }, layout(1));
      const before = buffers.live().bytes;
      const one = new AdapterRun(base, run, train, { place });
      const taken = buffers.live().bytes - before;
      one.free();
      return { taken, planned: total(runSizes(base.config, run, place)) };
    };
    const [plain, keeping] = [bytes(false), bytes(true)];
    // Tensors of a few bytes are not planned.
    expect(Math.abs(keeping.taken - plain.taken - (keeping.planned - plain.planned))).toBeLessThan(64);
  });

  it('comes back from its files, and merges or is refused', async () => {
    const { device, config } = base;
    const trainer = await Trainer.create(base, [run], train, layout(1));
    await steps(trainer, 0, STEPS);
    const trained = trainer.run(run.id);
    const expected = await logits(base, trained);
    const [adapters, thresholds] = [await trained.adapters(), await trained.method.thresholds()];
    expect(thresholds !== null).toBe(isGated(run) && hasThresholds(run.gate));
    const written = () =>
      adapterFiles({
        run,
        model: { id: 'nano', revision: null },
        adapters,
        thresholds,
        template: { prompt: '', completion: '' },
        check: null,
      });
    const merged = () =>
      new Map(adapters.map((m) => [`${m.path}.weight`, mergeModule(run, m, weights(`${m.path}.weight`))]));
    if (drawsTokens(run)) {
      expect(written).toThrow('no threshold to export');
      expect(merged).toThrow('cannot be merged');
      trainer.free();
      return;
    }
    const files = written();
    const imported = readAdapter(files, config, 'imported');
    const again = new AdapterRun(base, imported.run, train);
    await again.init();
    again.load(imported.adapters);
    if (imported.thresholds) again.method.setThresholds(imported.thresholds);
    await again.refresh();
    expectCloseToMax(await logits(base, again), expected, 1e-6, 'logits of the adapter that was read');
    again.free();

    if (!isMergeable(run)) {
      expect(merged).toThrow('cannot be merged');
    } else {
      const own = merged();
      const on = new BaseModel(device, config, (name) => own.get(name) ?? weights(name));
      expectCloseToMax(await logits(on, null), expected, 1e-5, 'logits of the merged model');
      on.free();
      expect(await logits(base, null), 'which is not the base').not.toEqual(expected);
    }
    trainer.free();
  });
});

it('all stacked: each as alone', async () => {
  const trainer = await Trainer.create(base, RUNS, train, layout(RUNS.length));
  const losses = await steps(trainer, 0, STEPS);
  for (const { id } of RUNS) expect(losses.get(id), id).toEqual(alone.get(id));
  trainer.free();
});
