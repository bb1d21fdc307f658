/** Gates for a finished adapter, on the embedded models: proved by evaluations from scratch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainer } from '../../engine/trainer';
import { Rng } from '../../shared/rng';
import { adapterFiles } from '../adapterFiles';
import { readAdapter } from '../readAdapter';
import { type Trained, free, layout, train, trained } from '../testing/finished';
import { Sieve } from './sieve';

describe.each(['lora', 'dora'] as const)('%s', (method) => {
  let t: Trained;
  let sieve: Sieve;
  beforeAll(async () => {
    t = await trained('sieve-stories-nano', method);
    sieve = await Sieve.open(t.run, { model: t.model, train, data: t.data });
  });
  afterAll(() => {
    sieve.free();
    free(t);
  });

  it('skips what is asked for; at 0 % it is the adapter, at all it is the base', async () => {
    const { info } = sieve;
    expect(info).toMatchObject({ examples: 5, calibration: 4, dev: false });
    expect(info.ways).toEqual(method === 'lora' ? ['ratio', 'path', 'joint'] : ['ratio', 'joint']);
    const [{ loss: dense }, { loss: ofBase }] = await t.trainer.evaluate(['run', null], t.data.validation);
    expect(Math.abs(info.dense - dense)).toBeLessThan(1e-6);
    expect(Math.abs(info.base - ofBase)).toBeLessThan(1e-6);
    expect(await sieve.at('ratio', 0)).toEqual({ share: 0, skipped: 0, loss: info.dense, preview: false });
    const half = await sieve.at('ratio', 0.5);
    expect(half.skipped).toBeGreaterThan(0.4);
    expect(half.skipped).toBeLessThan(0.6);
    expect(half.loss).toBeGreaterThan(info.dense);
    const preview = await sieve.at('ratio', 0.5, true);
    expect(preview.preview).toBe(true);
    expect(preview.loss).not.toBe(half.loss);
  });

  it('ten random positions: as an evaluation from scratch of the files that are exported', async () => {
    const rng = new Rng(7);
    let scratch: Trainer | null = null;
    for (let i = 0; i < (method === 'lora' ? 10 : 3); i++) {
      // One joint search is enough: each takes a while.
      const way = i === 2 ? 'joint' : sieve.info.ways[i % (sieve.info.ways.length - 1)];
      const share = i === 2 ? 0.6 : rng.uniform(0, 0.95);
      const point = await sieve.at(way, share);
      const { run, adapters } = await sieve.gated(way, share);
      const files = adapterFiles({
        run: run.config,
        model: { id: 'nano', revision: null },
        adapters,
        thresholds: await run.method.thresholds(),
        rule: 'afterwards',
        template: { prompt: '', completion: '' },
        check: null,
      });
      const read = readAdapter(files, t.model.base.config, 'run');
      scratch ??= await Trainer.create(t.model.base, [read.run], train, layout);
      scratch.run('run').load(read.adapters);
      scratch.run('run').method.setThresholds(read.thresholds!);
      await scratch.run('run').refresh();
      const [{ loss, gate }] = await scratch.evaluate(['run'], t.data.validation);
      expect(Math.abs(loss - point.loss), `${way} ${share}`).toBeLessThan(1e-5);
      const sum = (x: Uint32Array) => x.reduce((a, b) => a + b, 0);
      expect(1 - sum(gate!.active) / sum(gate!.tokens)).toBeCloseTo(point.skipped, 6);
    }
    scratch!.free();
  }, 60_000);

  it('the joint search is never worse where it looks than the even choice', async () => {
    const loss = async (way: 'ratio' | 'joint') => calibrationLoss(t, await sieve.thresholds(way, 0.6));
    expect(await loss('joint')).toBeLessThanOrEqual(await loss('ratio'));
  }, 60_000);

  it('leaves the run as it was, and frees all that it took', async () => {
    const before = t.model.base.device.buffers.live();
    const other = await Sieve.open(t.run, { model: t.model, train, data: t.data });
    await other.at('ratio', 0.3);
    other.free();
    expect(t.model.base.device.buffers.live()).toEqual(before);
  });
});

/** Loss on the calibration set with these thresholds, from scratch. */
async function calibrationLoss(t: Trained, tau: Float32Array): Promise<number> {
  const { run, adapters } = await t.run.exported();
  const config = { ...run, method: run.method === 'lora' ? ('ts-lora' as const) : ('ts-dora' as const) };
  const trainer = await Trainer.create(t.model.base, [config], train, layout);
  trainer.run('run').load(adapters);
  trainer.run('run').method.setThresholds(tau);
  await trainer.run('run').refresh();
  const [{ loss }] = await trainer.evaluate(['run'], t.data.calibration);
  trainer.free();
  return loss;
}

it('what has gates, or can have none, is refused', async () => {
  for (const method of ['ts-lora', 'adalora'] as const) {
    const t = await trained('sieve-stories-nano', method);
    await expect(Sieve.open(t.run, { model: t.model, train, data: t.data })).rejects.toThrow(
      'cannot be given gates afterwards',
    );
    free(t);
  }
});
