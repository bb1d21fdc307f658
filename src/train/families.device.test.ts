/**
 * models × methods: a tiny random model of every family (python/sieve_ref/families.py) against HF transformers and
 * PEFT: the base's logits, and for each method adapted logits, loss, every gradient and ten optimizer steps, with all
 * linear layers adapted. A bias, norm or constant that were forgotten would move the logits by more than ten times the
 * allowance; the twin's tests leave each out. In the browser only families that between them have every option of a
 * layer are run, each with one of the methods, in turn, since each compiles kernels for seconds; all of them there:
 * `VITE_FAMILIES=all npx vitest run --project gpu src/train/families.device.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { onCpu, testDevice } from '../engine/testing/harness';
import type { Layout } from '../engine/layout';
import { targetStride } from '../engine/model/batch';
import { Trainer } from '../engine/trainer';
import { allModules, patchValues } from '../shared/model';
import {
  FAMILY_METHODS,
  FIXTURE_FAMILIES,
  type FamilyFixture,
  type FamilyMethod,
  familyConfigs,
  flatModules,
  loadFamily,
  loadStart,
  openFamily,
  perModule,
} from './testing/family';
import { fixtureBatch, sequence } from './testing/fixture';

const LOGITS = 1e-5;
const ALL = onCpu || import.meta.env.VITE_FAMILIES === 'all';
const IN_BROWSER = ['gemma2', 'gemma3_text', 'gpt2', 'gpt_neox', 'granite', 'opt', 'phi3'];
/** In the browser one method a family, in turn; a new fixture changes nobody else's. */
const methodsOf = (name: string) =>
  FAMILY_METHODS.filter((_, i) => ALL || i === IN_BROWSER.indexOf(name) % FAMILY_METHODS.length);
const report = new Map<string, number>();
const note = (what: string, error: number) => report.set(what, Math.max(report.get(what) ?? 0, error));

/** Logits of all rows of batch 0. */
async function logits(f: FamilyFixture, base: BaseModel, adapter: AdapterRun | null): Promise<Float32Array[]> {
  const batch = fixtureBatch(f, 'batch0');
  const generator = await Generator.create(base, [adapter], 32);
  const rows: Float32Array[] = [];
  for (let s = 0; s + 1 < batch.starts.length; s++) rows.push(...(await generator.logits(sequence(batch, s).ids))[0]);
  generator.free();
  return rows;
}

const layoutOf = ({ config }: BaseModel): Layout => ({
  capacity: {
    rows: 32,
    supervised: 32,
    segments: 1,
    ...(config.head.kind === 'classes'
      ? { headChunk: targetStride({ supervised: 32 }), ownHeads: true }
      : { headChunk: 32 }),
    ...(config.embedding.patches && { patchValues: patchValues(config.embedding.patches) }),
  },
  microBatches: 1,
  recompute: false,
});

async function open(f: FamilyFixture, base: BaseModel, method: FamilyMethod) {
  const { run, train } = familyConfigs(f, method);
  const trainer = await Trainer.create(base, [run], train, layoutOf(base));
  const adapter = trainer.run(run.id);
  await loadStart(f, method, adapter);
  return { trainer, adapter, paths: adapter.modules.map(({ path }) => path) };
}

/** Logits by row, of the rows that have some. */
async function rowsOf(
  f: FamilyFixture,
  { base, trainer, adapter }: { base: BaseModel; trainer: Trainer; adapter: AdapterRun | null },
): Promise<Float32Array[]> {
  if (base.config.head.kind === 'vocabulary') return logits(f, base, adapter);
  const batch = fixtureBatch(f, 'batch0');
  const [all] = await trainer.measurements.classLogits([adapter && adapter.config.id], batch);
  const rows: Float32Array[] = [];
  all.forEach((own, s) => (rows[batch.starts[s]] = own));
  return rows;
}

async function firstStep(f: FamilyFixture, base: BaseModel, method: FamilyMethod): Promise<void> {
  const { trainer, adapter, paths } = await open(f, base, method);
  const rows = await rowsOf(f, { base, trainer, adapter });
  note(
    'adapted logits',
    expectCloseToMax(
      f.logitRows.flatMap((row) => [...rows[row]]),
      f.floats(`${method}.logits`),
      LOGITS,
      `logits with ${method}`,
    ),
  );
  const [{ loss, gate }] = await trainer.evaluate([method], [fixtureBatch(f, 'batch0')], true);
  expectClose([loss], [f.methods[method].loss], { rtol: 1e-5 }, 'loss');
  const expected = flatModules(f, `${method}.grad`, method.endsWith('dora'));
  for (const g of await adapter.gradients()) {
    const { a, b, extra } = expected.get(g.path)!;
    note('gradients', expectCloseToMax(g.a, a, 1e-3, `gradA ${g.path}`));
    note('gradients', expectCloseToMax(g.b, b, 1e-3, `gradB ${g.path}`));
    if (extra) note('gradients', expectCloseToMax(g.extra!, extra, 1e-3, `gradM ${g.path}`));
  }
  if (f.has(`${method}.wholeGrad`)) {
    const whole = [...(await adapter.wholeGradients()).values()].flatMap((values) => [...values]);
    note('gradients', expectCloseToMax(whole, f.floats(`${method}.wholeGrad`), 1e-3, 'gradients of the head'));
  }
  if (gate) {
    expect([...gate.active]).toEqual(perModule(f, f.ints(`${method}.active`), paths));
    expectCloseToMax(gate.muActive, perModule(f, f.floats(`${method}.muKept`), paths), 1e-3, 'Σμ active');
    expectCloseToMax(gate.muSkipped, perModule(f, f.floats(`${method}.muSkipped`), paths), 1e-3, 'Σμ skipped');
  }
  trainer.free();
}

async function tenSteps(f: FamilyFixture, base: BaseModel, method: FamilyMethod): Promise<void> {
  const { trainer, adapter, paths } = await open(f, base, method);
  const batches = [0, 1].map((i) => fixtureBatch(f, `batch${i}`));
  const { train } = f.methods[method];
  for (let step = 0; step < train.batch.length; step++) {
    const result = (await (await trainer.step([method], [batches[train.batch[step]]], step)).get(method))!;
    expectClose([result.loss], [train.loss[step]], { rtol: 1e-4 }, `loss of step ${step}`);
    note('ten losses', Math.abs(result.loss / train.loss[step] - 1));
    expectClose([result.gradNorm], [train.gradNorm[step]], { rtol: 1e-3 }, `gradient norm of step ${step}`);
    if (result.gate) {
      const tau = f.floats(`${method}.trainTau`).subarray(step * paths.length, (step + 1) * paths.length);
      expectClose(result.gate.tau, perModule(f, tau, paths), { atol: 1e-5 }, `τ after step ${step}`);
    }
  }
  const final = flatModules(f, `${method}.final`, method.endsWith('dora'));
  for (const m of await adapter.adapters()) {
    const { a, b, extra } = final.get(m.path)!;
    note('adapters after ten steps', expectCloseToMax(m.a, a, 2e-3, `A ${m.path}`));
    note('adapters after ten steps', expectCloseToMax(m.b, b, 2e-3, `B ${m.path}`));
    if (extra) note('adapters after ten steps', expectCloseToMax(m.extra!, extra, 2e-3, `m ${m.path}`));
  }
  if (f.has(`${method}.wholeFinal`)) {
    const whole = [...(await adapter.wholeValues()).values()].flatMap((values) => [...values]);
    note('adapters after ten steps', expectCloseToMax(whole, f.floats(`${method}.wholeFinal`), 2e-3, 'the head'));
  }
  trainer.free();
}

describe.each(FIXTURE_FAMILIES.filter((name) => ALL || IN_BROWSER.includes(name)))('%s', (name) => {
  const ofBase = async () => {
    const f = await loadFamily(name);
    const base = await openFamily(await testDevice(), name);
    expect(
      allModules(base.config)
        .map(({ path }) => path)
        .sort(),
      'all linear layers',
    ).toEqual(f.modules.map((m) => m.name).sort());
    const { run, train } = familyConfigs(f, 'lora');
    const trainer = await Trainer.create(base, [run], train, layoutOf(base));
    const rows = await rowsOf(f, { base, trainer, adapter: null });
    trainer.free();
    note(
      'logits of the base',
      expectCloseToMax(
        rows.flatMap((row) => [...row]),
        f.floats('baseLogits'),
        LOGITS,
        'logits',
      ),
    );
    base.free();
  };
  if (ALL) it('the base is transformers’', ofBase);

  it.each(methodsOf(name))('%s: logits, loss, every gradient and ten steps are PEFT’s', async (method) => {
    const device = await testDevice();
    const f = await loadFamily(name);
    const base = await openFamily(device, name);
    await firstStep(f, base, method);
    await tenSteps(f, base, method);
    base.free();
    expect(device.buffers.live().buffers).toBe(0);
    expect(device.error()).toBeNull();
  });
});

it('prints the tolerances reached', () => {
  console.info([...report].map(([what, error]) => `families, ${what}: ${error.toExponential(1)}`).join('\n'));
});
