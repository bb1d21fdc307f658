import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { type Inputs, bits, expectRight, inputsOf, outputs, run, widths } from '../../testing/attention';
import { floats, onCpu, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, rowMeta } from '../../testing/rows';
import { attention } from './attention';
import { attentionRef } from './attention.ref';

const SMALL = { heads: 2, kvHeads: 1, headDim: 8, ownRows: 1 as const };

/**
 * `back: false`: without the backward. The passes share the loops over a head (unroll.wgsl), which SwiftShader compiles
 * for longer than all other cases together where they are 32 times written out: one pass goes to the end of them.
 */
const cases = [
  { lengths: [57], heads: 3, kvHeads: 1, headDim: 4 },
  { lengths: [1], heads: 2, kvHeads: 2, headDim: 16 },
  { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32 },
  { lengths: [9, 2], heads: 4, kvHeads: 2, headDim: 12 },
  { lengths: [3, 1, 1, 70, 2], heads: 9, kvHeads: 3, headDim: 64 },
  { lengths: [5, 18], heads: 8, kvHeads: 1, headDim: 8, ownRows: 1 as const },
  { lengths: [5, 18], heads: 8, kvHeads: 1, headDim: 128, back: onCpu },
  { lengths: [150, 90], heads: 6, kvHeads: 3, headDim: 32 },
  { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32, ownRows: 1 as const },
  { lengths: [9, 2, 70], heads: 4, kvHeads: 2, headDim: 12, ownRows: 2 as const },
  { lengths: [9, 2, 31], heads: 3, kvHeads: 3, headDim: 8, ownRows: 4 as const },
  { lengths: [3, 67], heads: 2, kvHeads: 1, headDim: 256, scale: 0.02 },
  // Windows that begin within a block, skip whole blocks and are longer than sequences; blocks that are full or not.
  // Small heads and tiles: each case is three shaders more.
  { lengths: [150, 1, 200], ...SMALL, window: 5 },
  { lengths: [150, 9], ...SMALL, window: 70, scale: 0.5 },
  { lengths: [70, 9], ...SMALL, window: 1 },
  { lengths: [150, 1, 33], ...SMALL, causal: false },
  { lengths: [200, 5, 64], heads: 2, kvHeads: 1, headDim: 8, causal: false, window: 21 },
  { lengths: [70, 3, 31], ...SMALL, softcap: 2, scale: 0.4 },
  { lengths: [90, 3], ...SMALL, softcap: 1.5, window: 17 },
];

describe('attention', () => {
  for (const { lengths, back = true, ...heads } of cases) {
    const more = Object.entries(heads).slice(3).flat().join(' ');
    it(`of sequences ${lengths} with ${heads.heads}/${heads.kvHeads} heads of ${heads.headDim} ${more}${back ? ', and back' : ''}`, async () => {
      const inputs = inputsOf(
        heads,
        lengths.reduce((a, b) => a + b),
      );
      expectRight(await run(await testDevice(), heads, lengths, { inputs, back }), heads, lengths, inputs);
    });
  }

  const heads = { heads: 6, kvHeads: 3, headDim: 32 };

  it('of stacked runs with a gap between them writes their rows only, and each as if alone', async () => {
    const device = await testDevice();
    const [lengths, rows, stride] = [[11, 30, 2], 43, 64];
    const inputs = inputsOf(heads, 3 * stride);
    const stacked = await run(device, heads, lengths, { inputs, segments: 3, stride });
    const w = widths(heads);
    for (let s = 0; s < 3; s++) {
      const part = (x: Float32Array, width: number) => x.slice(s * stride * width, (s * stride + rows) * width);
      const own = {
        q: part(inputs.q, w.q),
        k: part(inputs.k, w.k),
        v: part(inputs.v, w.v),
        gradOut: part(inputs.gradOut, w.gradOut),
      } as Inputs;
      const single = await run(device, heads, lengths, { inputs: own });
      expectRight(single, heads, lengths, own);
      for (const name of outputs) {
        expect(bits(part(stacked[name], w[name])), `${name} of run ${s}`).toEqual(
          bits(single[name].slice(0, rows * w[name])),
        );
        expect(
          stacked[name].slice((s * stride + rows) * w[name], (s + 1) * stride * w[name]).every(Number.isNaN),
          `gap behind run ${s}`,
        ).toBe(true);
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
    const [single, among] = [
      await run(device, heads, [length], { inputs: own }),
      await run(device, heads, [before, length, after], { inputs }),
    ];
    for (const name of outputs)
      expect(bits(among[name].slice(before * w[name], (before + length) * w[name])), name).toEqual(
        bits(single[name].slice(0, length * w[name])),
      );
  });

  it('reads a cache: few rows, keys elsewhere', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('attention');
    const [heads, kvHeads, headDim, context] = [4, 2, 8, 40];
    const meta = Uint32Array.of(0, 36, 0, 0, 2 * context, 0, 0, 0, context, 39, 0, 0);
    const [q, k, v] = [3 * heads, 3 * context * kvHeads, 3 * context * kvHeads].map((n, i) =>
      randomFloats(n * headDim, i + 1, 3),
    );
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 3 * heads * 4)];
    for (const [max, how] of [
      [undefined, {}],
      [3, {}],
      [3, { window: 7, softcap: 3, scale: 0.5 }],
    ] as const) {
      await runOps(
        device,
        attention(device, {
          rows: { ...overdispatched(scope, 3, 0), max },
          meta: scope.upload('meta', meta),
          q: scope.upload('q', q),
          k: scope.upload('k', k),
          v: scope.upload('v', v),
          out,
          lse,
          heads,
          kvHeads,
          headDim,
          ...how,
        }),
      );
      expectCloseToMax(
        await floats(device, out, q.length),
        attentionRef({ meta, q, k, v, heads, kvHeads, headDim, ...how }).out,
        2e-6,
      );
    }
    scope.free();
  });

  it('reads a cache: a prompt goes on in the middle, long keys', async () => {
    const device = await testDevice();
    const [heads, kvHeads, headDim, context] = [2, 1, 4, 8300];
    for (const [from, rows] of [
      [50, 30],
      [8195, 2],
      [130, 70],
    ]) {
      const scope = device.buffers.scope('attention');
      // Rows of two runs, each with keys of its own.
      const meta = Uint32Array.from(
        { length: 8 * rows },
        (_, i) => [Math.floor(i / 4 / rows) * context, from + (Math.floor(i / 4) % rows), 0, 0][i % 4],
      );
      const [q, k, v] = [2 * rows * heads, 2 * context * kvHeads, 2 * context * kvHeads].map((n, i) =>
        randomFloats(n * headDim, i + 1, 3),
      );
      const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 2 * rows * heads * 4)];
      await runOps(
        device,
        attention(device, {
          rows: overdispatched(scope, 2 * rows, 0),
          meta: scope.upload('meta', meta),
          q: scope.upload('q', q),
          k: scope.upload('k', k),
          v: scope.upload('v', v),
          out,
          lse,
          heads,
          kvHeads,
          headDim,
        }),
      );
      const expected = attentionRef({ meta, q, k, v, heads, kvHeads, headDim });
      // Over 8000 keys a sum in f32 is off by more, and its terms cancel.
      expectCloseToMax(await floats(device, out, q.length), expected.out, from > 1000 ? 5e-6 : 2e-6, 'out');
      expectCloseToMax(await floats(device, lse, 2 * rows * heads), expected.lse, 2e-6, 'lse');
      scope.free();
    }
  });

  it.runIf(onCpu)('has the same gradients, bit for bit, in few large items and in many small ones', async () => {
    const device = await testDevice();
    const lengths = [150, 3, 90];
    const inputs = inputsOf(heads, 243);
    const many = { ...device, info: { ...device.info, threads: 64 } };
    const [together, apart] = [
      await run(device, heads, lengths, { inputs }),
      await run(device, heads, lengths, { inputs, host: many }),
    ];
    for (const name of outputs) expect(bits(apart[name]), name).toEqual(bits(together[name]));
    expectRight(apart, heads, lengths, inputs);
    for (const how of [{ window: 40 }, { causal: false }, { causal: false, window: 70, softcap: 2 }]) {
      const more = { ...heads, ...how };
      const [one, other] = [
        await run(device, more, lengths, { inputs }),
        await run(device, more, lengths, { inputs, host: many }),
      ];
      for (const name of outputs) expect(bits(other[name]), name).toEqual(bits(one[name]));
    }
  });

  it('stays finite and exact at scores of some hundreds', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('attention');
    const layout = { heads: 1, kvHeads: 1, headDim: 8 };
    const meta = rowMeta([31]);
    const [q, k, v] = [1, 2, 3].map((seed) => randomFloats(31 * 8, seed, seed < 3 ? 20 : 1));
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 31 * 4)];
    await runOps(
      device,
      attention(device, {
        rows: overdispatched(scope, 31, 0),
        meta: scope.upload('meta', meta),
        q: scope.upload('q', q),
        k: scope.upload('k', k),
        v: scope.upload('v', v),
        out,
        lse,
        ...layout,
      }),
    );
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
    expect(() => attention(device, { ...base, heads: 2, kvHeads: 1, headDim: 260 })).toThrow(/up to 256/);
    expect(() => attention(device, { ...base, heads: 4, kvHeads: 3, headDim: 8 })).toThrow(/evenly/);
    scope.free();
  });
});
