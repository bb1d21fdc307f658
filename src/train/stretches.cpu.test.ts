/**
 * A vocabulary that is read in several stretches: by the engine and by the plain forward, neither of which may ask for
 * all of it.
 */
import { expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { randomFloats, testDevice } from '../engine/testing/harness';
import { plainForward } from '../hub/plainForward';
import { weightShapes } from '../shared/model';
import type { RowRange } from '../shared/quantised';
import { llamaOf } from './testing/tinyLlama';

const model = llamaOf({
  layers: 1,
  dModel: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffn: 96,
  vocab: 70_001,
  context: 64,
  ropeTheta: 10_000,
  rmsEps: 1e-5,
  tied: true,
});
const table = 'model.embed_tokens.weight';

it('both compute the same logits', async () => {
  const tensors = new Map(
    weightShapes(model).map(({ name, shape }, i) => [
      name,
      randomFloats(
        shape.reduce((a, b) => a * b),
        i,
        0.3,
      ),
    ]),
  );
  const asked: (RowRange | undefined)[] = [];
  const read = (name: string, rows?: RowRange) => {
    if (name === table) asked.push(rows);
    const data = tensors.get(name)!;
    return rows ? data.subarray(rows.first * 64, (rows.first + rows.count) * 64) : data;
  };
  // The first row, one in the middle, the last.
  const ids = Int32Array.of(0, 40_000, 70_000);
  const base = new BaseModel(await testDevice(), model, read);
  const generator = await Generator.create(base, [null], ids.length);
  const [ours] = await generator.logits(ids);
  generator.free();
  base.free();
  const expected = plainForward(model, read, ids);
  let [worst, largest] = [0, 0];
  for (const [t, row] of ours.entries())
    for (const [v, value] of row.entries()) {
      worst = Math.max(worst, Math.abs(value - expected[t * model.vocab + v]));
      largest = Math.max(largest, Math.abs(value));
    }
  expect(worst / largest).toBeLessThan(1e-5);
  expect(asked.length).toBeGreaterThan(6);
  expect(asked).not.toContain(undefined);
});
