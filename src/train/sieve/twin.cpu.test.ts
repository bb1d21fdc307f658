/** Path attribution on the embedded models: its sum, and single updates and modules against taking them away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scaledUpdate } from '../../engine/adapters/parameters';
import { checksum } from '../../shared/attribution';
import type { TokenBatch } from '../../shared/types';
import { type Trained, free, train, trained } from '../testing/finished';
import { rank, thresholdOf } from './choose';
import { Twin } from './twin';

const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

async function ends(twin: Twin, batches: TokenBatch[]) {
  const [{ loss: base }, { loss: adapted }] = await twin.trainer.evaluate([null, twin.run.id], batches);
  return { base, adapted };
}

describe.each(['sieve-stories-nano', 'sieve-stories-4m'])('%s', (id) => {
  let t: Trained;
  let twin: Twin;
  beforeAll(async () => {
    t = await trained(id, 'lora');
    twin = await Twin.open(t.model, t.run, train);
  }, 60_000);
  afterAll(() => {
    twin.free();
    free(t);
  });

  it('an attribution adds up to the loss of the base minus that of the adapter, on texts of its own', async () => {
    const tau = new Float32Array(twin.adapter.modules.length);
    // The big one takes seconds a text at twenty points.
    for (const batch of t.data.validation.slice(id === 'sieve-stories-nano' ? 0 : 2)) {
      const measured = await ends(twin, [batch]);
      for (const [points, allowed] of [
        [5, 0.02],
        [20, 0.001],
      ]) {
        const [worth] = await twin.attribution([batch], { points, tau });
        expect(checksum({ byModule: worth, ...measured }).error, `${points} points`).toBeLessThan(allowed);
      }
    }
  }, 120_000);
});

/** Opens twins of a trained run, and frees all of them in the end. */
function twinsOf(trainedRun: () => Trained) {
  const opened: Twin[] = [];
  return {
    async open(): Promise<Twin> {
      const { model, run } = trainedRun();
      const twin = await Twin.open(model, run, train);
      opened.push(twin);
      return twin;
    },
    freeAll: () => opened.forEach((twin) => twin.free()),
  };
}

describe('a gated adapter, and a weak one', () => {
  let t: Trained;
  const { open, freeAll } = twinsOf(() => t);
  beforeAll(async () => {
    t = await trained('sieve-stories-nano', 'lora');
  }, 60_000);
  afterAll(() => {
    freeAll();
    free(t);
  });

  it('skipped updates are worth nothing, and the others add up', async () => {
    const twin = await open();
    const [batch] = t.data.validation;
    const n = twin.adapter.modules.length;
    const [ratio] = await twin.trainer.measurements.ratios(twin.run.id, [batch]);
    const tau = Float32Array.from(rank(ratio, n), (r) => thresholdOf(r, Math.floor(r.ratio.length / 2)));
    twin.setThresholds(tau);
    const measured = await ends(twin, [batch]);
    const { active } = await twin.trainer.measurements.gateMap(twin.run.id, batch.ids.slice(0, batch.starts[1]));
    const [worth] = await twin.attribution([batch], { points: 5, tau });
    expect(checksum({ byModule: worth, ...measured }).error).toBeLessThan(0.02);
    const [fine] = await twin.attribution([batch], { points: 20, tau });
    expect(checksum({ byModule: fine, ...measured }).error).toBeLessThan(0.001);
    const tokens = batch.ids.length;
    const skipped = Array.from(
      active,
      (open, i) => [open, worth[Math.floor(i / batch.starts[1]) * tokens + (i % batch.starts[1])]] as const,
    ).filter(([open]) => open === 0);
    expect(skipped.length).toBeGreaterThan(active.length / 3);
    expect(skipped.every(([, w]) => w === 0)).toBe(true);
    // The gates are as they were.
    expect(await ends(twin, [batch])).toEqual(measured);
  });

  it('of a weak adapter each part is what the loss rises by where it is taken away', async () => {
    const { adapters } = await t.run.exported();
    t.run.load(adapters.map((a) => ({ ...a, b: a.b.map((v) => v * 0.03) })));
    await t.run.refresh();
    const twin = await open();
    const [batch] = t.data.validation;
    const n = twin.adapter.modules.length;
    const [worth] = await twin.attribution([batch], { points: 5, tau: new Float32Array(n) });
    const { adapted } = await ends(twin, [batch]);
    const tokens = batch.ids.length;
    const ranked = rank((await twin.trainer.measurements.ratios(twin.run.id, [batch]))[0], n);
    const largest = Math.max(
      ...Array.from({ length: n }, (_, m) => Math.abs(sumOf(worth.subarray(m * tokens, (m + 1) * tokens)))),
    );
    for (let m = 0; m < n; m += 2) {
      for (const count of [1, Math.ceil(tokens / 2), tokens]) {
        const tau = new Float32Array(n);
        tau[m] = thresholdOf(ranked[m], count);
        twin.setThresholds(tau);
        const without = (await ends(twin, [batch])).adapted - adapted;
        const own = sumOf(Array.from(ranked[m].order.subarray(0, count), (token) => worth[m * tokens + token]));
        expect(Math.abs(without - own), `module ${m}, ${count} tokens`).toBeLessThan(
          0.1 * Math.abs(own) + 0.02 * largest,
        );
      }
    }
  });
});

describe('a late gate, whose constant skipped tokens get', () => {
  let t: Trained;
  const { open, freeAll } = twinsOf(() => t);
  beforeAll(async () => {
    t = await trained('sieve-stories-nano', 'ts-lora', { rule: 'late', gateStart: 0.25, activeShare: 0.4 });
    // So few steps leave the constants small.
    const { adapters } = await t.run.exported();
    t.run.load(adapters.map((a) => ({ ...a, constant: a.constant!.map((b) => 10 * b) })));
    await t.run.refresh();
  }, 60_000);
  afterAll(() => {
    freeAll();
    free(t);
  });

  /** Zero but for one module, which skips its `count` smallest r: no other gate can turn. */
  async function skipping(twin: Twin, batch: TokenBatch, m: number, count: number) {
    const n = twin.adapter.modules.length;
    const [ratio] = await twin.trainer.measurements.ratios(twin.run.id, [batch]);
    const tau = new Float32Array(n);
    tau[m] = thresholdOf(rank(ratio, n)[m], count);
    twin.setThresholds(tau);
    return tau;
  }
  /** The loss where that module's constant is `factor` times as large. */
  async function lossWith(twin: Twin, batch: TokenBatch, m: number, factor: number) {
    const load = async (by: number) => {
      const scaled = (a: (typeof twin.adapters)[number]) => ({ ...a, constant: a.constant!.map((b) => b * by) });
      twin.adapter.load(twin.adapters.map((a, i) => (i === m ? scaled(a) : a)));
      await twin.adapter.refresh();
    };
    await load(factor);
    const { adapted } = await ends(twin, [batch]);
    await load(1);
    return adapted;
  }

  it('adds up to the loss of the base minus that of the adapter', async () => {
    const twin = await open();
    const tau = (await t.run.method.thresholds())!;
    const [batch] = t.data.validation;
    twin.setThresholds(tau);
    const measured = await ends(twin, [batch]);
    expect(measured.adapted, 'the twin is the run').toBe((await t.trainer.evaluate(['run'], [batch]))[0].loss);
    for (const [points, allowed] of [
      [5, 0.02],
      [20, 0.001],
    ]) {
      const [worth] = await twin.attribution([batch], { points, tau });
      expect(checksum({ byModule: worth, ...measured }).error, `${points} points`).toBeLessThan(allowed);
      // Without what skipped tokens get it would not.
      const [ratio] = await twin.trainer.measurements.ratios(twin.run.id, [batch]);
      const tokens = batch.ids.length;
      const ofSkipped = sumOf(worth.filter((_, i) => ratio[i] < tau[Math.floor(i / tokens)]));
      expect(Math.abs(ofSkipped)).toBeGreaterThan(0.1 * Math.abs(measured.base - measured.adapted));
    }
    expect(await ends(twin, [batch]), 'the gates are as they were').toEqual(measured);
  });

  it('has the slope of the loss along a module’s constant', async () => {
    const twin = await open();
    const [batch] = t.data.validation;
    for (const m of [0, 9, 18, 27]) {
      await skipping(twin, batch, m, Math.ceil(batch.ids.length / 2));
      const [{ skipped, ratio, mu }] = await twin.trainer.measurements.tokenGradients(twin.run.id, [batch]);
      expect(skipped).toHaveLength(mu.length);
      const tau = (await twin.adapter.method.thresholds())!;
      const tokens = batch.ids.length;
      const own = sumOf(skipped!.filter((_, i) => Math.floor(i / tokens) === m && ratio[i] < tau[m]));
      const step = 0.1;
      const [up, down] = [await lossWith(twin, batch, m, 1 + step), await lossWith(twin, batch, m, 1 - step)];
      const slope = (up - down) / (2 * step);
      expect(Math.abs(slope - own), `module ${m}`).toBeLessThan(0.01 * Math.abs(slope) + 1e-5);
    }
  });

  it('of a weak adapter each constant is what the loss rises by where it is taken away', async () => {
    const { adapters } = await t.run.exported();
    t.run.load(adapters.map((a) => scaledUpdate(a, 0.005)));
    await t.run.refresh();
    const twin = await open();
    const [batch] = t.data.validation;
    const tokens = batch.ids.length;
    const found: { own: number; without: number; what: string }[] = [];
    for (const m of [0, 9, 18, 27]) {
      for (const count of [1, Math.ceil(tokens / 2), tokens]) {
        const tau = await skipping(twin, batch, m, count);
        const { adapted } = await ends(twin, [batch]);
        const [worth] = await twin.attribution([batch], { points: 1, tau });
        const [ratio] = await twin.trainer.measurements.ratios(twin.run.id, [batch]);
        const own = sumOf(worth.filter((_, i) => Math.floor(i / tokens) === m && ratio[i] < tau[m]));
        found.push({
          own,
          without: (await lossWith(twin, batch, m, 0)) - adapted,
          what: `module ${m}, ${count} tokens`,
        });
      }
    }
    const largest = Math.max(...found.map(({ own }) => Math.abs(own)));
    for (const { own, without, what } of found)
      expect(Math.abs(without - own), what).toBeLessThan(0.1 * Math.abs(own) + 0.02 * largest);
  });
});

it('an oracle gate, which is open outside training, adds up with every token active', async () => {
  const t = await trained('sieve-stories-nano', 'ts-lora', { rule: 'oracle' });
  expect(await t.run.method.thresholds()).toBeNull();
  const twin = await Twin.open(t.model, t.run, train);
  const [batch] = t.data.validation;
  const measured = await ends(twin, [batch]);
  expect(measured.adapted).toBe((await t.trainer.evaluate(['run'], [batch]))[0].loss);
  const tau = new Float32Array(twin.adapter.modules.length);
  const [worth] = await twin.attribution([batch], { points: 5, tau });
  expect(checksum({ byModule: worth, ...measured }).error).toBeLessThan(0.02);
  twin.free();
  free(t);
});
