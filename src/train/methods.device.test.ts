/**
 * Every update against HF PEFT or the PyTorch twin (python/fixtures/methods-*): loss, every gradient and ten optimizer
 * steps on the nano model, with A and B non-zero and, where gated, thresholds at which every module skips some tokens.
 * All of them on the CPU; on WGSL, which the kernels' own tests hold beside it, the one that trains most things.
 */
import { expect, describe, it } from 'vitest';
import type { ModuleValues } from '../engine/adapters/parameters';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { onCpu, testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { type Fixture, fixtureBatch, fixtureRun, fixtureTrain, loadFixture, openBase } from './testing/fixture';

type MethodFixture = Fixture & { name: string; seed?: number; run: Record<string, unknown> };

/** Names of the fixtures, and the letters of what each trains besides A and B. */
const CASES = {
  rslora: '',
  loraplus: '',
  dropout: '',
  'token-dropout': '',
  dora: 'M',
  'ts-dora': 'M',
  'ts-lora-soft': '',
  'ts-dora-soft': 'M',
  'ts-lora-late': 'C',
  'ts-dora-late': 'MC',
  adalora: 'E',
  gatera: 'W',
};

/** C is what skipped tokens get. */
const fieldOf = (letter: string) => (letter === 'C' ? 'constant' : 'extra');

/** A module's trained tensors by the fixture's letters. */
const lettered = (m: ModuleValues, letters: string) =>
  Object.entries({ A: m.a, B: m.b, ...Object.fromEntries([...letters].map((x) => [x, m[fieldOf(x)]!])) });

async function open(f: MethodFixture) {
  const base = await openBase(await testDevice(), f.model);
  const run = fixtureRun({ id: 'run', name: 'run', ...f.run });
  const trainer = await Trainer.create(base, [run], fixtureTrain(f.settings, { seed: f.seed ?? 1 }), {
    capacity: { rows: 128, supervised: 128, segments: 1, headChunk: 128 },
    microBatches: 1,
    recompute: false,
  });
  const adapter = trainer.run('run');
  const letters = CASES[f.name as keyof typeof CASES];
  adapter.load(
    f.modules.map((m) => ({
      a: f.floats(`initA.${m.name}`),
      b: f.floats(`initB.${m.name}`),
      ...Object.fromEntries([...letters].map((x) => [fieldOf(x), f.floats(`init${x}.${m.name}`)])),
    })),
  );
  if (f.has('tau')) adapter.method.setThresholds(f.floats('tau'));
  await adapter.refresh();
  return {
    trainer,
    adapter,
    letters,
    free: () => {
      trainer.free();
      base.free();
    },
  };
}

const report: string[] = [];

for (const name of onCpu ? Object.keys(CASES) : ['ts-dora-late']) {
  describe(name, () => {
    it('loss and every gradient', async () => {
      const f = { ...(await loadFixture(`methods-${name}`)), name } as MethodFixture;
      const { trainer, adapter, letters, free } = await open(f);
      // The first step leaves its gradients as they were before clipping; an evaluation would be without dropout.
      const { loss, gate } = (await (await trainer.step(['run'], [fixtureBatch(f, 'batch0')], 0)).get('run'))!;
      expectClose([loss], [f.loss], { rtol: 1e-5 }, 'loss');
      let worst = 0;
      for (const g of await adapter.gradients())
        for (const [x, values] of lettered(g, letters)) {
          const name = `grad${x}.${g.path}`;
          worst = Math.max(worst, expectCloseToMax(values, f.floats(name), 1e-3, name));
        }
      report.push(`${name} gradients: ${worst.toExponential(1)}`);
      if (gate) {
        expectCloseToMax(gate.muActive, f.floats('muKept'), 1e-3, 'Σμ active');
        expectCloseToMax(gate.muSkipped, f.floats('muSkipped'), 1e-3, 'Σμ skipped');
        expect([...gate.active]).toEqual([...f.ints('active')]);
      }
      free();
    });

    it('ten optimizer steps', async () => {
      const f = { ...(await loadFixture(`methods-${name}`)), name } as MethodFixture;
      const { trainer, adapter, letters, free } = await open(f);
      const batches = [0, 1, 2].map((i) => fixtureBatch(f, `batch${i}`));
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) {
        const result = (await (await trainer.step(['run'], [batches[f.train.batch[step]]], step)).get('run'))!;
        losses.push(result.loss);
        expectClose([result.gradNorm], [f.train.gradNorm[step]], { rtol: 1e-3 }, `gradient norm of step ${step}`);
        if (f.has('trainKept')) {
          const kept = (await adapter.adapters()).flatMap((m) => Array.from(m.extra!, (e) => (e !== 0 ? 1 : 0)));
          expect(kept, `triplets kept after step ${step}`).toEqual([
            ...f.bytes('trainKept').subarray(step * kept.length, (step + 1) * kept.length),
          ]);
        }
        if (result.gate)
          expectClose(
            result.gate.tau,
            f.floats('trainTau').subarray(step * f.modules.length, (step + 1) * f.modules.length),
            { atol: 1e-5 },
            `τ after step ${step}`,
          );
      }
      expectClose(losses, f.train.loss, { rtol: 1e-4 }, 'losses');
      report.push(
        `${name} ten losses, relative: ${Math.max(...losses.map((l, i) => Math.abs(l / f.train.loss[i] - 1))).toExponential(1)}`,
      );
      for (const m of await adapter.adapters())
        for (const [x, values] of lettered(m, letters)) {
          const name = `final${x}.${m.path}`;
          expectCloseToMax(values, f.floats(name), 2e-3, name);
        }
      free();
    });
  });
}

it('prints the tolerances reached', () => {
  console.info(report.join('\n'));
});
