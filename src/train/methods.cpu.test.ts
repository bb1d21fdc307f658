/**
 * Every update against HF PEFT or the PyTorch twin (python/fixtures/methods-*): loss, every gradient and ten optimizer
 * steps on the nano model, with A and B non-zero and, where gated, thresholds at which every module skips some tokens.
 */
import { expect, describe, it } from 'vitest';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { type Fixture, fixtureBatch, fixtureRun, fixtureTrain, loadFixture, openBase } from './testing/fixture';

type MethodFixture = Fixture & { name: string; seed?: number; run: Record<string, unknown> };

/** Names of the fixtures, and the letter of what each trains besides A and B: C is what skipped tokens get. */
const CASES = {
  rslora: null,
  loraplus: null,
  dropout: null,
  'token-dropout': null,
  dora: 'M',
  'ts-dora': 'M',
  'ts-lora-soft': null,
  'ts-dora-soft': 'M',
  'ts-lora-late': 'C',
  adalora: 'E',
  gatera: 'W',
} as const;

const fieldOf = (letter: string) => (letter === 'C' ? 'constant' : 'extra');

async function open(f: MethodFixture) {
  const base = await openBase(await testDevice(), f.model);
  const run = fixtureRun({ id: 'run', name: 'run', ...f.run });
  const trainer = await Trainer.create(base, [run], fixtureTrain(f.settings, { seed: f.seed ?? 1 }), {
    capacity: { rows: 128, supervised: 128, segments: 1, headChunk: 128 },
    microBatches: 1,
    recompute: false,
  });
  const adapter = trainer.run('run');
  const letter = CASES[f.name as keyof typeof CASES];
  adapter.load(
    f.modules.map((m) => ({
      a: f.floats(`initA.${m.name}`),
      b: f.floats(`initB.${m.name}`),
      ...(letter ? { [fieldOf(letter)]: f.floats(`init${letter}.${m.name}`) } : {}),
    })),
  );
  if (f.has('tau')) adapter.method.setThresholds(f.floats('tau'));
  await adapter.refresh();
  return {
    trainer,
    adapter,
    letter,
    free: () => {
      trainer.free();
      base.free();
    },
  };
}

const report: string[] = [];

for (const name of Object.keys(CASES)) {
  describe(name, () => {
    it('loss and every gradient', async () => {
      const f = { ...(await loadFixture(`methods-${name}`)), name } as MethodFixture;
      const { trainer, adapter, letter, free } = await open(f);
      // The first step leaves its gradients as they were before clipping; an evaluation would be without dropout.
      const { loss, gate } = (await (await trainer.step(['run'], [fixtureBatch(f, 'batch0')], 0)).get('run'))!;
      expectClose([loss], [f.loss], { rtol: 1e-5 }, 'loss');
      let worst = 0;
      for (const g of await adapter.gradients()) {
        worst = Math.max(
          worst,
          expectCloseToMax(g.a, f.floats(`gradA.${g.path}`), 1e-3, `gradA ${g.path}`),
          expectCloseToMax(g.b, f.floats(`gradB.${g.path}`), 1e-3, `gradB ${g.path}`),
        );
        if (letter)
          worst = Math.max(
            worst,
            expectCloseToMax(g[fieldOf(letter)]!, f.floats(`grad${letter}.${g.path}`), 1e-3, `grad${letter} ${g.path}`),
          );
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
      const { trainer, adapter, letter, free } = await open(f);
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
      for (const m of await adapter.adapters()) {
        expectCloseToMax(m.a, f.floats(`finalA.${m.path}`), 2e-3, `A ${m.path}`);
        expectCloseToMax(m.b, f.floats(`finalB.${m.path}`), 2e-3, `B ${m.path}`);
        if (letter)
          expectCloseToMax(m[fieldOf(letter)]!, f.floats(`final${letter}.${m.path}`), 2e-3, `${letter} ${m.path}`);
      }
      free();
    });
  });
}

it('prints the tolerances reached', () => {
  console.info(report.join('\n'));
});
