import { expect, it } from 'vitest';
import type { TokenSet } from '../shared/types';
import { TrainError } from '../shared/errors';
import { TrainingData, refuseForeign, splitExamples } from './trainingData';

/** Example i is three tokens i. */
const set = (n: number): TokenSet => ({
  ids: Int32Array.from({ length: 3 * n }, (_, i) => Math.floor(i / 3)),
  offsets: Uint32Array.from({ length: n + 1 }, (_, i) => 3 * i),
  supervised: new Uint8Array(3 * n).fill(1),
});
const model = (vocab: number, patches: { side: number; patch: number } | null = null) =>
  ({ vocab, embedding: { patches } }) as Parameters<typeof refuseForeign>[1];
const examples = (ids: Int32Array) => [...new Set(ids)].sort((a, b) => a - b);

it('ids that the model has not are refused, in either part', () => {
  const four = { train: set(4), validation: set(2) };
  expect(() => refuseForeign(four, model(4))).not.toThrow();
  expect(() => refuseForeign(four, model(3))).toThrow(/token id 3, but the model has 3 tokens/);
  expect(() => refuseForeign({ train: set(1), validation: set(4) }, model(3))).toThrow(TrainError);
  expect(() =>
    refuseForeign({ train: { ...set(1), ids: Int32Array.of(0, -1, 0) }, validation: set(1) }, model(3)),
  ).toThrow(TrainError);
});

it('texts are refused where pictures are read, pictures where texts are, and pictures that are cut otherwise', () => {
  const format = { side: 2, patch: 4, resample: 2, scale: [1, 1, 1], shift: [0, 0, 0] };
  const pictures = { format, values: new Uint8Array(0), names: [] };
  const [texts, cut] = [
    { train: set(1), validation: set(1) },
    { ...set(1), pictures },
  ];
  expect(() => refuseForeign({ train: cut, validation: cut }, model(5, { side: 2, patch: 4 }))).not.toThrow();
  for (const [data, of] of [
    [texts, model(5, { side: 2, patch: 4 })],
    [{ train: cut, validation: cut }, model(5)],
    [{ train: cut, validation: cut }, model(17, { side: 4, patch: 2 })],
  ] as const)
    expect(() => refuseForeign(data, of)).toThrow(TrainError);
});

it('the parts are disjoint, together all, and the seed’s', () => {
  const { train, dev } = splitExamples(50, { seed: 3, devShare: 0.2 });
  expect(dev).toHaveLength(10);
  expect([...train, ...dev].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(splitExamples(50, { seed: 3, devShare: 0.2 }).dev).toEqual(dev);
  expect(splitExamples(50, { seed: 4, devShare: 0.2 }).dev).not.toEqual(dev);
  expect(splitExamples(5, { seed: 1, devShare: 0 })).toEqual({ train: [0, 1, 2, 3, 4], dev: [] });
  expect(splitExamples(2, { seed: 1, devShare: 0.01 }).dev).toHaveLength(1);
  expect(() => splitExamples(1, { seed: 1, devShare: 0.1 })).toThrow('only one example');
});

it('nothing of the dev split is learnt from, over epochs, and both orders go on where they stood', () => {
  const config = { seed: 7, devShare: 0.25 };
  const { train, dev } = splitExamples(20, config);
  const data = new TrainingData(set(20), config);
  const seen = Array.from({ length: 12 }, () => examples(data.next(5).ids)).flat();
  expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(train);
  expect(examples(data.nextDevBatch(5).ids)).toEqual(dev);
  data.nextDevBatch(2);
  const again = new TrainingData(set(20), config, structuredClone(data.state()));
  expect(again.next(4)).toEqual(data.next(4));
  expect(again.nextDevBatch(4)).toEqual(data.nextDevBatch(4));
  expect(data.dev(4, 3).map((b) => examples(b.ids))).toEqual([dev.slice(0, 3), dev.slice(3, 4)]);
  expect(() => new TrainingData(set(20), { seed: 7, devShare: 0 }).nextDevBatch(1)).toThrow('no dev split');
});
