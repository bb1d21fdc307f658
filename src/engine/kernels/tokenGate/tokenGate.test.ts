/** GateRA's kernels against its definition in f64, and their gradients against differences of that. */
import { expect, test } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { addOuter, gateBack, gateGradient, gateLogits, weighRows } from './tokenGate';
import { type GateRef, gateLossRef, lowRankRef } from './tokenGate.ref';

const TOKENS = 300;

/** Central differences of the loss at every place, in f64. */
function slopes(values: Float32Array, loss: (moved: Float64Array) => number): number[] {
  const moved = Float64Array.from(values);
  return Array.from(values, (v, at) => {
    const by = (h: number) => {
      moved[at] = v + h;
      const found = loss(moved);
      moved[at] = v;
      return found;
    };
    return (by(1e-6) - by(-1e-6)) / 2e-6;
  });
}

test.each([
  { rows: 13, dIn: 12, dOut: 8, rank: 4 },
  { rows: 1, dIn: 4, dOut: 4, rank: 8 },
  { rows: 29, dIn: 20, dOut: 12, rank: 4 },
])('$rows rows of $dIn, rank $rank', async ({ rows, dIn, dOut, rank }) => {
  const device = await testDevice();
  const scope = device.buffers.scope('gate');
  const values = {
    x: randomFloats(rows * dIn, 1),
    a: randomFloats(rank * dIn, 2),
    b: randomFloats(dOut * rank, 3),
    w: randomFloats(dIn, 4, 2),
    g: randomFloats(rows * dOut, 5),
  };
  const p: GateRef = { ...values, rows, dIn, dOut, rank, scaling: 1.5, lambda: 0.8 };
  const zOf = Array.from({ length: rows }, (_, row) => lowRankRef(p, row)).flat();
  const uOf = Array.from({ length: rows * rank }, (_, at) => {
    let sum = 0;
    for (let d = 0; d < dOut; d++) sum += p.b[d * rank + (at % rank)] * p.g[Math.floor(at / rank) * dOut + d];
    return sum;
  });
  const count = overdispatched(scope, rows, 3, { tokens: TOKENS });
  const upload = (name: string, of: ArrayLike<number>, tail: number) =>
    scope.upload(name, Float32Array.from([...Array.from(of), ...tailOf(tail)]));
  const [x, w] = [upload('x', p.x, 3 * dIn), scope.upload('w', values.w)];
  const [z, u] = [upload('z', zOf, 3 * rank), upload('u', uOf, 3 * rank)];
  const logit = scope.upload('logit', withTail(rows, 3));
  const weighed = scope.upload('weighed', withTail(rows * rank, 3 * rank));
  const gradIn = upload('gradIn', new Float32Array(rows * dIn), 3 * dIn);
  const gradW = scope.alloc('gradW', 4 * dIn);
  const gateOf = (row: number) => {
    let sum = 0;
    for (let k = 0; k < dIn; k++) sum += p.w[k] * p.x[row * dIn + k];
    return 1 / (1 + Math.exp(-sum));
  };
  await runOps(device, [
    gateLogits(device, { rows: count, x, w, logit, width: dIn }),
    weighRows(device, { rows: count, logit, z, out: weighed, rank }),
    gateBack(device, { rows: count, z, u, logit, rank, scaling: p.scaling, entropy: p.lambda * TOKENS }),
    addOuter(device, { rows: count, gradLogit: logit, w, gradIn, width: dIn }),
    gateGradient(device, { rows: { ...count, of: () => rows }, gradLogit: logit, x, gradW, width: dIn }),
  ]);
  const read = async (tensor: typeof x, length: number, tail: number) => {
    const all = await floats(device, tensor, length + tail);
    expect(all.slice(length), tensor.label).toEqual(tailOf(tail));
    return all.slice(0, length);
  };
  const gated = zOf.map((v, at) => gateOf(Math.floor(at / rank)) * v);
  const own = await read(z, rows * rank, 3 * rank);
  expectCloseToMax(await read(weighed, rows * rank, 3 * rank), gated, 2e-6, 'g z');
  expectCloseToMax(own, gated, 2e-6, 'g z in place');
  await read(logit, rows, 3);
  expectCloseToMax(
    await floats(device, gradW, dIn),
    slopes(values.w, (w) => gateLossRef({ ...p, w })),
    1e-5,
    'dw',
  );
  // dA = s (g u)ᵀ x, dB = s gᵀ (g z), dx = s Aᵀ (g u) + what the gate adds.
  const gu = await read(u, rows * rank, 3 * rank);
  const sum = (n: number, of: (i: number) => number) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += of(i);
    return p.scaling * total;
  };
  const dA = values.a.map((_, at) => sum(rows, (i) => gu[i * rank + Math.floor(at / dIn)] * p.x[i * dIn + (at % dIn)]));
  expectCloseToMax(
    dA,
    slopes(values.a, (a) => gateLossRef({ ...p, a })),
    1e-5,
    'dA',
  );
  const dB = values.b.map((_, at) =>
    sum(rows, (i) => p.g[i * dOut + Math.floor(at / rank)] * own[i * rank + (at % rank)]),
  );
  expectCloseToMax(
    dB,
    slopes(values.b, (b) => gateLossRef({ ...p, b })),
    1e-5,
    'dB',
  );
  const added = await read(gradIn, rows * dIn, 3 * dIn);
  const dx = added.map(
    (v, at) => v + sum(rank, (r) => gu[Math.floor(at / dIn) * rank + r] * p.a[r * dIn + (at % dIn)]),
  );
  expectCloseToMax(
    dx,
    slopes(values.x, (x) => gateLossRef({ ...p, x })),
    1e-5,
    'dx',
  );
  scope.free();
});
