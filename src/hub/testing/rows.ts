/** Rows of weights that are read by themselves, beside those of the whole. */
import { expect } from 'vitest';
import { type ModelDescription, weightShapes } from '../../shared/model';
import { floatsOf, isQuantised, rowsOf } from '../../shared/quantised';
import type { Weights } from '../weights';

/** Every matrix of a model, without its first row and its last two, is the same as in the whole. */
export function expectSameRows(weights: Weights, model: ModelDescription): void {
  let matrices = 0;
  for (const { name, shape } of weightShapes(model)) {
    const whole = weights.stored(name);
    // A quantised matrix that lies [in, out] in the state dict is read as a whole.
    if (shape.length !== 2 || (isQuantised(whole) && whole.scales.length * whole.block !== shape[0] * shape[1]))
      continue;
    const rows = { first: 1, count: shape[0] - 3 };
    const read = weights.stored(name, rows);
    expect(floatsOf(read), name).toEqual(floatsOf(rowsOf(whole, rows, shape[1])));
    matrices++;
  }
  expect(matrices).toBeGreaterThan(0);
}
