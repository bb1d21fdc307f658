import { expect, test } from 'vitest';
import { readTensor } from '../../device/device';
import { expectClose } from '../../testing/allclose';
import { floats, onCpu, randomFloats, rowCount, runOps, testDevice, uints } from '../../testing/harness';
import { gramRef } from '../gram/gram.ref';
import { activeListBytes } from './activeRows';
import { activeRowsRef } from './activeRows.ref';
import { gate } from './gate';
import { ratioRef } from './gate.ref';
import {
  NEW_SLOT,
  STAT_BYTES,
  packGateSlots,
  packStatSlots,
  ratioBin,
  ratioEdge,
  readGateSlots,
  readStatSlots,
  slotOf,
  statOf,
} from './slots';

const PARTS = 3;

/** Σ y² of each row in PARTS unequal pieces, as a matmul leaves them. */
function squaresOf(y: Float32Array, rows: number, dOut: number): Float32Array<ArrayBuffer> {
  const rowNormSquared = new Float32Array(rows * PARTS);
  for (let i = 0; i < rows * dOut; i++)
    rowNormSquared[Math.floor(i / dOut) * PARTS + (i % dOut < 2 ? 0 : i % dOut === 3 ? 2 : 1)] += y[i] ** 2;
  return rowNormSquared;
}

interface Options {
  /** Share of the rows that the threshold opens. */
  share?: number;
  tau?: number;
  record?: boolean;
  zeroB?: boolean;
  /** ‖Δ‖² is given rather than its Gram matrix. */
  given?: boolean;
  /** As if the rows were many (true) or few. */
  large?: boolean;
  software?: boolean;
}

/** Runs the gate twice for module 1 of 3, on random numbers whose ratios span several octaves. */
async function runGate(rows: number, realRank: number, dOut: number, options: Options = {}) {
  const device = await testDevice();
  const like = { ...device, info: { ...device.info, software: options.software ?? device.info.software } };
  const scope = device.buffers.scope('test');
  const rank = Math.ceil(realRank / 4) * 4;
  const scaling = 16 / realRank;
  const z = randomFloats(rows * rank, 1, 0.1);
  for (let i = 0; i < z.length; i++) z[i] *= i % rank >= realRank ? 0 : 2 ** -(Math.floor(i / rank) % 9);
  const b = options.zeroB ? new Float32Array(dOut * rank) : randomFloats(dOut * rank, 2, 0.2);
  const y = randomFloats(rows * dOut, 3);
  const expected = ratioRef(z, b, y, { rows, dOut, rank, scaling });
  const sorted = [0, ...expected, 8].sort((p, q) => p - q);
  const closed = rows - Math.round(rows * (options.share ?? 0.5));
  const tau = options.tau ?? (sorted[closed] + sorted[closed + 1]) / 2;
  const slots = scope.upload(
    'slots',
    new Uint8Array(packGateSlots([9, tau, 9].map((t) => ({ tau: t, m: 0, v: 0, updates: 0 })))),
    'uniform',
  );
  const stats = scope.alloc('stats', 3 * STAT_BYTES);
  // What an earlier, longer pass left behind must not count.
  const [ratio, open, list] = [rows, rows, rows + 1].map((n, i) =>
    scope.upload(`out${i}`, new Uint32Array(n + 100).fill(1)),
  );
  const ops = gate(
    like,
    {
      rows: rowCount(scope, rows),
      size: options.given
        ? {
            rowNormSquared: scope.upload(
              'deltaSquares',
              Float32Array.from(
                expected,
                (r, i) => (r * (Math.hypot(...y.subarray(i * dOut, (i + 1) * dOut)) + 1e-6)) ** 2,
              ),
            ),
          }
        : {
            z: scope.upload('z', z),
            gram: scope.upload('gram', Float32Array.from(gramRef(b, dOut, rank))),
            rank,
            scaling,
          },
      rowNormSquared: { tensor: scope.upload('squares', squaresOf(y, rows, dOut)), parts: PARTS },
      slot: slotOf(slots, 1),
      stat: statOf(stats, 1),
      ratio,
      open,
      list,
      record: options.record ?? true,
      tileRows: 8,
    },
    options.large === undefined ? undefined : options.large ? 0 : Infinity,
  );
  await runOps(device, [...ops, ...ops], { rows, supervised: 0, segments: 1 });
  const opened = await uints(device, open, rows + 100);
  const result = {
    expected,
    tau,
    ratio: await floats(device, ratio, rows),
    open: opened.slice(0, rows),
    tail: opened.slice(rows),
    list: await uints(device, list, activeListBytes(rows) / 4),
    stats: readStatSlots(await readTensor(device, stats)),
  };
  scope.free();
  return result;
}

const shapes = [
  [57, 3, 60],
  [58, 11, 24],
  [1, 1, 4],
  [130, 8, 192],
  [130, 64, 132],
  [1001, 16, 40],
  [4099, 4, 8],
];
const cases = shapes.flatMap(([rows, rank, dOut]) =>
  (onCpu ? [false] : [false, true]).flatMap((large) => [
    ...[0, 0.1, 0.5, 1].map((share) => ({ rows, rank, dOut, large, share, given: false })),
    { rows, rank, dOut, large, share: 0.5, given: true },
  ]),
);

test.each(cases)(
  '$rows rows, rank $rank, dOut $dOut, $share open; large: $large; given: $given',
  async ({ rows, rank, dOut, large, share, given }) => {
    const { expected, tau, ratio, open, tail, list, stats } = await runGate(rows, rank, dOut, { share, large, given });
    expectClose(ratio, expected, { rtol: 5e-6 });
    expected.forEach((r, i) => {
      if (Math.abs(r - tau) > 1e-5 * tau) expect(open[i], `row ${i}`).toBe(r >= tau ? 1 : 0);
    });
    expect(tail).toEqual(new Uint32Array(100).fill(1));
    const wanted = activeRowsRef(open, rows);
    const count = wanted[0];
    expect(count).toBe(Math.round(rows * share));
    expect(list.slice(0, 1 + count)).toEqual(Uint32Array.from(wanted));
    // Two micro-batches add up.
    const histogram = new Uint32Array(64);
    for (const r of ratio) histogram[ratioBin(r)] += 2;
    const none = {
      tokens: 0,
      active: 0,
      muActive: 0,
      muSkipped: 0,
      disagreeMu: 0,
      ownSum: 0,
      forwardRows: 0,
      dxRows: 0,
      gradRows: 0,
      measured: 0,
      activeHelpful: 0,
      skippedHelpful: 0,
      histogram: new Uint32Array(64),
    };
    const computed = onCpu ? count : 8 * Math.ceil(count / 8);
    expect(stats).toEqual([
      none,
      {
        ...none,
        tokens: 2 * rows,
        active: 2 * count,
        forwardRows: 2 * computed,
        dxRows: 2 * computed,
        gradRows: 2 * count,
        histogram,
      },
      none,
    ]);
  },
);

test.skipIf(onCpu)('one dispatch or two: the same bits', async () => {
  const [fused, spread] = [await runGate(1001, 16, 40, { large: false }), await runGate(1001, 16, 40, { large: true })];
  expect(spread.ratio).toEqual(fused.ratio);
  expect(spread.list).toEqual(fused.list);
  expect((await runGate(1001, 16, 40)).ratio).toEqual(fused.ratio);
});

test.skipIf(onCpu)('many threads, as on a GPU: the same bits', async () => {
  for (const large of [false, true]) {
    const [few, many] = [
      await runGate(1001, 16, 40, { large }),
      await runGate(1001, 16, 40, { large, software: false }),
    ];
    expect(many.ratio).toEqual(few.ratio);
    expect(many.list).toEqual(few.list);
    expect(many.stats).toEqual(few.stats);
  }
});

test('B = 0 leaves every gate open at tau 0, in bin 0', async () => {
  const { ratio, open, stats } = await runGate(57, 8, 60, { tau: 0, zeroB: true });
  expect(ratio.every((r) => r === 0)).toBe(true);
  expect(open.every((o) => o === 1)).toBe(true);
  expect(stats[1].histogram[0]).toBe(2 * 57);
});

test('nothing is recorded unless asked', async () => {
  const { stats } = await runGate(57, 8, 60, { record: false });
  expect(stats[1]).toEqual(stats[0]);
});

test('bins and edges', () => {
  for (let bin = 1; bin < 64; bin++) {
    expect(ratioBin(ratioEdge(bin))).toBe(bin);
    expect(ratioBin(ratioEdge(bin) * (1 - 1e-6))).toBe(bin - 1);
  }
  expect(ratioBin(0)).toBe(0);
  expect(ratioBin(1e9)).toBe(63);
  expect(ratioEdge(64)).toBe(8);
});

test('slots survive packing', () => {
  const gates = [
    { tau: 0.5, m: -1, v: 2, updates: 7, rho: 0.25, step: 3, share: 0.75, correction: -0.125, shift: 4, steered: 9 },
    { ...NEW_SLOT },
  ];
  expect(readGateSlots(packGateSlots(gates))).toEqual(gates);
  const stats = [
    {
      tokens: 9,
      active: 4,
      muActive: -0.5,
      muSkipped: 0.25,
      disagreeMu: 1,
      ownSum: 0,
      forwardRows: 8,
      dxRows: 16,
      gradRows: 32,
      measured: 3,
      activeHelpful: 2,
      skippedHelpful: 1,
      histogram: Uint32Array.from({ length: 64 }, (_, i) => i),
    },
  ];
  expect(readStatSlots(packStatSlots(stats))).toEqual(stats);
});
