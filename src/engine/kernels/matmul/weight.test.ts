/** A matrix that comes a stretch at a time lies on a device as one that comes whole. */
import { describe, expect, it } from 'vitest';
import { halvesToF32 } from '../../../shared/half';
import { type StoredMatrix, rowsOf, stretchesOf, valueCount } from '../../../shared/quantised';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { randomFloats, testDevice } from '../../testing/harness';
import { halfBits } from './halfBits';
import { randomBlocks } from './quantised';
import { uploadStretches, uploadWeight } from './weight';

const [ROWS, WIDTH] = [19, 64];
/** Four rows. */
const MOST = 4 * WIDTH + 1;

const halves = randomFloats(ROWS * WIDTH, 1).map((x) => Math.round(256 * x) / 256);
const blocks = (type: 'q4/32/scale' | 'q4/32/halves' | 'q8/16/floats') => {
  const rng = new Rng(3);
  return randomBlocks(type, (ROWS * WIDTH) / (type === 'q8/16/floats' ? 16 : 32), () => rng.float());
};
/** One that is no f16, far behind. */
const late = halves.map((x, i) => (i === 10 * WIDTH + 3 ? 0.1 : x));
const mixed = blocks('q4/32/halves');

const CASES: Record<string, { matrix: StoredMatrix; type: string }> = {
  'f32 that f16 holds': { matrix: halves, type: 'f16' },
  'bits of f16': { matrix: halfBits(halves)!, type: 'f16' },
  'f32 of which f16 does not hold a late one': { matrix: late, type: 'f32' },
  'blocks with a scale': { matrix: blocks('q4/32/scale'), type: 'q4/32/scale' },
  'blocks with halves': { matrix: mixed, type: 'q4/32/halves' },
  'blocks with floats': { matrix: blocks('q8/16/floats'), type: 'q8/16/floats' },
};

describe('a matrix in stretches', () => {
  it.each(Object.entries(CASES))('%s', async (_, { matrix, type }) => {
    const device = await testDevice();
    const scope = device.buffers.scope('stretches');
    const whole = uploadWeight(scope, 'whole', matrix);
    const before = device.buffers.live();
    const rows = [...stretchesOf({ first: 0, count: ROWS }, WIDTH, MOST)];
    expect(rows).toHaveLength(5);
    const parts = uploadStretches(scope, 'parts', {
      // Two rows more on the device, of zeros.
      values: valueCount(matrix) + 2 * WIDTH,
      stretches: rows.map((some) => () => rowsOf(matrix, some, WIDTH)),
    });
    expect([whole.type, parts.type]).toEqual([type, type]);
    // What was begun in a smaller storage is given back.
    expect(device.buffers.live().buffers).toBe(before.buffers + 1);
    const bits = async (weight: typeof whole) => new Uint8Array(await readTensor(device, weight.tensor));
    const [expected, got] = [await bits(whole), await bits(parts)];
    expect(got.slice(0, expected.length)).toEqual(expected);
    expect(got.slice(expected.length).every((x) => x === 0)).toBe(true);
    scope.free();
  });

  it('blocks of which only a later stretch has offsets', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('stretches');
    const { scales, values } = mixed;
    const offsets = scales.map((scale, i) => (i < 8 ? -8 * scale : scale));
    const ofRows = (from: number, to: number) =>
      rowsOf({ ...mixed, offsets }, { first: from, count: to - from }, WIDTH);
    const whole = uploadWeight(scope, 'whole', { ...mixed, values, offsets });
    const parts = uploadStretches(scope, 'parts', {
      values: ROWS * WIDTH,
      stretches: [() => ({ ...mixed, ...ofRows(0, 4), offsets: null }), () => ofRows(4, ROWS)],
    });
    expect([whole.type, parts.type]).toEqual(['q4/32/halves', 'q4/32/halves']);
    expect(await readTensor(device, parts.tensor)).toEqual(await readTensor(device, whole.tensor));
    scope.free();
  });

  it('f16 is worth what its bits say', () => {
    expect(halvesToF32(halfBits(halves)!)).toEqual(halves);
  });
});
