import { describe, expect, it } from 'vitest';
import type { BufferScope } from '../../device/buffers';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { addScaled, columnDots, doraFinish, doraScale, frozenGradient, rowTerms } from './dora';
import { type DoraRef, doraDeltaRef, doraProductsRef, doraScaleRef } from './dora.ref';

const shapes = [
  { dIn: 44, dOut: 60, rank: 8 },
  { dIn: 4, dOut: 4, rank: 4 },
  { dIn: 20, dOut: 132, rank: 12 },
];

/** A module whose first row of W0 is zero, and m near its norms. */
function module(
  { dIn, dOut, rank }: (typeof shapes)[number],
  zeroB = false,
): DoraRef & { b: Float32Array<ArrayBuffer>; m: Float32Array<ArrayBuffer> } {
  const w = randomFloats(dOut * dIn, 1);
  w.fill(0, 0, dIn);
  const b = zeroB ? new Float32Array(dOut * rank) : randomFloats(dOut * rank, 3, 0.3);
  const m = Float32Array.from(
    { length: dOut },
    (_, j) => Math.hypot(...w.subarray(j * dIn, (j + 1) * dIn)) * (zeroB ? 1 : 0.8 + 0.01 * (j % 50)),
  );
  return { w, a: randomFloats(rank * dIn, 2), b, m, dIn, dOut, rank, scaling: 1.5 };
}

/** doraScale with its inputs made on the host. */
async function scale(scope: BufferScope, p: ReturnType<typeof module>) {
  const device = await testDevice();
  const { w, a, dIn, dOut, rank, scaling } = p;
  const dot = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number) => {
    let sum = 0;
    for (let k = 0; k < dIn; k++) sum += x[i * dIn + k] * y[j * dIn + k];
    return sum;
  };
  // Where nothing was learnt, n must come out as m did: from the same squares.
  const rowNormSquared = Float32Array.from({ length: dOut }, (_, j) => dot(w, j, w, j));
  const m = p.b.every((v) => v === 0) ? rowNormSquared.map(Math.sqrt) : p.m;
  const tensors = {
    rowNormSquared: scope.upload('squares', rowNormSquared),
    product: scope.upload(
      'product',
      Float32Array.from({ length: rank * dOut }, (_, at) => dot(a, Math.floor(at / dOut), w, at % dOut)),
    ),
    gram: scope.upload(
      'gram',
      Float32Array.from({ length: rank * rank }, (_, at) => dot(a, Math.floor(at / rank), a, at % rank)),
    ),
    b: scope.upload('b', p.b),
    m: scope.upload('m', m),
    norm: scope.upload('norm', withTail(dOut, 2)),
    change: scope.upload('change', withTail(dOut, 2)),
    scaledB: scope.upload('scaledB', withTail(dOut * rank, 4)),
  };
  await runOps(device, [doraScale(device, { ...tensors, dOut, rank, scaling })]);
  return { device, ...tensors };
}

describe.each(shapes)('dOut $dOut, dIn $dIn, rank $rank', (shape) => {
  it('scale: n, c and scaled B', async () => {
    const scope = (await testDevice()).buffers.scope('dora');
    const p = module(shape);
    const { device, norm, change, scaledB } = await scale(scope, p);
    const expected = doraScaleRef(p);
    expectClose(await floats(device, norm, p.dOut + 2), [...expected.norm, ...tailOf(2)], { rtol: 3e-6 }, 'n');
    expectClose(await floats(device, change, p.dOut + 2), [...expected.change, ...tailOf(2)], { atol: 3e-6 }, 'c');
    expectClose(
      await floats(device, scaledB, p.dOut * p.rank + 4),
      [...Array.from(p.b, (v, i) => v * (1 + expected.change[Math.floor(i / p.rank)])), ...tailOf(4)],
      { atol: 3e-6 },
      'scaled B',
    );
    scope.free();
  });

  it('scale: exactly nothing where nothing was learnt, zero rows too', async () => {
    const scope = (await testDevice()).buffers.scope('dora');
    const p = module(shape, true);
    const { device, change } = await scale(scope, p);
    expect([...(await floats(device, change, p.dOut))]).toEqual(Array(p.dOut).fill(0));
    scope.free();
  });

  it('finish: the gradients of Σ G ⊙ Δ, n held constant, by differences', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('dora');
    const p = module(shape);
    const rows = 5;
    const { norm, change } = doraScaleRef(p);
    const products = doraProductsRef(p, randomFloats(rows * p.dIn, 5), rows);
    const g = randomFloats(rows * p.dOut, 6);
    // Of one output: what is moved changes no other.
    const slope = (j: number, name: 'b' | 'm', at: number) => {
      const own = { ...p, dOut: 1, b: p.b.subarray(j * p.rank, (j + 1) * p.rank), m: p.m.subarray(j, j + 1) };
      const y = products.y.filter((_, i) => i % p.dOut === j);
      const moved = (by: number) =>
        doraDeltaRef({ ...own, [name]: Float64Array.from(own[name], (v, i) => (i === at ? v + by : v)) }, [norm[j]], {
          z: products.z,
          y,
        }).reduce((sum, v, i) => sum + v * g[i * p.dOut + j], 0);
      return (moved(1e-4) - moved(-1e-4)) / 2e-4;
    };
    const gradScaledB = Float32Array.from(p.b, (_, at) => {
      const [j, r] = [Math.floor(at / p.rank), at % p.rank];
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += p.scaling * g[i * p.dOut + j] * products.z[i * p.rank + r];
      return sum;
    });
    const gradM = Float32Array.from(p.m, (_, j) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += g[i * p.dOut + j] * products.y[i * p.dOut + j];
      return sum;
    });
    const out = { gradB: scope.upload('gradB', gradScaledB), gradM: scope.upload('gradM', gradM) };
    await runOps(device, [
      doraFinish(device, {
        dOut: p.dOut,
        rank: p.rank,
        b: scope.upload('b', p.b),
        norm: scope.upload('norm', Float32Array.from(norm)),
        change: scope.upload('change', Float32Array.from(change)),
        ...out,
      }),
    ]);
    expectCloseToMax(
      await floats(device, out.gradB, p.b.length),
      Array.from(p.b, (_, at) => slope(Math.floor(at / p.rank), 'b', at % p.rank)),
      1e-5,
      'dB',
    );
    expectCloseToMax(
      await floats(device, out.gradM, p.dOut),
      Array.from(p.m, (_, j) => slope(j, 'm', 0)),
      1e-5,
      'dm',
    );
    scope.free();
  });
});

it.each([
  [57, 12],
  [1, 4],
  [130, 176],
])('the part along y: %i rows of %i, all and open ones', async (rows, width) => {
  const device = await testDevice();
  const scope = device.buffers.scope('dora');
  const [change, base, other, before] = [
    randomFloats(width, 1),
    randomFloats(rows * width, 2),
    randomFloats(rows * width, 3),
    randomFloats(rows * width, 4),
  ];
  const open = Uint32Array.from({ length: rows }, (_, i) => (i % 3 === 1 ? 0 : 1));
  const kept = [...open.keys()].filter((i) => open[i] === 1);
  const count = overdispatched(scope, rows);
  const active = { ...count, list: scope.upload('list', Uint32Array.from([kept.length, ...kept])) };
  const common = { change: scope.upload('change', change), base: scope.upload('base', base), width };
  const gradOut = scope.upload('other', other);
  const y = [0, 1].map((i) => scope.upload(`y${i}`, Float32Array.from([...before, ...tailOf(3 * width)])));
  const back = [0, 1].map((i) => scope.upload(`back${i}`, withTail(rows * width, 3 * width)));
  const terms = [0, 1].map((i) => scope.upload(`term${i}`, withTail(rows, 3)));
  const sums = [0, 1].map((i) => scope.upload(`sums${i}`, new Float32Array(width).fill(0.5)));
  await runOps(device, [
    addScaled(device, { ...common, rows: count, y: y[0] }),
    addScaled(device, { ...common, rows: active, y: y[1] }),
    frozenGradient(device, { ...common, rows: count, gradOut, open: null, out: back[0] }),
    frozenGradient(device, { ...common, rows: count, gradOut, open: scope.upload('open', open), out: back[1] }),
    rowTerms(device, { ...common, rows: count, other: gradOut, out: terms[0], dot: false }),
    rowTerms(device, { ...common, rows: count, other: gradOut, out: terms[1], dot: true }),
    columnDots(device, { rows: count, gradOut, base: common.base, sums: sums[0], width }),
    columnDots(device, { rows: active, gradOut, base: common.base, sums: sums[1], width }),
  ]);
  const part = base.map((v, at) => change[at % width] * v);
  for (const [which, isOpen] of [() => true, (i: number) => open[i] === 1].entries()) {
    const row = (at: number) => Math.floor(at / width);
    expectClose(
      await floats(device, y[which], (rows + 3) * width),
      [...Array.from(before, (v, at) => v + (isOpen(row(at)) ? part[at] : 0)), ...tailOf(3 * width)],
      { atol: 1e-6 },
      'y',
    );
    expectClose(
      await floats(device, back[which], (rows + 3) * width),
      [...Array.from(other, (v, at) => v * (isOpen(row(at)) ? 1 + change[at % width] : 1)), ...tailOf(3 * width)],
      { atol: 1e-6 },
      'back',
    );
    const rowSum = (f: (at: number) => number) =>
      Array.from({ length: rows }, (_, i) => {
        let sum = 0;
        for (let at = i * width; at < (i + 1) * width; at++) sum += f(at);
        return sum;
      });
    const expected = which === 0 ? rowSum((at) => (other[at] + part[at]) ** 2) : rowSum((at) => other[at] * part[at]);
    expectClose(
      await floats(device, terms[which], rows + 3),
      [...expected, ...tailOf(3)],
      { atol: 2e-6 * Math.max(...expected.map(Math.abs)) },
      'terms',
    );
    const columns = Array.from({ length: width }, (_, d) => {
      let sum = 0.5;
      for (let i = 0; i < rows; i++) if (isOpen(i)) sum += other[i * width + d] * base[i * width + d];
      return sum;
    });
    expectCloseToMax(await floats(device, sums[which], width), columns, 2e-6, 'sums');
  }
  scope.free();
});

/** Runs all kernels over `rows` on buffers that were filled with marks, and gives what is in them afterwards. */
async function partAlongY(segments: number, rows: number, stride: number, open: number[]) {
  const device = await testDevice();
  const scope = device.buffers.scope('dora');
  const [width, all] = [20, segments * stride];
  const numbers = {
    change: randomFloats(width, 1),
    base: randomFloats(all * width, 2),
    other: randomFloats(all * width, 3),
  };
  const [change, base, other] = Object.entries(numbers).map(([name, values]) => scope.upload(name, values));
  const marked = (name: string, length: number) => scope.upload(name, new Float32Array(length).fill(0.5));
  const out = {
    y: marked('y', all * width),
    opened: marked('opened', all * width),
    back: marked('back', all * width),
    term: marked('term', all),
    sums: marked('sums', width),
  };
  const list = scope.upload('list', Uint32Array.of(open.length, ...open));
  const count = { ...rowCount(scope, rows, { segments, stride }), of: () => segments * rows + 3 };
  const active = { ...count, list };
  await runOps(device, [
    addScaled(device, { rows: count, change, base, y: out.y, width }),
    addScaled(device, { rows: active, change, base, y: out.opened, width }),
    frozenGradient(device, { rows: count, change, gradOut: other, open: null, out: out.back, width }),
    rowTerms(device, { rows: count, change, base, other, out: out.term, width, dot: true }),
    columnDots(device, { rows: count, gradOut: other, base, sums: out.sums, width }),
  ]);
  const found = {
    y: await floats(device, out.y, all * width),
    opened: await floats(device, out.opened, all * width),
    back: await floats(device, out.back, all * width),
    term: await floats(device, out.term, all),
    sums: await floats(device, out.sums, width),
  };
  scope.free();
  return { ...numbers, found, width };
}

it('stacked runs: the rows of each segment, and none between them', async () => {
  const [segments, rows, stride] = [3, 5, 8];
  const { change, base, other, found, width } = await partAlongY(segments, rows, stride, [2, 9]);
  const part = base.map((v, at) => change[at % width] * v);
  const there = (row: number) => row % stride < rows;
  const each = (f: (at: number) => number, has: (row: number) => boolean) =>
    base.map((_, at) => (has(Math.floor(at / width)) ? f(at) : 0.5));
  expectClose(
    found.y,
    each((at) => 0.5 + part[at], there),
    { atol: 1e-6 },
    'y',
  );
  expectClose(
    found.opened,
    each(
      (at) => 0.5 + part[at],
      (row) => row === 2 || row === 9,
    ),
    { atol: 1e-6 },
    'open rows of y',
  );
  expectClose(
    found.back,
    each((at) => other[at] * (1 + change[at % width]), there),
    { atol: 1e-6 },
    'back',
  );
  const sumOver = (count: number, f: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => f(i)).reduce((a, b) => a + b, 0);
  expectClose(
    found.term,
    Array.from({ length: segments * stride }, (_, row) =>
      there(row) ? sumOver(width, (d) => other[row * width + d] * part[row * width + d]) : 0.5,
    ),
    { atol: 2e-6 },
    'terms',
  );
  expectClose(
    found.sums,
    Array.from(
      { length: width },
      (_, d) =>
        0.5 + sumOver(segments * stride, (row) => (there(row) ? other[row * width + d] * base[row * width + d] : 0)),
    ),
    { atol: 5e-6 },
    'sums',
  );
});

it('no rows, none open: nothing is written', async () => {
  const { found } = await partAlongY(2, 0, 4, []);
  for (const [name, values] of Object.entries(found)) expect([...values], name).toEqual(Array(values.length).fill(0.5));
});
