import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { alignBinding } from '../../device/buffers';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { activeRowsRef } from '../gate/activeRows.ref';
import { lowRankGrad, lowRankPartialBytes } from './lowRankGrad';
import { lowRankGradRef } from './lowRankGrad.ref';

// Rows for one chunk, for several, and for as many as there may be (the chunks then get longer).
const shapes = [
  [57, 60, 36, 4],
  [31, 36, 60, 8],
  [1, 4, 4, 4],
  [130, 192, 100, 8],
  [130, 132, 20, 64],
  [257, 516, 44, 12],
  [1001, 40, 72, 16],
  [9001, 4, 8, 4],
] as const;
const cases = shapes.flatMap(([rows, dOut, dIn, rank]) =>
  [null, 0, 0.5, 1].map((share) => ({ rows, dOut, dIn, rank, share })),
);

test.each(cases)(
  '$rows rows, dOut $dOut, dIn $dIn, rank $rank, open share $share',
  async ({ rows, dOut, dIn, rank, share }) => {
    const device = await testDevice();
    // Where so few are told, the kernel for one chunk runs.
    const max = rows <= 257 ? rows : undefined;
    const scope = device.buffers.scope('test');
    const rng = new Rng(3);
    const list = activeRowsRef(
      Array.from({ length: rows }, () => (rng.float() < (share ?? 1) ? 1 : 0)),
      rows,
    );
    const shape = { dOut, dIn, rank };
    const [g, z, x, u] = [
      randomFloats(rows * dOut, 1),
      randomFloats(rows * rank, 2),
      randomFloats(rows * dIn, 3),
      randomFloats(rows * rank, 4),
    ];
    const [startB, startA] = [randomFloats(dOut * rank, 5), randomFloats(rank * dIn, 6)];
    const partial = scope.upload('partial', new Float32Array(lowRankPartialBytes(shape) / 4).fill(NaN));
    const bytesB = alignBinding(4 * dOut * rank);
    const grads = scope.alloc('grads', bytesB + 4 * rank * dIn);
    const [gradB, gradA] = [grads.slice('gradB', 0, 4 * dOut * rank), grads.slice('gradA', bytesB, 4 * rank * dIn)];
    const all = { ...rowCount(scope, rows), max };
    const over = share === null ? all : { ...all, list: scope.upload('list', Uint32Array.from(list)) };
    const up = (name: string, data: Float32Array) => scope.upload(name, data);
    const ops = lowRankGrad(device, {
      gradOut: up('g', g),
      z: up('z', z),
      x: up('x', x),
      u: up('u', u),
      partial,
      gradB,
      gradA,
      scaling: 1.5,
      ...shape,
      rows: over,
    });
    const run = async () => {
      device.write(gradB, startB);
      device.write(gradA, startA);
      await runOps(device, ops, { rows, supervised: 0, segments: 1 });
      return [await floats(device, gradB, dOut * rank), await floats(device, gradA, rank * dIn)];
    };
    const first = await run();
    const open = list.slice(1);
    // f32 sums of up to 9001 products
    const tolerance = rows > 2000 ? 3e-6 : 1e-6;
    expectCloseToMax(
      first[0],
      lowRankGradRef(g, z, open, { wideWidth: dOut, rank, scaling: 1.5, transposed: false }).map(
        (v, i) => v + startB[i],
      ),
      tolerance,
      'dB',
    );
    expectCloseToMax(
      first[1],
      lowRankGradRef(x, u, open, { wideWidth: dIn, rank, scaling: 1.5, transposed: true }).map((v, i) => v + startA[i]),
      tolerance,
      'dA',
    );
    expect(await run()).toEqual(first);
    scope.free();
  },
);
