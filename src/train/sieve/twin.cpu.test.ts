/** Path attribution on the embedded models: its sum, and single updates and modules against taking them away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
        [5, 0.1],
        [20, 0.02],
      ]) {
        const [worth] = await twin.attribution([batch], { points, tau });
        expect(checksum({ byModule: worth, ...measured }).error, `${points} points`).toBeLessThan(allowed);
      }
    }
  }, 120_000);
});

describe('a gated adapter, and a weak one', () => {
  let t: Trained;
  const close = new Set<Twin>();
  const open = async () => {
    const twin = await Twin.open(t.model, t.run, train);
    close.add(twin);
    return twin;
  };
  beforeAll(async () => {
    t = await trained('sieve-stories-nano', 'lora');
  }, 60_000);
  afterAll(() => {
    close.forEach((twin) => twin.free());
    free(t);
  });

  it('skipped updates are worth nothing, and the others add up, but for tokens whose gates turn on the way', async () => {
    const twin = await open();
    const [batch] = t.data.validation;
    const n = twin.adapter.modules.length;
    const [ratio] = await twin.trainer.measurements.ratios(twin.run.id, [batch]);
    const tau = Float32Array.from(rank(ratio, n), (r) => thresholdOf(r, Math.floor(r.ratio.length / 2)));
    twin.setThresholds(tau);
    const measured = await ends(twin, [batch]);
    const { active } = await twin.trainer.measurements.gateMap(twin.run.id, batch.ids.slice(0, batch.starts[1]));
    const [worth] = await twin.attribution([batch], { points: 5, tau });
    expect(checksum({ byModule: worth, ...measured }).error).toBeLessThan(0.1);
    const tokens = batch.ids.length;
    const skipped = Array.from(
      active,
      (open, i) => [open, worth[Math.floor(i / batch.starts[1]) * tokens + (i % batch.starts[1])]] as const,
    ).filter(([open]) => open === 0);
    expect(skipped.length).toBeGreaterThan(active.length / 3);
    expect(skipped.filter(([, w]) => w === 0).length / skipped.length).toBeGreaterThan(0.8);
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
