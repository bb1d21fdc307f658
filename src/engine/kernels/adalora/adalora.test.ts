import { describe, expect, it } from 'vitest';
import { Rng } from '../../../shared/rng';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice, uints } from '../../testing/harness';
import { gramRef } from '../gram/gram.ref';
import { matmul } from '../matmul/matmul';
import {
  type AdaloraHyper,
  adaloraFinish,
  allocate,
  importance,
  orthogonality,
  packAdaloraHyper,
  scaleB,
  scores,
} from './adalora';
import { importanceRef, keptRef, orthogonalityRef } from './adalora.ref';

const quiet: AdaloraHyper = { beta1: 0.85, beta2: 0.7, clip: 1, learn: true, drop: null, mask: false };

it.each([
  [4, 0.5],
  [1028, 30],
])('importance of %i parameters, gradient norm %f', async (length, size) => {
  const device = await testDevice();
  const scope = device.buffers.scope('adalora');
  const [p, g] = [randomFloats(length, 1), randomFloats(length, 2)];
  const [ipt, unc] = [scope.alloc('ipt', 4 * length), scope.alloc('unc', 4 * length)];
  const hyper = scope.upload('hyper', new Uint8Array(packAdaloraHyper(quiet)), 'uniform');
  const common = { hyper, params: scope.upload('p', p), grads: scope.upload('g', g), ipt, unc, length };
  const op = (norm: number) => importance(device, { ...common, norm: scope.upload('norm', Float32Array.of(norm)) });
  await runOps(device, [op(size), op(size), op(NaN)]);
  const clipped = g.map((v) => v * Math.min(1, 1 / (size + 1e-6)));
  const expected = [new Float64Array(length), new Float64Array(length)];
  for (let i = 0; i < 2; i++)
    importanceRef(p, clipped, { ipt: expected[0], unc: expected[1], beta1: 0.85, beta2: 0.7 });
  expectCloseToMax(await floats(device, ipt, length), expected[0], 1e-6, 'ipt');
  expectCloseToMax(await floats(device, unc, length), expected[1], 1e-6, 'unc');
  device.write(hyper, packAdaloraHyper({ ...quiet, learn: false }));
  const before = await floats(device, ipt, length);
  await runOps(device, [op(size)]);
  expect(await floats(device, ipt, length)).toEqual(before);
  scope.free();
});

describe('allocate', () => {
  const [modules, rank, rPad] = [7, 6, 8];
  const count = modules * rank;
  const rng = new Rng(3);
  // With ties, zeros and tiny numbers.
  const values = Float32Array.from({ length: count }, (_, i) =>
    i % 5 === 0 ? 0.25 : i % 7 === 0 ? 0 : rng.uniform(0, 1) * 2 ** -rng.below(40),
  );

  it.each([0, 1, 5, 20, 41, 42])('drops %i of 42 and what ties with them', async (drop) => {
    const device = await testDevice();
    const scope = device.buffers.scope('adalora');
    const params = scope.upload('params', new Float32Array(modules * 16).fill(1));
    const hyper = scope.upload('hyper', new Uint8Array(packAdaloraHyper({ ...quiet, drop, mask: true })), 'uniform');
    const kept = scope.alloc('kept', 4 * count);
    const op = allocate(device, {
      hyper,
      scores: scope.upload('scores', values),
      starts: scope.upload(
        'starts',
        Uint32Array.from({ length: modules }, (_, m) => 16 * m),
      ),
      kept,
      params,
      modules,
      rank,
    });
    await runOps(device, [op]);
    const expected = keptRef(values, drop);
    expect([...(await uints(device, kept, count))]).toEqual(expected);
    const wanted = new Array(modules * 16).fill(1);
    expected.forEach((k, i) => {
      if (!k) wanted[16 * Math.floor(i / rank) + (i % rank)] = 0;
    });
    expect([...(await floats(device, params, modules * 16))]).toEqual(wanted);
    // Later, the choice is held without being made again.
    device.write(params, new Float32Array(modules * 16).fill(1));
    device.write(hyper, packAdaloraHyper({ ...quiet, mask: true }));
    await runOps(device, [op]);
    expect([...(await floats(device, params, modules * 16))]).toEqual(wanted);
    device.write(params, new Float32Array(modules * 16).fill(1));
    device.write(hyper, packAdaloraHyper(quiet));
    await runOps(device, [op]);
    expect((await floats(device, params, modules * 16)).every((v) => v === 1)).toBe(true);
    scope.free();
  });

  it.each([
    [44, 60],
    [4, 4],
  ])('scores of a module %i → %i', async (dIn, dOut) => {
    const device = await testDevice();
    const scope = device.buffers.scope('adalora');
    const make = (seed: number) => ({
      a: randomFloats(rPad * dIn, seed).map(Math.abs),
      b: randomFloats(dOut * rPad, seed + 1).map(Math.abs),
      e: randomFloats(rPad, seed + 2).map(Math.abs),
    });
    const [ipt, unc] = [make(1), make(11)];
    const upload = ({ a, b, e }: typeof ipt) => ({
      a: scope.upload('a', a),
      b: scope.upload('b', b),
      e: scope.upload('e', e),
    });
    const out = scope.upload('scores', new Float32Array(3 + rank + 2).fill(9));
    await runOps(device, [
      scores(device, { ipt: upload(ipt), unc: upload(unc), scores: out, first: 3, dIn, dOut, rPad, rank }),
    ]);
    const mean = (n: number, f: (i: number) => number) =>
      Array.from({ length: n }, (_, i) => f(i)).reduce((x, y) => x + y) / n;
    const expected = Array.from(
      { length: rank },
      (_, r) =>
        ipt.e[r] * unc.e[r] +
        mean(dIn, (k) => ipt.a[r * dIn + k] * unc.a[r * dIn + k]) +
        mean(dOut, (j) => ipt.b[j * rPad + r] * unc.b[j * rPad + r]),
    );
    expectClose(await floats(device, out, 3 + rank + 2), [9, 9, 9, ...expected, 9, 9], { rtol: 2e-6 });
    scope.free();
  });
});

it.each([
  [60, 8],
  [4, 4],
  [133, 12],
])('B diag(E) and its gradients, dOut %i, rank %i', async (dOut, rank) => {
  const device = await testDevice();
  const scope = device.buffers.scope('adalora');
  const [b, e, g] = [randomFloats(dOut * rank, 1), randomFloats(rank, 2), randomFloats(dOut * rank, 3)];
  const [tb, te, scaledB, gradB, gradE] = [
    scope.upload('b', b),
    scope.upload('e', e),
    scope.upload('out', new Float32Array(dOut * rank + 4).fill(7)),
    scope.upload('g', g),
    scope.alloc('gradE', 4 * rank),
  ];
  await runOps(device, [
    scaleB(device, { b: tb, e: te, scaledB, dOut, rank }),
    adaloraFinish(device, { b: tb, e: te, gradB, gradE, dOut, rank }),
  ]);
  expect([...(await floats(device, scaledB, dOut * rank + 4))]).toEqual([
    ...b.map((v, i) => v * e[i % rank]),
    7,
    7,
    7,
    7,
  ]);
  expectClose(
    await floats(device, gradB, dOut * rank),
    g.map((v, i) => v * e[i % rank]),
    { rtol: 1e-6 },
  );
  const sums = Array.from({ length: rank }, (_, r) => {
    let sum = 0;
    for (let j = 0; j < dOut; j++) sum += b[j * rank + r] * g[j * rank + r];
    return sum;
  });
  expectCloseToMax(await floats(device, gradE, rank), sums, 2e-6);
  scope.free();
});

it.each([
  [6, 44],
  [1, 4],
])('orthogonality of %i rows of %i: the slope of the reference, by differences', async (rank, width) => {
  const device = await testDevice();
  const scope = device.buffers.scope('adalora');
  const rPad = Math.ceil(rank / 4) * 4;
  const p = Float32Array.from(randomFloats(rPad * width, 1, 0.3), (v, i) => (i < rank * width ? v : 0));
  const transposed = Float32Array.from(
    { length: width * rPad },
    (_, i) => p[(i % rPad) * width + Math.floor(i / rPad)],
  );
  const [slope, grad] = [scope.alloc('slope', 4 * rPad ** 2), scope.alloc('grad', 4 * rPad * width)];
  await runOps(device, [
    orthogonality(device, {
      cov: scope.upload('cov', Float32Array.from(gramRef(transposed, width, rPad))),
      slope,
      rPad,
      rank,
      weight: 0.7,
    }),
    ...matmul(device, {
      label: 'slope A',
      rows: rowCount(scope, rPad),
      a: slope,
      w: scope.upload('p', p),
      out: grad,
      n: width,
      k: rPad,
      transposed: false,
    }),
  ]);
  const value = (at: number, by: number) =>
    orthogonalityRef(
      Float64Array.from(p, (v, i) => (i === at ? v + by : v)),
      rank,
      width,
      0.7,
    );
  const expected = Array.from({ length: rPad * width }, (_, at) =>
    at < rank * width ? (value(at, 1e-5) - value(at, -1e-5)) / 2e-5 : 0,
  );
  expectCloseToMax(await floats(device, grad, rPad * width), expected, 1e-5);
  const identity = Float32Array.from({ length: rPad ** 2 }, (_, i) =>
    i % (rPad + 1) === 0 && i / (rPad + 1) < rank ? 1 : 0,
  );
  await runOps(device, [orthogonality(device, { cov: scope.upload('I', identity), slope, rPad, rank, weight: 0.7 })]);
  expect((await floats(device, slope, rPad ** 2)).every((v) => v === 0)).toBe(true);
  scope.free();
});
