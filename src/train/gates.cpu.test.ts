/**
 * Gate rules in training, on the nano model: how they are laid out, what λ means, what steering reaches, what must not
 * happen.
 */
import { moduleName, targetModules } from '../shared/model';
import { say } from '../shared/texts/say';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseModel } from '../engine/base';
import type { Layout } from '../engine/layout';
import { planTraining } from '../engine/plan';
import { expectClose } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { type StepResult, Trainer } from '../engine/trainer';
import { type GateConfig, type RunConfig, type TrainConfig, runSchema, trainSchema } from '../shared/config';
import { Rng } from '../shared/rng';
import type { GateStats, TokenBatch } from '../shared/types';
import { GateWarnings, STUCK_STEPS } from './gateWarnings';
import { settled } from './testing/results';
import { openBase } from './testing/fixture';

let base: BaseModel;
beforeAll(async () => {
  base = await openBase(await testDevice(), 'sieve-stories-nano');
});
afterAll(() => base.free());

/** Sequences in which each token says a good deal about the next, so that there is something to learn. */
function batchOf(lengths: number[], seed: number): TokenBatch {
  const rng = new Rng(seed);
  const starts = Uint32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
  const ids = Int32Array.from({ length: starts.at(-1)! }, () => 20 + rng.below(40));
  for (let i = 1; i < ids.length; i++) if (rng.below(3) > 0) ids[i] = 20 + ((ids[i - 1] * 7) % 40);
  const targets = ids.map((_, i) => (starts.includes(i + 1) ? -1 : ids[i + 1]));
  return { ids, targets, starts };
}

const gated = (id: string, gate: Partial<GateConfig>, more: Partial<RunConfig> = {}) =>
  runSchema.parse({ id, name: id, method: 'ts-lora', gate: { tauWarmup: 1, ...gate }, ...more });

const layout = (segments: number, microBatches: number, recompute = false): Layout => ({
  capacity: { rows: 130, supervised: 130, segments, headChunk: 64 },
  microBatches,
  recompute,
});

async function train<T>(
  runs: RunConfig[],
  config: Partial<TrainConfig>,
  how: Layout,
  body: (
    trainer: Trainer,
    step: (t: number, batches: TokenBatch[], dev?: TokenBatch) => Promise<StepResult[]>,
  ) => Promise<T>,
): Promise<T> {
  const { device } = base;
  const before = device.buffers.live();
  const settings = trainSchema.parse({ warmupSteps: 0, schedule: 'constant', learningRate: 1e-2, ...config });
  const trainer = await Trainer.create(base, runs, settings, how);
  const planned = planTraining(base.config, runs, { train: settings, layout: how, weightBytes: 0 }).reduce(
    (sum, i) => sum + i.bytes,
    0,
  );
  expect(Math.abs((device.buffers.live().bytes - before.bytes) / planned - 1), 'plan and allocation').toBeLessThan(
    0.05,
  );
  const ids = runs.map((r) => r.id);
  const result = await body(trainer, async (t, batches, dev) => {
    const results = await trainer.step(ids, batches, t, dev ?? null);
    return settled(results, ids);
  });
  trainer.free();
  expect(device.buffers.live()).toEqual(before);
  expect(device.error()).toBeNull();
  return result;
}

const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
const skipped = ({ active, tokens }: GateStats) => 1 - sum(active) / sum(tokens);

describe('however it is laid out', () => {
  const runs = [
    gated('exact', { rule: 'exact', sparsityPenalty: 3 }),
    gated('random', { rule: 'random', follows: 'exact' }, { modules: ['q_proj', 'v_proj', 'down_proj'] }),
    gated('held', {
      rule: 'averaged',
      gradientFrom: 'dev',
      gradientInterval: 2,
      sparsityPenalty: 2,
      targetSparsity: 0.4,
    }),
    gated('oracle', { rule: 'oracle' }),
    gated('quantile', { rule: 'quantile', activeShare: 0.3 }),
    gated('soft', { rule: 'soft', sparsityPenalty: 1, tauLearningRate: 1e-3 }),
    gated('soft-dora', { rule: 'soft', sparsityPenalty: 1, tauLearningRate: 1e-3 }, { method: 'ts-dora' }),
    gated('late', { rule: 'late', gateStart: 0, activeShare: 0.1 }),
    gated('coin', { rule: 'coin', gradientFrom: 'dev', gradientInterval: 1, tauLearningRate: 1e-3 }),
  ];
  const dev = batchOf([31, 20], 9);
  const stepBatches = (t: number) =>
    t % 2 ? [batchOf([13, 30, 1, 20], t), batchOf([41], t + 50)] : [batchOf([60], t)];

  const learn = (how: Layout, steps = 5) =>
    train(runs, { loadBestCheckpoint: true }, how, async (trainer, step) => {
      const results: StepResult[][] = [];
      for (let t = 0; t < steps; t++) {
        results.push(await step(t, stepBatches(t), dev));
        if (t === 2) trainer.runs.forEach((run, i) => run.keepIfBest(t, results[t][i].loss));
      }
      const parameters = await Promise.all(trainer.runs.map((r) => r.adapters()));
      const evals = (await trainer.evaluate(['random'], [dev], true)).map((e) => e.gate!);
      return { results, parameters, evals };
    });

  const stacked = () => (learntStacked ??= learn(layout(9, 2)));
  let learntStacked: ReturnType<typeof learn> | null = null;

  it('stacked, in turns, or with layers computed anew: bit for bit the same', async () => {
    const alone = await learn(layout(1, 2));
    expect(alone.results.flat().every((r) => Number.isFinite(r.loss))).toBe(true);
    const learnt = (r: StepResult[][]) => r.map((step) => step.map(({ work: _w, ...rest }) => rest));
    for (const other of [await stacked(), await learn(layout(2, 2, true))]) {
      expect(learnt(other.results)).toEqual(learnt(alone.results));
      expect(other.parameters).toEqual(alone.parameters);
      expect(other.evals).toEqual(alone.evals);
    }
    // The random gate keeps as many tokens as the one it follows, module by module, and draws on with that share.
    const modules = (id: string) => trainerModules(runs.find((r) => r.id === id)!);
    for (const step of alone.results) {
      modules('random').forEach((m, i) =>
        expect(step[1].gate!.active[i]).toBe(step[0].gate!.active[modules('exact').indexOf(m)]),
      );
      expect(
        step[0].gate!.active.some((a, m) => a !== step[0].gate!.tokens[m]) ||
          step === alone.results[0] ||
          step === alone.results[1],
      ).toBe(true);
    }
    const last = alone.results.at(-1)![1].gate!;
    const [random] = alone.evals;
    random.active.forEach((a, m) =>
      expect(a).toBe(Math.floor(Math.fround(Math.fround(last.active[m] / last.tokens[m]) * random.tokens[m]) + 0.5)),
    );
    // The oracle skips what would have hurt; while B = 0 nothing could.
    expect(skipped(alone.results[0][3].gate!)).toBe(0);
    expect(skipped(alone.results[4][3].gate!)).toBeGreaterThan(0);
    expect(skipped(alone.results[4][3].gate!)).toBeLessThan(1);
    expect(alone.results[4][3].gate!.activeOutsideTraining).toBe(true);
    const late = alone.results.map((step) => skipped(step[7].gate!));
    expect(late[0], 'a late gate waits').toBe(0);
    expect(late[4], 'and then skips some').toBeGreaterThan(0);
    expect(late[4]).toBeLessThan(0.3);
    // The quantile's count is exact in every micro-batch.
    const keep = (rows: number) => Math.floor(Math.fround(0.3) * rows + 0.5);
    expect([...alone.results[3][4].gate!.active]).toEqual(
      Array(runs.length && last.tokens.length ? alone.results[3][4].gate!.active.length : 0).fill(keep(64) + keep(41)),
    );
  });

  it('goes on bit-identically from a saved state, the best adapter included', async () => {
    const whole = await stacked();
    const half = await train(runs, { loadBestCheckpoint: true }, layout(6, 2), async (trainer, step) => {
      for (let t = 0; t < 3; t++) {
        const results = await step(t, stepBatches(t), dev);
        if (t === 2) trainer.runs.forEach((run, i) => run.keepIfBest(t, results[i].loss));
      }
      return Promise.all(trainer.runs.map((r) => r.state()));
    });
    await train(runs, { loadBestCheckpoint: true }, layout(9, 2), async (trainer, step) => {
      trainer.runs.forEach((run, i) => run.restore(half[i]));
      for (const run of trainer.runs) await run.refresh();
      for (let t = 3; t < 5; t++) expect(await step(t, stepBatches(t), dev)).toEqual(whole.results[t]);
      expect(await Promise.all(trainer.runs.map((r) => r.adapters()))).toEqual(whole.parameters);
      // Back to what was best: the adapter of step 3, whatever was learnt since.
      for (const run of trainer.runs) await run.takeBest();
      const again = await Promise.all(trainer.runs.map((r) => r.state()));
      again.forEach((state, i) => {
        expect(state.best).toEqual(half[i].best);
        expect(new Uint8Array(state.tensors.params)).toEqual(new Uint8Array(half[i].tensors.params));
        expect(new Uint8Array(state.tensors.gate)).toEqual(new Uint8Array(half[i].tensors.gate));
      });
    });
  });

  it('a probe of the dev split moves nothing but τ', async () => {
    // τ of one run learns from the dev split, of the other from nothing; A and B of both see the same gates, all open.
    const pair = [
      gated('held', { gradientFrom: 'dev', gradientInterval: 1, tauLearningRate: 1e-30 }),
      gated('still', { tauWarmup: 100 }),
    ];
    await train(pair, {}, layout(2, 1), async (trainer, step) => {
      for (let t = 0; t < 3; t++) await step(t, [batchOf([60], t)], dev);
      const [held, still] = await Promise.all(trainer.runs.map((r) => r.adapters()));
      expect(held).toEqual(still);
      const m = await Promise.all(trainer.runs.map(async (r) => new Uint8Array((await r.state()).tensors.m)));
      expect(m[0]).toEqual(m[1]);
    });
    await train([gated('held', { gradientFrom: 'dev' })], {}, layout(1, 1), async (_, step) => {
      await step(0, [batchOf([60], 0)]);
      await expect(step(1, [batchOf([60], 0)])).rejects.toThrow('gate gradients from the dev split');
    });
  });
});

/** A run's modules, in order. */
const trainerModules = (run: RunConfig): string[] => targetModules(base.config, run).map(moduleName);

describe('λ means the same however a batch is cut', () => {
  it.each(['reconstructed', 'literal', 'exact', 'averaged', 'coin', 'soft'] as const)(
    '%s: 1 × 8, 4 × 2 and 8 × 1',
    async (rule) => {
      const lengths = [12, 15, 9, 17, 11, 13, 16, 10];
      const whole = batchOf(lengths, 4);
      const part = (first: number, count: number): TokenBatch => {
        const [from, to] = [whole.starts[first], whole.starts[first + count]];
        return {
          ids: whole.ids.slice(from, to),
          targets: whole.targets.slice(from, to),
          starts: whole.starts.slice(first, first + count + 1).map((s) => s - from),
        };
      };
      const states = [];
      for (const size of [8, 2, 1]) {
        states.push(
          await train(
            [
              gated('run', {
                rule,
                sparsityPenalty: 0.3,
                tauWarmup: 1,
                tauLearningRate: rule === 'averaged' || rule === 'exact' ? 'auto' : 1e-3,
              }),
            ],
            {},
            layout(1, 8),
            async (trainer, step) => {
              // B is 0 in the first step; the second moves τ.
              await step(0, [whole]);
              const [{ gate }] = await step(
                1,
                Array.from({ length: 8 / size }, (_, i) => part(i * size, size)),
              );
              const slots = new Float32Array((await trainer.run('run').state()).tensors.gate);
              return { gate: gate!, m: Array.from(gate!.tau, (_, i) => slots[64 * i + 1]) };
            },
          ),
        );
      }
      for (const other of states.slice(1)) {
        // g itself, by its first moment, where the rule has one; else the τ that follows.
        expectClose(other.m, states[0].m, { rtol: 2e-4, atol: 1e-4 * Math.max(...states[0].m.map(Math.abs)) }, 'g');
        expectClose(other.gate.tau, states[0].gate.tau, { rtol: 1e-4, atol: 1e-6 }, 'τ');
        expect(other.gate.lambda).toBe(states[0].gate.lambda);
      }
      expect(states[0].gate.lambda).toBeCloseTo(0.3 / sum(lengths), 8);
    },
  );
});

describe('steering', () => {
  const STEPS = 80;
  it.each([0.3, 0.5, 0.7])(
    '%f by half of the run, and held: of the run, and of every module',
    async (target) => {
      // Fewer modules, so that the test is quick.
      const some = { modules: ['q', 'o', 'down'] as RunConfig['modules'] };
      const runs = [
        gated('run', { targetSparsity: target, tauWarmup: 5 }, some),
        gated('module', { targetSparsity: target, targetPer: 'module', tauWarmup: 5 }, some),
        gated('exact', { rule: 'exact', targetSparsity: target, tauWarmup: 5 }, some),
      ];
      await train(runs, { steps: STEPS, learningRate: 3e-3 }, layout(3, 1), async (_, step) => {
        const shares: number[][] = runs.map(() => []);
        const last: GateStats[] = [];
        const perModule: Float64Array = new Float64Array(trainerModules(runs[1]).length);
        for (let t = 0; t < STEPS; t++) {
          const results = await step(t, [batchOf([30, 40, 25, 35], t)]);
          results.forEach((r, i) => {
            shares[i].push(skipped(r.gate!));
            last[i] = r.gate!;
          });
          if (t >= STEPS / 2)
            results[1].gate!.active.forEach((a, m) => {
              perModule[m] += (1 - a / results[1].gate!.tokens[m]) / (STEPS / 2);
            });
        }
        const mean = (s: number[], from: number, to: number) => sum(s.slice(from, to)) / (to - from);
        for (const s of shares) {
          expect(s[0]).toBe(0);
          expect(Math.abs(mean(s, STEPS / 2, STEPS) - target), 'the second half').toBeLessThan(0.03);
        }
        // The exact rule jumps with every batch; the others hold the share over any ten steps.
        for (const s of shares.slice(0, 2)) {
          for (let from = STEPS / 2; from + 10 <= STEPS; from += 10)
            expect(Math.abs(mean(s, from, from + 10) - target), `steps ${from} to ${from + 10}`).toBeLessThan(0.03);
        }
        for (const share of perModule) expect(Math.abs(share - target)).toBeLessThan(0.03);
        const own = (gate: GateStats) => Array.from(gate.active, (a, m) => 1 - a / gate.tokens[m]);
        // Of a run, the modules are free to differ.
        expect(Math.max(...own(last[0])) - Math.min(...own(last[0]))).toBeGreaterThan(0.1);
        expect(last[0].shift!.every(Number.isFinite)).toBe(true);
      });
    },
    300_000,
  );
});

describe('the closing trap', () => {
  const close = (tauWarmup: number) =>
    train(
      [gated('run', { tauWarmup, tauLearningRate: 1e-3, sparsityPenalty: 1 })],
      { learningRate: 1e-30 },
      layout(1, 1),
      async (trainer, step) => {
        const run = trainer.run('run');
        const warnings = new GateWarnings(run.modules, tauWarmup);
        const told: string[] = [];
        let last: GateStats | null = null;
        for (let t = 0; t < STUCK_STEPS + 2; t++) {
          last = (await step(t, [batchOf([30], t)]))[0].gate!;
          told.push(...warnings.after(t + 1, last).warnings.map(say));
        }
        const skipsAll = warnings.skipsAll;
        run.method.resetTau(0);
        const tau = (await run.method.thresholds())!;
        return { told, skipsAll, share: skipped(last!), tau };
      },
    );

  it('B = 0, a learning rate of 0 and a τ that moves at once: everything closes, and is named', async () => {
    const { told, skipsAll, share, tau } = await close(0);
    expect(share).toBe(1);
    expect(told.join()).toContain('B is still zero');
    expect(skipsAll.every((c) => c.reason === 'no-update')).toBe(true);
    expect(skipsAll.length).toBeGreaterThan(0);
    // Opened again, one module alone.
    expect(tau[0]).toBe(0);
    expect(tau[1]).toBeGreaterThan(0);
  });

  it('with a warm-up of τ it does not', async () => {
    const { told, share } = await close(STUCK_STEPS + 2);
    expect(share).toBe(0);
    expect(told).toEqual([]);
  });
});
