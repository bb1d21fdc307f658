import { describe, expect, it } from 'vitest';
import { bits, expectRight, inputsOf, outputs, run } from '../../testing/attention';
import { expectCloseToMax } from '../../testing/allclose';
import { rowCount, testDevice } from '../../testing/harness';
import { FLASH, attention } from './attention';
import { cuts } from './cut';

describe('attention in WGSL', () => {
  const heads = { heads: 6, kvHeads: 3, headDim: 32 };

  it('is the same in one dispatch and in several', async () => {
    const device = await testDevice();
    const lengths = [150, 90];
    const inputs = inputsOf(heads, 240);
    const scope = device.buffers.scope('attention');
    const [rows, t] = [{ ...rowCount(scope, 240), max: 4096 }, scope.alloc('t', 16)];
    expect(attention(device, { rows, meta: t, q: t, k: t, v: t, out: t, lse: t, ...heads }).length).toBeGreaterThan(2);
    scope.free();
    const [whole, split] = [
      await run(device, heads, lengths, { inputs }),
      await run(device, heads, lengths, { inputs, max: 4096 }),
    ];
    for (const name of outputs) expect(bits(split[name]), name).toEqual(bits(whole[name]));
    expectRight(whole, heads, lengths, inputs);
  });

  it('its plain form computes the same, in one dispatch and in several', async () => {
    const device = await testDevice();
    const host = { ...device, blocked: new Set([FLASH]) };
    for (const { lengths, ...shape } of [
      { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32 },
      { lengths: [9, 2], heads: 4, kvHeads: 2, headDim: 12 },
      { lengths: [5, 18], heads: 8, kvHeads: 1, headDim: 128 },
      { lengths: [40, 3], heads: 2, kvHeads: 1, headDim: 8, window: 9, softcap: 2, scale: 0.4 },
      { lengths: [40, 3], heads: 2, kvHeads: 1, headDim: 8, causal: false, window: 9 },
    ]) {
      const inputs = inputsOf(
        shape,
        lengths.reduce((a, b) => a + b),
      );
      for (const max of [undefined, 4096])
        expectRight(await run(device, shape, lengths, { inputs, host, max }), shape, lengths, inputs);
    }
    const inputs = inputsOf(heads, 3 * 64);
    const [stacked, teams] = [
      await run(device, heads, [11, 30, 2], { inputs, segments: 3, stride: 64, host }),
      await run(device, heads, [11, 30, 2], { inputs, segments: 3, stride: 64 }),
    ];
    // What lies between the runs is nobody's, and stays as it was: NaN.
    const known = (x: Float32Array) => x.map((value) => (Number.isNaN(value) ? 1e3 : value));
    for (const name of outputs) expectCloseToMax(known(stacked[name]), known(teams[name]), 1e-7, name);
  });

  it('splits a long pass into dispatches of about the same work', async () => {
    const device = await testDevice();
    const slow = { ...device, info: { ...device.info, software: true } };
    const [rows, macs] = [2048, 6 * 32 * 2];
    for (const work of ['rising', 'falling', 'even'] as const) {
      const firsts = cuts(slow, rows, { rowsPerGroup: 16, macsPerPair: macs, work });
      expect(firsts[0]).toBe(0);
      const ends = [...firsts.slice(1), rows / 16].map((group) => 16 * group);
      const done = ends.map((end, i) => {
        if (work === 'even') return (end - 16 * firsts[i]) * rows * macs;
        const [from, to] = work === 'falling' ? [rows - end, rows - 16 * firsts[i]] : [16 * firsts[i], end];
        return ((to ** 2 - from ** 2) / 2) * macs;
      });
      // 100 ms at the rate that is assumed, and a workgroup more or less at the cut.
      expect(Math.max(...done)).toBeLessThan(0.1 * 5e8 + 16 * rows * macs);
    }
    expect(cuts(slow, 256, { rowsPerGroup: 16, macsPerPair: macs, work: 'rising' })).toEqual([0]);
  });
});
