/**
 * What a program is given to train on text; the example itself runs in the packed package (`npm run pack -- --try`).
 */
import { afterAll, expect, test } from 'vitest';
import { Trainer, fullLayout, openCpuDevice } from '../engine';
import { openModel, promptIds, runSettings, textBatch, trainSettings } from './text';

const here = globalThis.fetch;
afterAll(() => {
  globalThis.fetch = here;
});

test('a model by its name is trained on texts', async () => {
  const device = await openCpuDevice({ threads: 1 });
  const { base, tokenizer } = await openModel('sieve-stories-nano', device);
  const batch = textBatch(['A fox ran.', 'The sea is wide and blue.'], tokenizer, 6);
  // Each ends with the end of a text, where there is room for it.
  expect(batch.starts).toEqual(Uint32Array.from([0, promptIds(tokenizer, 'A fox ran.').length + 1, batch.ids.length]));
  expect([...batch.ids].slice(0, batch.starts[1]).at(-1)).toBe(tokenizer.eosId);
  expect(batch.ids.length - batch.starts[1]).toBe(6);
  expect([...batch.targets].filter((id) => id < 0)).toHaveLength(2);
  const train = trainSettings({ steps: 4, batchSize: 2, maxSequenceLength: 8, warmupSteps: 0 });
  const run = runSettings({ id: 'a', method: 'lora', rank: 4 });
  expect(run).toMatchObject({ name: 'a', rank: 4, dropout: 0 });
  const trainer = await Trainer.create(base, [run], train, fullLayout(base.config, 1, train));
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) losses.push((await (await trainer.step(['a'], [batch], step)).get('a')!).loss);
  expect(losses[3]).toBeLessThan(losses[0] - 0.1);
  trainer.free();
  base.free();
  device.destroy();
  await expect(openModel('sieve-stories-none', device)).rejects.toThrow('sieve-stories-none');
}, 300_000);
