/** The soft threshold's kernels against its definition in f64, and their gradients against differences of that. */
import { expect, test } from 'vitest';
import type { BufferScope } from '../../device/buffers';
import { readTensor } from '../../device/device';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { tailOf, withTail } from '../../testing/rows';
import { activeRowsRef } from '../gate/activeRows.ref';
import { STAT_BYTES, packGateSlots, readStatSlots, slotOf, statOf } from '../gate/slots';
import { gramRef } from '../gram/gram.ref';
import {
  addMoment,
  addPart,
  finishMoment,
  partGradient,
  rankGradient,
  shrinkRows,
  softSums,
  wideGradient,
} from './soft';
import { type SoftRef, softLossRef, softRef } from './soft.ref';

const TOKENS = 400;

interface Made extends SoftRef {
  z: Float32Array<ArrayBuffer>;
  b: Float32Array<ArrayBuffer>;
  g: Float32Array<ArrayBuffer>;
}

/** A module whose τ lies between the middle two r (0: all are open), and whose first row has Δ = 0. */
function made(rows: number, rank: number, dOut: number, { share = 0.5, wide = false, lambdaBar = 30 } = {}): Made {
  const z = randomFloats(rows * rank, 1);
  z.fill(0, 0, rank);
  const part = { change: randomFloats(dOut, 4, 0.2), base: randomFloats(rows * dOut, 5) };
  if (wide) part.base.fill(0, 0, dOut);
  const p: Made = {
    z,
    b: randomFloats(dOut * rank, 2, 0.3),
    ...(wide ? { part } : {}),
    norm: Float64Array.from({ length: rows }, (_, i) => 1 + 0.1 * (i % 7)),
    g: randomFloats(rows * dOut, 3),
    tau: 0,
    lambda: lambdaBar / TOKENS,
    rows,
    rank,
    dOut,
    scaling: 1.5,
  };
  const sorted = softRef(p).ratio.toSorted((q, r) => q - r);
  const closed = Math.round(rows * (1 - share));
  return { ...p, tau: closed === 0 ? 0 : Math.fround((sorted[closed - 1] + (sorted[closed] ?? 9)) / 2) };
}

/** The module as kernels get it: its gate, μ and u = Bᵀg computed in f64. */
async function onDevice(scope: BufferScope, p: Made) {
  const device = await testDevice();
  const { rows, rank, dOut, scaling } = p;
  const { ratio } = softRef(p);
  const open = Uint32Array.from(ratio, (r) => Number(r >= p.tau));
  const full = softRef({ ...p, tau: 0 }).added;
  const mu = Float32Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let d = i * dOut; d < (i + 1) * dOut; d++) sum += p.g[d] * full[d];
    return sum;
  });
  const u = Float32Array.from({ length: rows * rank }, (_, at) => {
    let sum = 0;
    for (let d = 0; d < dOut; d++) sum += p.b[d * rank + (at % rank)] * p.g[Math.floor(at / rank) * dOut + d];
    return sum;
  });
  const slots = new Uint8Array(packGateSlots([{}, { tau: p.tau }]));
  const list = scope.upload('list', Uint32Array.from([...activeRowsRef(open, rows), ...new Uint32Array(rows)]));
  const dims = rowCount(scope, rows, { tokens: TOKENS });
  return {
    device,
    counts: { rows, supervised: 0, segments: 1 },
    all: dims,
    rows: { ...dims, list },
    isOpen: open,
    ratioValues: ratio,
    muValues: mu,
    slot: slotOf(scope.upload('slots', slots, 'uniform'), 1),
    ratio: scope.upload('ratio', Float32Array.from(ratio)),
    open: scope.upload('open', open),
    mu: scope.upload('mu', mu),
    u: scope.upload('u', u),
    z: scope.upload('z', p.z),
    b: scope.upload('b', p.b),
    g: scope.upload('g', p.g),
    gram: scope.upload('gram', Float32Array.from(gramRef(p.b, dOut, rank))),
    lambdaBar: p.lambda * TOKENS,
    scaling,
    rank,
  };
}

/** `got` at some forty places against central differences of the loss there, in f64. */
function expectSlopes(
  got: (at: number) => number,
  values: ArrayLike<number>,
  loss: (moved: Float64Array) => number,
  { counts = () => true, label }: { counts?: (at: number) => boolean; label: string },
): void {
  const moved = Float64Array.from(values);
  const every = Math.max(1, Math.floor(moved.length / 41));
  const places = Array.from(moved.keys()).filter((at) => at % every === 0 && counts(at));
  const slopes = places.map((at) => {
    const v = moved[at];
    const by = (h: number) => {
      moved[at] = v + h;
      const found = loss(moved);
      moved[at] = v;
      return found;
    };
    return (by(1e-6) - by(-1e-6)) / 2e-6;
  });
  expectCloseToMax(places.map(got), slopes, 1e-5, label);
}

const shapes = [
  { rows: 57, rank: 8, dOut: 20, share: 0.5 },
  { rows: 9, rank: 4, dOut: 4, share: 0.7 },
  { rows: 131, rank: 12, dOut: 36, share: 0.2 },
  { rows: 33, rank: 4, dOut: 8, share: 1 },
];

test.each(shapes)(
  'low-rank Δ: $rows rows, rank $rank, dOut $dOut, $share open',
  async ({ rows, rank, dOut, share }) => {
    const p = made(rows, rank, dOut, { share });
    const scope = (await testDevice()).buffers.scope('soft');
    const t = await onDevice(scope, p);
    const out = scope.upload('out', withTail(rows * rank, 4));
    const along = scope.upload('along', withTail(rows, 3));
    const moment = scope.alloc('moment', 4 * rank * rank);
    const gradB = scope.alloc('gradB', 4 * dOut * rank);
    await runOps(
      t.device,
      [
        shrinkRows(t.device, { ...t, out }),
        rankGradient(t.device, { ...t, along }),
        addMoment(t.device, { ...t, along, moment }),
        shrinkRows(t.device, { ...t, z: null, out: t.z }),
        finishMoment(t.device, { ...t, moment, gradB, dOut }),
      ],
      t.counts,
    );
    const kappa = softRef(p).ratio.map((r) => (p.tau === 0 ? 1 : 1 - p.tau / r));
    const ofRow = (at: number) => Math.floor(at / rank);
    const shrunk = await floats(t.device, out, rows * rank + 4);
    p.z.forEach((v, at) => {
      if (t.isOpen[ofRow(at)]) expect(shrunk[at]).toBeCloseTo(kappa[ofRow(at)] * v, 5);
      else expect(shrunk[at], 'skipped rows are left alone').toBeNaN();
    });
    expect(shrunk.slice(-4)).toEqual(tailOf(4));
    const inPlace = await floats(t.device, t.z, rows * rank);
    expect(inPlace.every((v, at) => v === (t.isOpen[ofRow(at)] ? shrunk[at] : p.z[at]))).toBe(true);

    // dL/dz = s u, and dB = s gᵀ κ z + what `finishMoment` adds: both as differences have them.
    const u = await floats(t.device, t.u, rows * rank);
    // Where Δ = 0 the penalty has no slope: 0 is taken.
    const has = (at: number) => ofRow(at) > 0;
    const dz = (at: number) => (t.isOpen[ofRow(at)] ? p.scaling * u[at] : 0);
    expectSlopes(dz, p.z, (z) => softLossRef({ ...p, z }), { counts: has, label: 'dz' });
    const own = await floats(t.device, gradB, dOut * rank);
    const dB = (at: number) => {
      let sum = own[at];
      for (let i = 0; i < rows; i++)
        if (t.isOpen[i]) sum += p.scaling * p.g[i * dOut + Math.floor(at / rank)] * shrunk[i * rank + (at % rank)];
      return sum;
    };
    // The first row's Δ is 0: B moves it nowhere, since its z is 0.
    expectSlopes(dB, p.b, (b) => softLossRef({ ...p, b }), { label: 'dB' });
    expect(share === 1 || own.some((v) => Math.abs(v) > 1e-3), 'and that is something').toBe(true);
    scope.free();
  },
);

test.each(shapes)('Σ S μ/r is minus the slope of τ: $rows rows, $share open', async ({ rows, rank, dOut, share }) => {
  const p = made(rows, rank, dOut, { share, lambdaBar: 0 });
  const scope = (await testDevice()).buffers.scope('soft');
  const t = await onDevice(scope, p);
  const stats = scope.alloc('stats', 2 * STAT_BYTES);
  const op = softSums(t.device, { ...t, rows: t.all, stat: statOf(stats, 1) });
  await runOps(t.device, [op, op], t.counts);
  const [other, got] = readStatSlots(await readTensor(t.device, stats));
  const at = p.tau === 0 ? 1e-6 : p.tau;
  const slope = (softLossRef({ ...p, tau: at + 1e-7 }) - softLossRef({ ...p, tau: at - 1e-7 })) / 2e-7;
  const size = t.ratioValues.reduce((sum, r, i) => sum + (r > 0 ? Math.abs(t.muValues[i]) / r : 0), 0);
  expectClose([got.ownSum], [-2 * slope], { atol: 1e-5 * size }, 'Σ S μ/r');
  expect({ ...got, ownSum: 0 }, 'nothing else').toEqual(other);
  scope.free();
});

test.each(shapes)('wide Δ: $rows rows, dOut $dOut, $share open', async ({ rows, rank, dOut, share }) => {
  const p = made(rows, rank, dOut, { share, wide: true });
  const { change, base } = p.part!;
  const scope = (await testDevice()).buffers.scope('soft');
  const t = await onDevice(scope, p);
  const lowRank = softRef({ ...p, part: undefined, tau: 0 }).added;
  const tensors = {
    change: scope.upload('change', Float32Array.from(change)),
    base: scope.upload('base', Float32Array.from(base)),
  };
  const other = scope.upload('other', Float32Array.from([...lowRank, ...tailOf(4)]));
  const y = scope.upload('y', new Float32Array(rows * dOut));
  const through = scope.upload('through', withTail(rows * dOut, 4));
  await runOps(
    t.device,
    [
      addPart(t.device, { ...t, ...tensors, y, width: dOut }),
      wideGradient(t.device, { ...t, ...tensors, rows: t.all, gradOut: t.g, other, width: dOut }),
      partGradient(t.device, { ...tensors, rows: t.all, gradOut: t.g, own: other, out: through, width: dOut }),
    ],
    t.counts,
  );
  const { added } = softRef(p);
  const plain = softRef({ ...p, tau: 0 }).added;
  const ofRow = (at: number) => Math.floor(at / dOut);
  const expectedPart = added.map((v, at) => (plain[at] === 0 ? 0 : (v / plain[at]) * (plain[at] - lowRank[at])));
  expectCloseToMax(await floats(t.device, y, rows * dOut), expectedPart, 1e-5, 'κ c y');
  // The gradient of Δ itself: by differences of an offset to it.
  const got = await floats(t.device, other, rows * dOut + 4);
  expect(got.slice(-4)).toEqual(tailOf(4));
  const moved = (by: Float64Array) => {
    const part = { change: new Float64Array(dOut).fill(1), base: plain.map((v, at) => v + by[at]) };
    return softLossRef({ ...p, b: new Float64Array(dOut * rank), part });
  };
  const has = (at: number) => ofRow(at) > 0;
  expectSlopes((at) => got[at], new Float64Array(rows * dOut), moved, { counts: has, label: 'dΔ' });
  t.isOpen.forEach((isOpen, row) => {
    if (!isOpen) expect(got.slice(row * dOut, (row + 1) * dOut).every((v) => v === 0)).toBe(true);
  });
  expectCloseToMax(
    (await floats(t.device, through, rows * dOut + 4)).slice(0, -4),
    [...p.g].map((v, at) => v + change[at % dOut] * got[at]),
    1e-6,
    'g + c dΔ',
  );
  scope.free();
});
