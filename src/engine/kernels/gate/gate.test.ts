import { expect, test } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testGpu, uints } from '../../testing/harness';
import { gram } from '../gram/gram';
import { gate } from './gate';
import { ratioRef } from './gate.ref';
import { medianRatio, packGateSlots, packStatSlots, ratioBin, ratioEdge, readGateSlots, readStatSlots, slotOf } from './slots';

/** Runs the gate for module 1 of 3 on random numbers whose ratios span several octaves. */
async function runGate(rows: number, realRank: number, dOut: number, options: { tau?: number; record?: boolean; zeroB?: boolean } = {}) {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('test');
  const rank = Math.ceil(realRank / 4) * 4;
  const scaling = 16 / realRank;
  const z = randomFloats(rows * rank, 1, 0.1);
  for (let i = 0; i < z.length; i++) z[i] *= i % rank >= realRank ? 0 : 2 ** -(Math.floor(i / rank) % 9);
  const b = options.zeroB ? new Float32Array(dOut * rank) : randomFloats(dOut * rank, 2, 0.2);
  const y = randomFloats(rows * dOut, 3);
  const expected = ratioRef(z, b, y, rows, dOut, rank, scaling);
  const tau = options.tau ?? [...expected].sort((p, q) => p - q)[rows >> 1] * 0.999;
  const g = scope.alloc('gram', rank * rank * 4);
  const bT = scope.upload('b', b);
  const slots = scope.upload('slots', new Uint8Array(packGateSlots([9, tau, 9].map((t) => ({ tau: t, m: 0, v: 0, updates: 0 })))));
  const hists = scope.alloc('hists', 3 * 256);
  const ratio = scope.alloc('ratio', rows * 4);
  const open = scope.alloc('open', rows * 4);
  const count = rowCount(scope, rows);
  await runOps(gpu, [
    gram(gpu, { b: bT, out: g, dOut, rank }),
    gate(gpu, { rows: count, z: scope.upload('z', z), gram: g, y: scope.upload('y', y), tau: slotOf(slots, 1), ratio, open, hist: slotOf(hists, 1), dOut, rank, scaling, record: options.record ?? true }),
  ], { rows, supervised: 0 });
  const result = { expected, tau, ratio: await floats(gpu, ratio, rows), open: await uints(gpu, open, rows), hists: await uints(gpu, hists, 192) };
  scope.free();
  return result;
}

test.each([[57, 3, 60], [1, 1, 4], [130, 8, 192], [130, 64, 132]])('ratios and gates of %i rows, rank %i, dOut %i', async (rows, rank, dOut) => {
  const { expected, tau, ratio, open, hists } = await runGate(rows, rank, dOut);
  expectClose(ratio, expected, { rtol: 5e-6 });
  expected.forEach((r, i) => {
    if (Math.abs(r - tau) > 1e-5 * tau) expect(open[i], `row ${i}`).toBe(r >= tau ? 1 : 0);
  });
  const counts = new Array(192).fill(0);
  for (const r of ratio) counts[64 + ratioBin(r)]++;
  expect([...hists]).toEqual(counts);
});

test('B = 0 leaves every gate open at tau 0, in bin 0', async () => {
  const { ratio, open, hists } = await runGate(57, 8, 60, { tau: 0, zeroB: true });
  expect(ratio.every((r) => r === 0)).toBe(true);
  expect(open.every((o) => o === 1)).toBe(true);
  expect(hists[64]).toBe(57);
});

test('nothing is recorded unless asked', async () => {
  const { hists } = await runGate(57, 8, 60, { record: false });
  expect(hists.every((h) => h === 0)).toBe(true);
});

test('bins, edges and median', () => {
  for (let bin = 1; bin < 64; bin++) {
    expect(ratioBin(ratioEdge(bin))).toBe(bin);
    expect(ratioBin(ratioEdge(bin) * (1 - 1e-6))).toBe(bin - 1);
  }
  expect(ratioBin(0)).toBe(0);
  expect(ratioBin(1e9)).toBe(63);
  expect(ratioEdge(64)).toBe(8);
  const counts = new Array(64).fill(0);
  expect(medianRatio(counts)).toBe(0);
  counts[10] = 4;
  counts[20] = 8;
  expect(medianRatio(counts)).toBeCloseTo(ratioEdge(20) + (ratioEdge(21) - ratioEdge(20)) * 0.25, 12);
});

test('slots survive packing', () => {
  const gates = [{ tau: 0.5, m: -1, v: 2, updates: 7 }, { tau: 0, m: 0, v: 0, updates: 0 }];
  expect(readGateSlots(packGateSlots(gates))).toEqual(gates);
  const stats = [{ tokens: 9, active: 4, muKept: -0.5, muSkipped: 0.25, disagreeMu: 1, forwardRows: 8, dxRows: 16, backwardRows: 32 }];
  expect(readStatSlots(packStatSlots(stats))).toEqual(stats);
});
