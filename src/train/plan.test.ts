import { expect, test } from 'vitest';
import { fittingLayouts, largestTensor, planTraining } from '../engine/plan';
import { defaultSession, trainSchema } from '../shared/config';
import { llamaOf } from './testing/tinyLlama';

const config = llamaOf({
  vocab: 8192,
  dModel: 512,
  layers: 8,
  heads: 8,
  kvHeads: 4,
  headDim: 64,
  ffn: 1408,
  context: 512,
  ropeTheta: 1e4,
  rmsEps: 1e-5,
  tied: true,
});
const { runs } = defaultSession();
const train = trainSchema.parse({ batchSize: 6, maxSequenceLength: 256, gradientAccumulationSteps: 2 });
const total = (layout: Parameters<typeof planTraining>[2]['layout']) =>
  planTraining(config, runs, { train, layout, weightBytes: 0 }).reduce((sum, item) => sum + item.bytes, 0);

test('from the fastest layout to the thriftiest, down to one sequence a micro-batch', () => {
  const all = fittingLayouts(config, runs, { train, limits: { budget: Infinity, binding: Infinity }, weightBytes: 0 });
  expect(
    all.map(({ split = 1, recompute, microBatches, capacity: { rows, segments } }) => [
      segments,
      recompute,
      split,
      microBatches,
      rows / 256,
    ]),
  ).toEqual([
    [2, false, 1, 2, 6],
    [1, false, 1, 2, 6],
    [2, true, 1, 2, 6],
    [1, true, 1, 2, 6],
    [1, true, 2, 4, 3],
    [1, true, 4, 8, 2],
    [1, true, 6, 12, 1],
  ]);
  const halved = all.slice(3).map(total);
  expect(halved.every((bytes, i) => i === 0 || bytes < halved[i - 1])).toBe(true);
});

test('limits that are too low cut the batch; where nothing fits, the tensor is named', () => {
  const [whole] = fittingLayouts(config, runs, {
    train,
    limits: { budget: Infinity, binding: Infinity },
    weightBytes: 0,
  });
  const large = largestTensor(config, runs, train, whole);
  const [fits] = fittingLayouts(config, runs, {
    train,
    limits: { budget: Infinity, binding: large.bytes / 2 },
    weightBytes: 0,
  });
  expect(fits.split).toBeGreaterThan(1);
  expect(largestTensor(config, runs, train, fits).bytes).toBeLessThanOrEqual(large.bytes / 2);
  const none = fittingLayouts(config, runs, { train, limits: { budget: Infinity, binding: 1000 }, weightBytes: 0 });
  expect(none.map((l) => l.split)).toEqual([6]);
  expect(largestTensor(config, runs, train, none[0])).toEqual({
    name: expect.stringMatching(/^[\w.]+$/),
    bytes: expect.any(Number),
  });
});
