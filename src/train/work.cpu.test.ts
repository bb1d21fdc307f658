/**
 * Multiply-adds of a step under the gates that do more than leave updates out, and GateRA: what is counted from the
 * dispatches is what the active tokens take, so that a skipped one costs A x and Bᵀg and nothing else. On the nano
 * model.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BaseModel } from '../engine/base';
import { padRank } from '../engine/adapters/parameters';
import { activeTileRows } from '../engine/kernels/matmul/matmul';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { runSchema, trainSchema } from '../shared/config';
import { ratioQuantile } from '../shared/ratio';
import { RATIO_BINS } from '../shared/types';
import { batchOf, openBase } from './testing/fixture';

const RANK = 3;
const rPad = padRank(RANK);
const T = 61;
const train = trainSchema.parse({ steps: 40, warmupSteps: 0, learningRate: 1e-30 });

let base: BaseModel;
beforeAll(async () => {
  base = await openBase(await testDevice(), 'sieve-stories-nano');
});
afterAll(() => base.free());

/** Of a module: its widths, that of the input gradient that something below needs, and its active tokens. */
interface Module {
  dIn: number;
  dOut: number;
  dx: number;
  active: number;
}

const tiled = (rows: number) => Math.ceil(rows / activeTileRows(base.device)) * activeTileRows(base.device);
/** A x and Bᵀg of all tokens; B z and dx of the tiles that have an active one; dB and dA of active ones. */
const behindGate = ({ dIn, dOut, dx, active }: Module) =>
  rPad * (T * (dIn + dOut) + tiled(active) * (dOut + dx) + active * (dIn + dOut));
/** dB gets s² B Σ a z zᵀ, once a step. */
const moment = ({ dOut }: Module) => dOut * rPad ** 2;
/** Once a step the row norms, A W0ᵀ and A Aᵀ; ‖Δ‖ asks for B̂ z of all tokens. */
const dora = ({ dIn, dOut }: Module) => rPad * dIn * (dOut + rPad) + rPad * T * dOut;

const CASES: { name: string; run: object; work: (m: Module) => number }[] = [
  { name: 'ts-lora', run: { method: 'ts-lora' }, work: behindGate },
  {
    name: 'soft',
    run: { method: 'ts-lora', gate: { rule: 'soft' } },
    work: (m) => behindGate(m) + moment(m),
  },
  { name: 'late', run: { method: 'ts-lora', gate: { rule: 'late', gateStart: 0.9 } }, work: behindGate },
  {
    name: 'late, DoRA',
    run: { method: 'ts-dora', gate: { rule: 'late', gateStart: 0.9 } },
    work: (m) => behindGate(m) + dora(m),
  },
  {
    // The gradient of Δ is made from B̂ z once more, and goes through B̂ᵀ beside g.
    name: 'soft, DoRA',
    run: { method: 'ts-dora', gate: { rule: 'soft' } },
    work: (m) => behindGate(m) + dora(m) + 2 * rPad * T * m.dOut,
  },
  {
    // Every token has an update; w·x, dw and what the gate adds to dx come on top.
    name: 'gatera',
    run: { method: 'gatera' },
    work: ({ dIn, dOut, dx }) => T * (rPad * (3 * dOut + 2 * dIn + dx) + 2 * dIn + dx),
  },
];

it.each(CASES)('$name', async ({ run: given, work }) => {
  const run = runSchema.parse({ id: 'run', name: 'run', rank: RANK, only: ['1.down_proj', '2.q_proj'], ...given });
  const trainer = await Trainer.create(base, [run], train, {
    capacity: { rows: T, supervised: T, segments: 1, headChunk: 64 },
    microBatches: 1,
    recompute: false,
  });
  const adapter = trainer.run('run');
  adapter.load((await adapter.adapters()).map((m) => ({ ...m, b: m.b.map((_, i) => 0.1 * Math.sin(i + 1)) })));
  await adapter.refresh();
  const batch = batchOf([20, 41], base.config.vocab, 1);
  const step = async (n: number) => (await (await trainer.step(['run'], [batch], n)).get('run'))!;
  const { gate } = await step(0);
  const modulesOf = (active: ArrayLike<number>): Module[] =>
    adapter.modules.map(({ dIn, dOut, index }) => ({ dIn, dOut, dx: index === 0 ? 0 : dIn, active: active[index] }));
  const expected = (active: ArrayLike<number>) => modulesOf(active).reduce((sum, m) => sum + work(m), 0);
  if (!gate) {
    expect((await step(1)).work.done).toBe(expected([T, T]));
    trainer.free();
    return;
  }
  const medians = adapter.modules.map((_, m) =>
    ratioQuantile(gate.histogram.subarray(m * RATIO_BINS, (m + 1) * RATIO_BINS), 0.5),
  );
  const seen = [];
  for (const tau of [medians.map(() => 0), medians, medians.map(() => 1e9)]) {
    adapter.method.setThresholds(Float32Array.from(tau));
    const { gate: now, work: counted } = await step(seen.length + 1);
    expect(counted.done).toBe(expected(now!.active));
    seen.push([...now!.active]);
  }
  expect([seen[0], seen[2]]).toEqual([
    [T, T],
    [0, 0],
  ]);
  for (const active of seen[1]) expect(active > 0 && active < T).toBe(true);
  trainer.free();
});
