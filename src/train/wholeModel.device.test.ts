/**
 * The whole-model gate: the engine against PyTorch and HF PEFT (python/), on both embedded models, for LoRA
 * and for TS-LoRA with B non-zero and thresholds at which every module skips 30–70 %.
 */
import { describe, expect, it } from 'vitest';
import { Generator } from '../engine/generator';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { onCpu, testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { type Fixture, fixtureBatch, fixtureConfig, loadFixture, openBase, sequence } from './testing/fixture';

const report: string[] = [];
const note = (what: string, error: number) => report.push(`${what}: ${error.toExponential(1)}`);

async function openTrainer(f: Fixture, settings?: Fixture['settings']) {
  const device = await testDevice();
  const base = await openBase(device, f.model);
  const { run, train } = fixtureConfig(f, settings);
  const trainer = await Trainer.create(base, [run], train, {
    capacity: { rows: 256, supervised: 256, segments: 1, headChunk: 128 },
    microBatches: 8,
    recompute: false,
  });
  trainer.run(run.id).load(f.modules.map((m) => ({ a: f.floats(`initA.${m.name}`), b: f.floats(`initB.${m.name}`) })));
  if (f.has('tau')) trainer.run(run.id).method.setThresholds(f.floats('tau'));
  await trainer.run(run.id).refresh();
  return {
    device,
    base,
    trainer,
    run,
    free: () => {
      trainer.free();
      base.free();
    },
  };
}

for (const model of ['sieve-stories-nano', 'sieve-stories-4m']) {
  for (const method of ['lora', 'ts-lora'] as const) {
    describe(`${model} ${method}`, () => {
      it('logits, loss, gates and every gradient are PyTorch’s', async () => {
        const f = await loadFixture(`${model}-${method}`);
        const { device, base, trainer, run, free } = await openTrainer(f);
        const batch = fixtureBatch(f, 'batch0');
        for (const [name, adapter] of [
          ['base', null],
          ['adapted', trainer.run(run.id)],
        ] as const) {
          const generator = await Generator.create(base, [adapter], 512);
          const rows: Float32Array[] = [];
          for (let s = 0; s + 1 < batch.starts.length; s++)
            rows.push(...(await generator.logits(sequence(batch, s).ids))[0]);
          generator.free();
          const [wanted, expected] = adapter ? ['logitRows', 'logits'] : ['baseLogitRows', 'baseLogits'];
          const picked = Array.from(f.ints(wanted), (i) => rows[i]);
          note(
            `${model} ${method} ${name} logits`,
            expectCloseToMax(
              picked.flatMap((r) => [...r]),
              f.floats(expected),
              2e-4,
              `${name} logits`,
            ),
          );
        }
        const [result] = await trainer.evaluate([run.id], [batch], true);
        expectClose([result.loss], [f.loss], { rtol: 1e-5 }, 'loss');
        const gradients = await trainer.run(run.id).gradients();
        let worst = 0;
        for (const g of gradients) {
          worst = Math.max(
            worst,
            expectCloseToMax(g.a, f.floats(`gradA.${g.path}`), 1e-3, `gradA ${g.path}`),
            expectCloseToMax(g.b, f.floats(`gradB.${g.path}`), 1e-3, `gradB ${g.path}`),
          );
        }
        note(`${model} ${method} gradients`, worst);
        if (method === 'ts-lora') {
          const modules = f.modules.length;
          const tokens = batch.ids.length;
          const [ratio, gate, tau] = [f.floats('ratio'), f.bytes('gate'), f.floats('tau')];
          for (let s = 0; s + 1 < batch.starts.length; s++) {
            const map = await trainer.measurements.gateMap(run.id, sequence(batch, s).ids);
            const length = batch.starts[s + 1] - batch.starts[s];
            for (let m = 0; m < modules; m++) {
              for (let t = 0; t < length; t++) {
                const at = m * tokens + batch.starts[s] + t;
                // a token within 1e-5 of τ may fall on either side
                if (Math.abs(ratio[at] - tau[m]) > 1e-5)
                  expect(map.active[m * length + t], `gate of ${f.modules[m].name}, token ${batch.starts[s] + t}`).toBe(
                    gate[at],
                  );
              }
            }
          }
          const { gate: stats } = result;
          note(`${model} μ active`, expectCloseToMax(stats!.muActive, f.floats('muKept'), 1e-3, 'Σμ active'));
          note(`${model} μ skipped`, expectCloseToMax(stats!.muSkipped, f.floats('muSkipped'), 1e-3, 'Σμ skipped'));
          expect([...stats!.tokens]).toEqual(Array(modules).fill(tokens));
          for (let m = 0; m < modules; m++) {
            expect(1 - stats!.active[m] / tokens).toBeGreaterThan(0.29);
            expect(1 - stats!.active[m] / tokens).toBeLessThan(0.71);
          }
        }
        free();
        expect(device.buffers.live().buffers).toBe(0);
        expect(device.error()).toBeNull();
      });

      // A step of the larger model takes seconds on a software adapter. There the plain run's kernels are held by its
      // gradients above, and its steps by nano's and by the first ones of the gated run.
      const inBrowser = !onCpu && model === 'sieve-stories-4m';
      const steps = inBrowser ? 3 : 10;
      it.runIf(!inBrowser || method === 'ts-lora')(`${steps} optimizer steps`, async () => {
        const f = await loadFixture(`${model}-${method}`);
        const { trainer, run, free } = await openTrainer(f);
        const batches = [0, 1, 2].map((i) => fixtureBatch(f, `batch${i}`));
        let tauError = 0;
        const losses: number[] = [];
        for (let step = 0; step < steps; step++) {
          const result = (await (await trainer.step([run.id], [batches[f.train.batch[step]]], step)).get(run.id))!;
          losses.push(result.loss);
          expectClose([result.gradNorm], [f.train.gradNorm[step]], { rtol: 1e-3 }, `gradient norm of step ${step}`);
          if (result.gate) {
            const expected = f.floats('trainTau').subarray(step * f.modules.length, (step + 1) * f.modules.length);
            expectClose(result.gate.tau, expected, { atol: 1e-5 }, `τ after step ${step}`);
            tauError = Math.max(tauError, ...expected.map((t, m) => Math.abs(result.gate!.tau[m] - t)));
          }
        }
        expectClose(losses, f.train.loss.slice(0, steps), { rtol: 1e-4 }, 'losses');
        note(
          `${model} ${method} ${steps} losses, relative`,
          Math.max(...losses.map((l, i) => Math.abs(l / f.train.loss[i] - 1))),
        );
        if (method === 'ts-lora') note(`${model} τ, absolute`, tauError);
        free();
      });
    });
  }
}

describe('sieve-stories-nano: accumulation', () => {
  for (const [micro, size] of [
    [8, 1],
    [4, 2],
    [1, 8],
  ]) {
    it(`${micro} micro-batches of ${size}: same gradients and τ`, async () => {
      const f = await loadFixture('sieve-stories-nano-ts-lora');
      const { trainer, run, free } = await openTrainer(f, f.accum!.settings);
      const all = fixtureBatch(f, 'accum');
      const batches = Array.from({ length: micro }, (_, i) => {
        const [first, last] = [all.starts[i * size], all.starts[(i + 1) * size]];
        return {
          ids: all.ids.slice(first, last),
          targets: all.targets.slice(first, last),
          starts: all.starts.slice(i * size, (i + 1) * size + 1).map((s) => s - first),
        };
      });
      const result = (await (await trainer.step([run.id], batches, 0)).get(run.id))!;
      expectClose([result.loss], [f.accum!.loss], { rtol: 1e-5 }, 'loss');
      for (const g of await trainer.run(run.id).gradients()) {
        expectCloseToMax(g.a, f.floats(`accumGradA.${g.path}`), 1e-3, `gradA ${g.path}`);
        expectCloseToMax(g.b, f.floats(`accumGradB.${g.path}`), 1e-3, `gradB ${g.path}`);
      }
      expectClose(result.gate!.tau, f.floats('accum.tauAfter'), { atol: 1e-5 }, 'τ');
      free();
    });
  }
});

it('prints the tolerances reached', () => {
  console.info(report.join('\n'));
});
