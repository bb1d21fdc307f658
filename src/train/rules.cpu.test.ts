/**
 * Every gate rule against the PyTorch twin (python/fixtures/methods-ts-lora-*): ten optimizer steps on the nano model,
 * with A and B non-zero and thresholds at which every module skips some tokens.
 */
import { describe, expect, it } from 'vitest';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { type Fixture, fixtureBatch, fixtureRun, fixtureTrain, loadFixture, openBase } from './testing/fixture';

type RuleFixture = Fixture & { seed?: number; run: Record<string, unknown> };
const RULES = [
  'rho-module',
  'literal',
  'coin',
  'exact',
  'exact-unbounded',
  'averaged',
  'quantile',
  'held-out',
  'target',
  'oracle',
];
const report: string[] = [];

describe('ten optimizer steps as in PyTorch', () => {
  it.each(RULES)('%s', async (rule) => {
    const f = (await loadFixture(`methods-ts-lora-${rule}`)) as RuleFixture;
    const base = await openBase(await testDevice(), f.model);
    const run = fixtureRun({ id: 'run', name: 'run', ...f.run });
    const trainer = await Trainer.create(base, [run], fixtureTrain(f.settings, { seed: f.seed ?? 1 }), {
      capacity: { rows: 128, supervised: 128, segments: 1, headChunk: 128 },
      microBatches: 1,
      recompute: false,
    });
    const adapter = trainer.run('run');
    adapter.load(f.modules.map((m) => ({ a: f.floats(`initA.${m.name}`), b: f.floats(`initB.${m.name}`) })));
    adapter.method.setThresholds(f.floats('tau'));
    await adapter.refresh();
    const batches = [0, 1, 2].map((i) => fixtureBatch(f, `batch${i}`));
    const modules = f.modules.length;
    let tauError = 0;
    for (let step = 0; step < 10; step++) {
      const row = (name: string) => f.floats(name).subarray(step * modules, (step + 1) * modules);
      const dev = trainer.wantsDev(['run'], step) ? fixtureBatch(f, 'slice') : null;
      const { loss, gate } = (await (
        await trainer.step(['run'], [batches[f.train.batch[step]]], step, dev)
      ).get('run'))!;
      expectClose([loss], [f.train.loss[step]], { rtol: 1e-4 }, `loss of step ${step}`);
      expect([...gate!.active], `active tokens of step ${step}`).toEqual([
        ...f.ints('trainActive').subarray(step * modules, (step + 1) * modules),
      ]);
      // These have no threshold to learn: what they keep says all.
      if (rule === 'quantile' || rule === 'oracle') continue;
      expectClose(gate!.tau, row('trainTau'), { atol: 1e-5, rtol: 1e-5 }, `τ after step ${step}`);
      tauError = Math.max(tauError, ...row('trainTau').map((t, m) => Math.abs(gate!.tau[m] - t)));
    }
    for (const m of await adapter.adapters()) {
      expectCloseToMax(m.a, f.floats(`finalA.${m.path}`), 2e-3, `A ${m.path}`);
      expectCloseToMax(m.b, f.floats(`finalB.${m.path}`), 2e-3, `B ${m.path}`);
    }
    report.push(`${rule}: τ within ${tauError.toExponential(1)}`);
    expect(trainer.base.device.error()).toBeNull();
    trainer.free();
    base.free();
  });
});

it('prints the tolerances reached', () => {
  console.info(report.join('\n'));
});
