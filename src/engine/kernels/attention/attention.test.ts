import { describe, expect, it } from 'vitest';
import type { Device } from '../../device/device';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { overdispatched, rowMeta, tailOf, withTail } from '../../testing/rows';
import { attention, attentionBackward, type Heads } from './attention';
import { attentionBackwardRef, attentionRef } from './attention.ref';
import { type AttentionTile, cuts } from './cut';

const outputs = ['out', 'lse', 'gradQ', 'gradK', 'gradV'] as const;
type Outputs = Record<(typeof outputs)[number], Float32Array>;

const widths = ({ heads, kvHeads, headDim }: Heads) => {
  const [wide, narrow] = [heads * headDim, kvHeads * headDim];
  return { q: wide, k: narrow, v: narrow, gradOut: wide, out: wide, lse: heads, gradQ: wide, gradK: narrow, gradV: narrow };
};

/** Random q, k, v and gradOut of `rows` rows. */
function inputsOf(heads: Heads, rows: number) {
  const w = widths(heads);
  const of = (name: 'q' | 'k' | 'v' | 'gradOut', seed: number) => randomFloats(rows * w[name], seed, 3);
  return { q: of('q', 1), k: of('k', 2), v: of('v', 3), gradOut: of('gradOut', 4) };
}
type Inputs = ReturnType<typeof inputsOf>;

/**
 * Forward and backward over sequences of `lengths` in each of `segments`, `stride` rows apart; whole tensors as they are
 * afterwards. `max`: the most rows that the passes are told of.
 */
async function run(device: Device, heads: Heads, lengths: number[], inputs: Inputs, { segments = 1, stride = 0, max }: { segments?: number; stride?: number; max?: number } = {}): Promise<Outputs & { meta: Uint32Array }> {
  const scope = device.buffers.scope('attention');
  const one = rowMeta(lengths);
  const rows = one.length / 4;
  const meta = new Uint32Array(segments * one.length);
  for (let i = 0; i < meta.length; i++) meta[i] = one[i % one.length] + (i % 4 === 0 || i % 4 === 2 ? Math.floor(i / one.length) * stride : 0);
  const w = widths(heads);
  const allRows = segments === 1 ? rows : segments * stride;
  const made = Object.fromEntries(outputs.map((name) => [name, scope.upload(name, withTail(allRows * w[name], 3 * w[name]))])) as Record<keyof Outputs, ReturnType<typeof scope.upload>>;
  const count = segments === 1 ? overdispatched(scope, rows) : rowCount(scope, rows, { segments, stride });
  const x = {
    rows: max === undefined ? count : { ...count, max }, meta: scope.upload('meta', meta),
    q: scope.upload('q', inputs.q), k: scope.upload('k', inputs.k), v: scope.upload('v', inputs.v), ...made, ...heads,
  };
  await runOps(device, [
    ...attention(device, x),
    ...attentionBackward(device, { ...x, gradOut: scope.upload('gradOut', inputs.gradOut), stats: scope.alloc('stats', allRows * heads.heads * 8) }),
  ]);
  const read: Partial<Outputs> = {};
  for (const name of outputs) read[name] = await floats(device, made[name], (allRows + 3) * w[name]);
  scope.free();
  return { ...(read as Outputs), meta };
}

/** Checks rows 0 … of `got` and that nothing behind them was written. */
function expectRight(got: Outputs, heads: Heads, lengths: number[], inputs: Inputs): void {
  const x = { meta: rowMeta(lengths), ...inputs, ...heads };
  const expected = { ...attentionRef(x), ...attentionBackwardRef(x, inputs.gradOut) };
  const w = widths(heads);
  for (const name of outputs) {
    expectCloseToMax(got[name], [...expected[name], ...tailOf(3 * w[name])], name.startsWith('grad') ? 5e-6 : 2e-6, name);
  }
}

/** Bits, so that NaN equals itself. */
const bits = (x: Float32Array) => Array.from(new Uint32Array(x.buffer, x.byteOffset, x.length));

const alone: AttentionTile = { threads: 64, lanes: 64, rows: 1, quad: false };
const cases = [
  { lengths: [57], heads: 3, kvHeads: 1, headDim: 4 },
  { lengths: [1], heads: 2, kvHeads: 2, headDim: 16 },
  { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32 },
  { lengths: [9, 2], heads: 4, kvHeads: 2, headDim: 12 },
  { lengths: [3, 1, 1, 70, 2], heads: 9, kvHeads: 3, headDim: 64 },
  { lengths: [5, 18], heads: 8, kvHeads: 1, headDim: 128 },
  { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32, tile: alone },
  { lengths: [9, 2, 70], heads: 4, kvHeads: 2, headDim: 12, tile: { ...alone, rows: 2 } },
  { lengths: [9, 2, 31], heads: 3, kvHeads: 3, headDim: 8, tile: { threads: 16, lanes: 4, rows: 4, quad: false } },
];

describe('attention', () => {
  for (const { lengths, ...heads } of cases) {
    const tile = heads.tile ? ` (${heads.tile.lanes} lanes of ${heads.tile.rows})` : '';
    it(`of sequences ${lengths} with ${heads.heads}/${heads.kvHeads} heads of ${heads.headDim}${tile}, and back`, async () => {
      const inputs = inputsOf(heads, lengths.reduce((a, b) => a + b));
      expectRight(await run(await testDevice(), heads, lengths, inputs), heads, lengths, inputs);
    });
  }

  const heads = { heads: 6, kvHeads: 3, headDim: 32 };

  it('of stacked runs with a gap between them writes their rows only, and each as if alone', async () => {
    const device = await testDevice();
    const [lengths, rows, stride] = [[11, 30, 2], 43, 64];
    const inputs = inputsOf(heads, 3 * stride);
    const stacked = await run(device, heads, lengths, inputs, { segments: 3, stride });
    const w = widths(heads);
    for (let s = 0; s < 3; s++) {
      const part = (x: Float32Array, width: number) => x.slice(s * stride * width, (s * stride + rows) * width);
      const own = { q: part(inputs.q, w.q), k: part(inputs.k, w.k), v: part(inputs.v, w.v), gradOut: part(inputs.gradOut, w.gradOut) } as Inputs;
      const single = await run(device, heads, lengths, own);
      expectRight(single, heads, lengths, own);
      for (const name of outputs) {
        expect(bits(part(stacked[name], w[name])), `${name} of run ${s}`).toEqual(bits(single[name].slice(0, rows * w[name])));
        expect(stacked[name].slice((s * stride + rows) * w[name], (s + 1) * stride * w[name]).every(Number.isNaN), `gap behind run ${s}`).toBe(true);
      }
    }
  });

  it('gives a sequence the same bits wherever it lies, beside numbers that are none', async () => {
    const device = await testDevice();
    const [before, length, after] = [5, 37, 6];
    const w = widths(heads);
    const inputs = inputsOf(heads, before + length + after);
    const own = {} as Inputs;
    for (const name of ['q', 'k', 'v', 'gradOut'] as const) {
      own[name] = inputs[name].slice(before * w[name], (before + length) * w[name]);
      inputs[name].fill(NaN, 0, before * w[name]).fill(Infinity, (before + length) * w[name]);
    }
    const [single, among] = [await run(device, heads, [length], own), await run(device, heads, [before, length, after], inputs)];
    for (const name of outputs) expect(bits(among[name].slice(before * w[name], (before + length) * w[name])), name).toEqual(bits(single[name].slice(0, length * w[name])));
  });

  it('is the same in one dispatch and in several', async () => {
    const device = await testDevice();
    const lengths = [150, 90];
    const inputs = inputsOf(heads, 240);
    const scope = device.buffers.scope('attention');
    const [rows, t] = [{ ...rowCount(scope, 240), max: 4096 }, scope.alloc('t', 16)];
    expect(attention(device, { rows, meta: t, q: t, k: t, v: t, out: t, lse: t, ...heads }).length).toBeGreaterThan(2);
    scope.free();
    const [whole, split] = [await run(device, heads, lengths, inputs), await run(device, heads, lengths, inputs, { max: 4096 })];
    for (const name of outputs) expect(bits(split[name]), name).toEqual(bits(whole[name]));
    expectRight(whole, heads, lengths, inputs);
  });

  it('splits a long pass into dispatches of about the same work', async () => {
    const device = await testDevice();
    const slow = { ...device, info: { ...device.info, software: true } };
    const [rows, macs] = [2048, 6 * 32 * 2];
    for (const falling of [false, true]) {
      const firsts = cuts(slow, rows, 16, macs, falling);
      expect(firsts[0]).toBe(0);
      const ends = [...firsts.slice(1), rows / 16].map((group) => 16 * group);
      const work = ends.map((end, i) => {
        const [from, to] = falling ? [rows - end, rows - 16 * firsts[i]] : [16 * firsts[i], end];
        return ((to ** 2 - from ** 2) / 2) * macs;
      });
      // 100 ms at the rate that is assumed, and a workgroup more or less at the cut.
      expect(Math.max(...work)).toBeLessThan(0.1 * 5e8 + 16 * rows * macs);
    }
    expect(cuts(slow, 256, 16, macs, false)).toEqual([0]);
  });

  it('reads a cache: few rows, keys elsewhere', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('attention');
    const [heads, kvHeads, headDim, context] = [4, 2, 8, 40];
    const meta = Uint32Array.of(0, 36, 0, 0, 2 * context, 0, 0, 0, context, 39, 0, 0);
    const [q, k, v] = [3 * heads, 3 * context * kvHeads, 3 * context * kvHeads].map((n, i) => randomFloats(n * headDim, i + 1, 3));
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 3 * heads * 4)];
    for (const max of [undefined, 3]) {
      await runOps(device, attention(device, {
        rows: { ...overdispatched(scope, 3, 0), max }, meta: scope.upload('meta', meta), q: scope.upload('q', q), k: scope.upload('k', k), v: scope.upload('v', v),
        out, lse, heads, kvHeads, headDim,
      }));
      expectCloseToMax(await floats(device, out, q.length), attentionRef({ meta, q, k, v, heads, kvHeads, headDim }).out, 2e-6);
    }
    scope.free();
  });

  it('stays finite and exact at scores of some hundreds', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('attention');
    const layout = { heads: 1, kvHeads: 1, headDim: 8 };
    const meta = rowMeta([31]);
    const [q, k, v] = [1, 2, 3].map((seed) => randomFloats(31 * 8, seed, seed < 3 ? 20 : 1));
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 31 * 4)];
    await runOps(device, attention(device, {
      rows: overdispatched(scope, 31, 0), meta: scope.upload('meta', meta), q: scope.upload('q', q), k: scope.upload('k', k), v: scope.upload('v', v), out, lse, ...layout,
    }));
    // Scores near 500 carry f32 errors of about 3e-5, and exp passes them on.
    expectCloseToMax(await floats(device, out, q.length), attentionRef({ meta, q, k, v, ...layout }).out, 1e-4);
    scope.free();
  });

  it('refuses heads it has no layout for', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('attention');
    const t = scope.alloc('t', 16);
    const base = { rows: overdispatched(scope, 1), meta: t, q: t, k: t, v: t, out: t, lse: t };
    expect(() => attention(device, { ...base, heads: 2, kvHeads: 1, headDim: 6 })).toThrow(/multiple of 4/);
    expect(() => attention(device, { ...base, heads: 2, kvHeads: 1, headDim: 132 })).toThrow(/up to 128/);
    expect(() => attention(device, { ...base, heads: 4, kvHeads: 3, headDim: 8 })).toThrow(/evenly/);
    scope.free();
  });
});
