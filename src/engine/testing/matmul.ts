/** Products with random operands against the reference, for the tests of matmul and of its variants. */
import { expect, it } from 'vitest';
import { type MatmulOptions, matmul, squareParts } from '../kernels/matmul/matmul';
import { type MatmulRef, matmulRef } from '../kernels/matmul/matmul.ref';
import { type BlockType, randomBlocks } from '../kernels/matmul/quantised';
import { VARIANTS, type VariantName, shapeClass } from '../kernels/matmul/variants';
import { type Weight, type WeightType, blockSize, uploadWeight } from '../kernels/matmul/weight';
import type { RowCount } from '../device/program';
import { dequantise } from '../../shared/quantised';
import { Rng } from '../../shared/rng';
import { expectCloseToMax } from './allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from './harness';

// f32 sums of k products: about k · 2⁻²⁴ of the largest
export const TOLERANCE = 3e-6;

/** Multiples of 2⁻¹⁰ in [−1, 1): f16 holds them as they are. */
const roundF16 = (values: Float32Array<ArrayBuffer>) => values.map((x) => Math.floor(1024 * x) / 1024);

/** Such values as bits of f16: sign, exponent + 15, ten bits after the point. */
const packF16 = (values: Float32Array) =>
  Uint16Array.from(values, (x) => {
    if (x === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(x)));
    return (x < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + 1024 * (Math.abs(x) / 2 ** exponent - 1);
  });

export type Case = MatmulRef & {
  rows: number;
  from?: number;
  max?: number;
  type?: WeightType;
  rowNormSquared?: boolean;
  variant?: VariantName;
};

/**
 * Runs a product with random operands and compares all it writes with the reference. Several at once compile beside one
 * another. @returns out
 */
export async function check({
  rows,
  from = 0,
  max,
  type = 'f32',
  rowNormSquared: withSquares = false,
  variant,
  ...how
}: Case): Promise<{ out: Float32Array; dispatches: number }> {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const { n, k, transposed } = how;
  const shape = { n, k, transposed, maxRows: max };
  device.tuning = variant ? { [shapeClass(shape)]: variant } : {};
  const [aStride, outStride] = [how.aStride ?? k, how.outStride ?? n];
  const a = randomFloats((from + rows) * aStride, 1).slice(from * aStride);
  const rng = new Rng(2);
  const blocks =
    type === 'f32' || type === 'f16' ? null : randomBlocks(type, (n * k) / blockSize(type), () => rng.float());
  const w = blocks ? dequantise(blocks) : type === 'f16' ? roundF16(randomFloats(n * k, 2)) : randomFloats(n * k, 2);
  const start = randomFloats((from + rows) * outStride, 3).slice(from * outStride);
  const residual = how.residual ? randomFloats(rows * outStride, 4) : undefined;
  const bias = how.bias ? randomFloats(n, 5, 3) : undefined;
  const out = scope.upload('out', start);
  const parts = squareParts(device, shape);
  const rowNormSquared = withSquares ? scope.alloc('squares', 4 * rows * parts) : undefined;
  const count: RowCount = { ...rowCount(scope, rows), max };
  const weight = blocks
    ? uploadWeight(scope, 'w', blocks)
    : type === 'f16'
      ? { tensor: scope.upload('w', packF16(w)), type }
      : scope.upload('w', w);
  if (blocks) expect((weight as Weight).type).toBe(type);
  const options: MatmulOptions = {
    label: 'test',
    rows: count,
    a: scope.upload('a', a),
    w: weight,
    out,
    ...how,
    residual: residual && scope.upload('residual', residual),
    bias: bias && scope.upload('bias', bias),
    rowNormSquared,
  };
  const ops = matmul(device, options);
  device.tuning = {};
  await runOps(device, ops);
  const expected = Float64Array.from(start);
  const sums = matmulRef(expected, a, w, { index: [...Array(rows).keys()], options: { ...how, residual, bias } });
  const result = await floats(device, out, rows * outStride);
  expectCloseToMax(result, expected, TOLERANCE);
  if (rowNormSquared) {
    const values = await floats(device, rowNormSquared, rows * parts);
    expectCloseToMax(
      Float32Array.from(sums, (_, row) => values.slice(row * parts, (row + 1) * parts).reduce((x, y) => x + y, 0)),
      sums,
      TOLERANCE,
      'squares',
    );
  }
  expect(ops.reduce((macs, op) => macs + op.macs!({ rows, supervised: 0, segments: 1 }), 0)).toBe(rows * n * k);
  scope.free();
  return { out: result, dispatches: ops.length };
}

// Edges of every tile: rows and columns that do not fill one, k that is no multiple of what a step takes.
const SHAPES: [rows: number, n: number, k: number][] = [
  [57, 20, 12],
  [95, 36, 8],
  [1, 4, 4],
  [70, 68, 20],
  [7, 8, 512],
  [130, 64, 192],
];

const strided = (n: number, k: number) => ({ aStride: k + 8, aColumn: 4, outStride: n + 12, outColumn: 8 });

/** What holds for every way of computing a product: for `variant`, or the one that there is on the CPU. */
export function testProducts(variant?: VariantName, quantised: readonly BlockType[] = ['q4/32/scale']): void {
  const fits = (n: number, k: number, transposed: boolean) => !variant || VARIANTS[variant].fits({ n, k, transposed });
  for (const transposed of [true, false]) {
    const name = transposed ? 'W is [n, k]' : 'W is [k, n]';
    it(`added to out: ${name}`, async () => {
      await Promise.all(
        SHAPES.filter(([, n, k]) => fits(n, k, transposed)).map(([rows, n, k]) =>
          check({ rows, n, k, transposed, variant, accumulate: true, scale: 0.5, ...(n === 36 ? strided(n, k) : {}) }),
        ),
      );
    });
    it(`residual, ${transposed ? 'bias, ' : ''}squares, strides: ${name}`, async () => {
      await Promise.all(
        [
          [57, 36, 12],
          [33, 68, 64],
        ].map(([rows, n, k]) =>
          check({
            rows,
            n,
            k,
            transposed,
            variant,
            residual: [],
            rowNormSquared: true,
            scale: 0.5,
            // Only a layer's own product has one.
            ...(transposed ? { bias: [] } : {}),
            ...strided(n, k),
          }),
        ),
      );
    });
    it(`f16 weights: ${name}`, async () => {
      await Promise.all(
        [
          [57, 36, 12],
          [9, 36, 64],
        ].map(([rows, n, k]) => check({ rows, n, k, transposed, variant, type: 'f16' })),
      );
    });
  }
  it('quantised weights', async () => {
    // Rows of the weight are whole blocks, the other side is anything.
    await Promise.all(
      quantised.flatMap((type) =>
        [true, false].flatMap((transposed) =>
          [
            [57, 36, 64],
            [9, 4, 96],
          ].map(([rows, odd, whole]) => {
            const shape = transposed ? { n: odd, k: whole } : { n: whole, k: odd };
            return check({ rows, ...shape, transposed, variant, type, residual: [], rowNormSquared: true, scale: 0.5 });
          }),
        ),
      ),
    );
  });
  it('a row is the same, bit for bit, whichever rows are beside it', async () => {
    const how = { n: 36, k: 64, transposed: true, variant, accumulate: true };
    const together = await check({ ...how, rows: 75 });
    const first = await check({ ...how, rows: 1 });
    expect(first.out).toEqual(together.out.slice(0, 36));
    const shifted = await check({ ...how, rows: 44, from: 31 });
    expect(shifted.out).toEqual(together.out.slice(31 * 36));
  });
}
