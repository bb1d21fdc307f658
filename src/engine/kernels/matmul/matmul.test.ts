import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { TOLERANCE, check, testProducts } from '../../testing/matmul';
import { matmul, squareParts } from './matmul';
import { matmulRef } from './matmul.ref';

/** Every form; and every head, size and number of bits once, since each shader compiles for long. */
const BLOCK_TYPES = ([4, 8] as const).flatMap((bits) =>
  ([16, 32] as const).flatMap((block) =>
    (['scale', 'halves', 'floats'] as const).map((head) => `q${bits}/${block}/${head}` as const),
  ),
);
const SOME_BLOCK_TYPES = ['q4/32/scale', 'q4/32/halves', 'q8/16/floats'] as const;

// The other variants in WGSL: matmul.wgsl.test.ts.
describe('matmul', () => {
  testProducts(onCpu ? undefined : 'tile8', onCpu ? BLOCK_TYPES : SOME_BLOCK_TYPES);
});

// Sums that the CPU cuts into blocks, and with squares does not: then a block has fewer rows.
it.runIf(onCpu)('matmul of long sums', async () => {
  const how = { rows: 19, n: 36, k: 4100, scale: 0.5 };
  await Promise.all(
    [true, false].flatMap((rowNormSquared) =>
      [true, false].map((transposed) =>
        check({ ...how, transposed, rowNormSquared, accumulate: rowNormSquared, bias: [] }),
      ),
    ),
  );
});

describe('matmul over active rows', () => {
  const every = (i: number) => i % 3 !== 1;
  const cases = [
    ['two of three', 101, 36, every],
    ['none', 101, 36, () => false],
    ['many', 600, 68, every],
    ['few', 5, 36, (i: number) => i === 2 || i === 4, 5],
  ] as const;
  // Without squares a sum as short as this has a kernel of its own on the CPU.
  it.each(
    cases.flatMap((c) =>
      [true, false].map((withSquares) => ({ name: c[0], rows: c[1], n: c[2], open: c[3], max: c[4], withSquares })),
    ),
  )(
    '$name, squares: $withSquares: only the listed rows are read and written',
    async ({ name, rows, n, open, max, withSquares }) => {
      const device = await testDevice();
      const scope = device.buffers.scope('test');
      // A longer sum is the dense kernel's there.
      const k = name === 'many' ? 44 : 12;
      const index = [...Array(rows).keys()].filter(open);
      const a = randomFloats(rows * k, 1);
      const w = randomFloats(n * k, 2);
      const start = randomFloats(rows * n, 3);
      const list = scope.upload('list', Uint32Array.of(index.length, ...index));
      const out = scope.upload('out', start);
      const parts = squareParts(device, { n, k, transposed: true, active: true });
      const rowNormSquared = scope.upload('squares', new Float32Array(rows * parts).fill(-1));
      const how = { n, k, transposed: true, accumulate: true, scale: 2 };
      await runOps(
        device,
        matmul(device, {
          label: 'test',
          rows: { ...rowCount(scope, rows), list, max: max ?? rows },
          a: scope.upload('a', a),
          w: scope.upload('w', w),
          out,
          rowNormSquared: withSquares ? rowNormSquared : undefined,
          ...how,
        }),
      );
      const expected = Float64Array.from(start);
      const sums = matmulRef(expected, a, w, { index, options: how });
      expectCloseToMax(await floats(device, out, rows * n), expected, TOLERANCE);
      const values = await floats(device, rowNormSquared, rows * parts);
      const ofRow = (row: number) => values.slice(row * parts, (row + 1) * parts).reduce((x, y) => x + y, 0);
      if (index.length && withSquares) expectCloseToMax(index.map(ofRow), sums, TOLERANCE, 'squares');
      expect(ofRow(1)).toBe(-parts);
      scope.free();
      expect(device.buffers.live().buffers).toBe(0);
    },
  );
});

// What decoding asks for: as many rows as there are models, their number known beforehand. A kernel of its own.
describe('matmul with few rows', () => {
  const rows = [1, 2, 3, 4, 7, 8];
  // Edges: columns that do not fill a workgroup or a panel, sums that are shorter than the threads are many, or uneven.
  const shapes = [
    [4, 4],
    [8, 192],
    [36, 12],
    [192, 8],
    [68, 576],
    [100, 44],
  ];
  it('every number of rows, every epilogue', async () => {
    for (const [j, max] of [1, 2, 4, 8].entries()) {
      // The epilogue goes by shape and capacity, so that all counts of rows share a shader. In the browser half of the
      // pairs: every shape with two capacities, every capacity with two shapes or more, every epilogue and type.
      await Promise.all(
        shapes.flatMap(([n, k], i) =>
          (onCpu || (i + j) % 4 < 2 ? rows : [])
            .filter((count) => count <= max)
            .map((count) =>
              check({
                rows: count,
                max,
                n,
                k,
                transposed: true,
                type: (i + j) % 2 ? 'f16' : 'f32',
                rowNormSquared: i % 3 !== 1,
                scale: 0.5,
                ...(i % 3 ? {} : { bias: [] }),
                ...[{ accumulate: true }, { residual: [] }, {}][(i + j) % 3],
                ...(i % 2 ? { aStride: k + 8, aColumn: 4, outStride: n + 12, outColumn: 8 } : {}),
              }),
            ),
        ),
      );
    }
  });
  it('quantised weights', async () => {
    await Promise.all(
      (onCpu ? BLOCK_TYPES : SOME_BLOCK_TYPES).flatMap((type) =>
        [
          [36, 64],
          [20, 608],
        ].map(([n, k], i) => check({ rows: 3 - 2 * i, max: 4, n, k, transposed: true, type, accumulate: true })),
      ),
    );
  });
  it('W is [k, n]', async () => {
    // One column of threads, some, and a sum longer than they are many: no shape more has another way through the
    // shader.
    const some = onCpu ? shapes : shapes.filter(([n]) => n === 4 || n === 36 || n === 68);
    await Promise.all(some.map(([n, k]) => check({ rows: 3, max: 8, n, k, transposed: false, accumulate: true })));
  });
  it.each(['f32', 'f16'] as const)(
    'a row is the same, bit for bit, whichever and however many rows are beside it: %s',
    async (type) => {
      const how = { n: 36, k: 212, transposed: true, type };
      const together = await check({ ...how, rows: 8, max: 8 });
      for (let from = 0; from < 8; from++) {
        for (const count of [1, 2, 3, 5].filter((n) => from + n <= 8)) {
          const some = await check({ ...how, rows: count, max: count, from });
          expect(some.out, `${count} from ${from}`).toEqual(together.out.slice(36 * from, 36 * (from + count)));
        }
      }
    },
  );
});
