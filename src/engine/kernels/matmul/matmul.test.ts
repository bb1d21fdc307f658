import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import type { Device } from '../../device/device';
import type { RowCount } from '../../device/program';
import { type MatmulOptions, matmul, matmulTile, squareParts } from './matmul';
import { type MatmulRef, matmulRef } from './matmul.ref';
import { split } from './split';
import { VARIANTS, shapeClass } from './variants';

// Edges of every tile: rows and columns that do not fill one, k that is no multiple of what a step takes.
const SHAPES: [rows: number, n: number, k: number][] = [[57, 20, 12], [95, 36, 8], [1, 4, 4], [70, 68, 20], [7, 8, 512], [130, 64, 192]];
// f32 sums of k products: about k · 2⁻²⁴ of the largest
const TOLERANCE = 3e-6;

/** Multiples of 2⁻¹⁰ in [−1, 1): f16 holds them as they are. */
const roundF16 = (values: Float32Array<ArrayBuffer>) => values.map((x) => Math.floor(1024 * x) / 1024);

/** Such values as bits of f16: sign, exponent + 15, ten bits after the point. */
const packF16 = (values: Float32Array) => Uint16Array.from(values, (x) => {
  if (x === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return (x < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + 1024 * (Math.abs(x) / 2 ** exponent - 1);
});

type Case = MatmulRef & { rows: number; from?: number; max?: number; type?: 'f32' | 'f16'; squares?: boolean; variant?: string };

/** Runs a product with random operands and compares all it writes with the reference. Several at once compile beside one another. @returns out */
async function check({ rows, from = 0, max, type = 'f32', squares: withSquares = false, variant, ...how }: Case): Promise<{ out: Float32Array; dispatches: number }> {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const { n, k, transposed } = how;
  const shape = { n, k, transposed, maxRows: max };
  device.tuning = variant ? { [shapeClass(shape)]: variant, few: variant } : {};
  const [aStride, outStride] = [how.aStride ?? k, how.outStride ?? n];
  const a = randomFloats((from + rows) * aStride, 1).slice(from * aStride);
  const w = type === 'f16' ? roundF16(randomFloats(n * k, 2)) : randomFloats(n * k, 2);
  const start = randomFloats(rows * outStride, 3);
  const residual = how.residual ? randomFloats(rows * outStride, 4) : undefined;
  const out = scope.upload('out', start);
  const parts = squareParts(device, shape);
  const squares = withSquares ? scope.alloc('squares', 4 * rows * parts) : undefined;
  const count: RowCount = { ...rowCount(scope, rows), max };
  const weight = type === 'f16' ? { tensor: scope.upload('w', packF16(w)), type } : scope.upload('w', w);
  const options: MatmulOptions = { label: 'test', rows: count, a: scope.upload('a', a), w: weight, out, ...how, residual: residual && scope.upload('residual', residual), squares };
  const ops = matmul(device, options);
  device.tuning = {};
  await runOps(device, ops);
  const expected = Float64Array.from(start);
  const sums = matmulRef(expected, a, w, [...Array(rows).keys()], { ...how, residual });
  const result = await floats(device, out, rows * outStride);
  expectCloseToMax(result, expected, TOLERANCE);
  if (squares) {
    const values = await floats(device, squares, rows * parts);
    expectCloseToMax(Float32Array.from(sums, (_, row) => values.slice(row * parts, (row + 1) * parts).reduce((x, y) => x + y, 0)), sums, TOLERANCE, 'squares');
  }
  expect(ops.reduce((macs, op) => macs + op.macs!({ rows, supervised: 0, segments: 1 }), 0)).toBe(rows * n * k);
  scope.free();
  return { out: result, dispatches: ops.length };
}

for (const [variant, { fits }] of Object.entries(VARIANTS)) {
  describe(`matmul, ${variant}`, () => {
    for (const transposed of [true, false]) {
      const name = transposed ? 'W is [n, k]' : 'W is [k, n]';
      it(`added to out: ${name}`, async () => {
        const device = await testDevice();
        await Promise.all(SHAPES.filter(([, n, k]) => fits(device, { n, k, transposed })).map(([rows, n, k]) => check({ rows, n, k, transposed, variant, accumulate: true, scale: 0.5 })));
      });
      it(`residual, squares, strides: ${name}`, async () => {
        await Promise.all([[57, 36, 12], [33, 68, 64]].map(([rows, n, k]) => check({ rows, n, k, transposed, variant, residual: [], squares: true, scale: 0.5, aStride: k + 8, aColumn: 4, outStride: n + 12, outColumn: 8 })));
      });
      it(`f16 weights: ${name}`, async () => {
        await Promise.all([[57, 36, 12], [9, 36, 64]].map(([rows, n, k]) => check({ rows, n, k, transposed, variant, type: 'f16' })));
      });
    }
    // The last has more tiles of rows than workgroups that take turns with them.
    it.each([['two of three', 101, 36, (i: number) => i % 3 !== 1], ['none', 101, 36, () => false], ['many', 600, 68, (i: number) => i % 3 !== 1], ['few', 5, 36, (i: number) => i === 2 || i === 4, 5]] as const)('active rows, %s: only the listed rows are read and written', async (_, rows, n, open, max?: number) => {
      const device = await testDevice();
      const scope = device.buffers.scope('test');
      const k = 12;
      const index = [...Array(rows).keys()].filter(open);
      const a = randomFloats(rows * k, 1);
      const w = randomFloats(n * k, 2);
      const start = randomFloats(rows * n, 3);
      device.tuning = { active: variant };
      const { rowsPerGroup, columnGroups } = matmulTile(device, n);
      const args = scope.upload('args', Uint32Array.of(9, 9, 9, 9, Math.ceil(index.length / rowsPerGroup), columnGroups, 1), 'indirect');
      const list = scope.upload('list', Uint32Array.of(index.length, ...index));
      const out = scope.upload('out', start);
      const parts = squareParts(device, { n, k, transposed: true, active: true });
      const squares = scope.upload('squares', new Float32Array(rows * parts).fill(-1));
      const how = { n, k, transposed: true, accumulate: true, scale: 2 };
      await runOps(device, matmul(device, { label: 'test', rows: { list, args: { indirect: args, offset: 16 }, max }, a: scope.upload('a', a), w: scope.upload('w', w), out, squares, ...how }));
      device.tuning = {};
      const expected = Float64Array.from(start);
      const sums = matmulRef(expected, a, w, index, how);
      expectCloseToMax(await floats(device, out, rows * n), expected, TOLERANCE);
      const values = await floats(device, squares, rows * parts);
      const ofRow = (row: number) => values.slice(row * parts, (row + 1) * parts).reduce((x, y) => x + y, 0);
      if (index.length) expectCloseToMax(index.map(ofRow), sums, TOLERANCE, 'squares');
      expect(ofRow(1)).toBe(-parts);
      scope.free();
      expect(device.buffers.live().buffers).toBe(0);
    });
    it('a row is the same, bit for bit, whichever rows are beside it', async () => {
      const together = await check({ rows: 75, n: 36, k: 64, transposed: true, variant });
      const first = await check({ rows: 1, n: 36, k: 64, transposed: true, variant });
      expect(first.out).toEqual(together.out.slice(0, 36));
      const shifted = await check({ rows: 44, n: 36, k: 64, transposed: true, variant, from: 31 });
      expect(shifted.out).toEqual(together.out.slice(31 * 36));
    });
  });
}

// What decoding asks for: as many rows as there are models, their number known beforehand. On the CPU a kernel of its own.
describe.each(onCpu ? ['vector'] : (['vector', 'tileFew'] as const))('matmul with few rows, %s', (variant) => {
  // Edges: columns that do not fill a workgroup or a panel, sums that are shorter than the threads are many, or uneven.
  const cases: (Omit<Case, 'rows' | 'transposed'> & { max: number })[] = [
    { max: 1, n: 192, k: 8, accumulate: true, scale: 0.5 },
    { max: 1, n: 68, k: 576, type: 'f16', squares: true },
    { max: 2, n: 8, k: 192, squares: true, aStride: 200, aColumn: 4, outStride: 20, outColumn: 8 },
    { max: 4, n: 100, k: 44, type: 'f16', residual: [], outStride: 112, outColumn: 8, scale: 0.5 },
    { max: 8, n: 36, k: 12, type: 'f16', residual: [], squares: true, aStride: 20, aColumn: 4 },
    { max: 8, n: 4, k: 4, accumulate: true },
  ];
  it.each(cases)('$n columns, sums over $k, at most $max rows', async (how) => {
    await Promise.all([1, 2, 3, 4, 7, 8].filter((rows) => rows <= how.max).map((rows) => check({ ...how, rows, transposed: true, variant })));
  });
  it('W is [k, n]', async () => {
    await check({ rows: 3, max: 8, n: 68, k: 44, transposed: false, variant, accumulate: true });
  });
  it.each(['f32', 'f16'] as const)('a row is the same, bit for bit, whichever and however many rows are beside it: %s', async (type) => {
    const how = { n: 36, k: 212, transposed: true, variant, type };
    const together = await check({ ...how, rows: 8, max: 8 });
    for (let from = 0; from < 8; from++) {
      for (const count of [1, 2, 3, 5].filter((n) => from + n <= 8)) {
        const some = await check({ ...how, rows: count, max: count, from });
        expect(some.out, `${count} from ${from}`).toEqual(together.out.slice(36 * from, 36 * (from + count)));
      }
    }
  });
});

describe('matmul', () => {
  // A CPU holds no screen up: nothing is split there.
  it.skipIf(onCpu)('a product that is long for a slow adapter is split, with the same result', async () => {
    const device = await testDevice();
    const { software } = device.info;
    device.info.software = true;
    try {
      const shape = { n: 192, k: 2048, transposed: true, squares: true, variant: 'tile16' };
      const whole = await check({ rows: 300, ...shape });
      expect(whole.dispatches).toBe(1);
      // The rows at run time may be as many as it was split for, or fewer.
      for (const [max, atLeast] of [[300, 2], [2000, 8]]) {
        const split = await check({ rows: 300, max, ...shape });
        expect(split.dispatches).toBeGreaterThanOrEqual(atLeast);
        expect(split.out).toEqual(whole.out);
      }
    } finally {
      device.info.software = software;
    }
  });

  it('split by columns too, where one row of workgroups is too long', () => {
    const device = { info: { software: true } } as Device;
    const parts = split(device, 3e7, 2, 7);
    expect(parts.map((p) => [p.firstRows, p.rowGroups, p.firstColumns, p.columnGroups])).toEqual([
      [0, 1, 0, 3], [1, Infinity, 0, 3], [0, 1, 3, 3], [1, Infinity, 3, 3], [0, 1, 6, 1], [1, Infinity, 6, 1],
    ]);
  });
});
