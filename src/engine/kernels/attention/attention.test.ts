import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testGpu } from '../../testing/harness';
import { overdispatched, rowMeta, tailOf, withTail } from '../../testing/rows';
import { attention, attentionBackward } from './attention';
import { attentionBackwardRef, attentionRef } from './attention.ref';

const cases = [
  { lengths: [57], heads: 3, kvHeads: 1, headDim: 4 },
  { lengths: [1], heads: 2, kvHeads: 2, headDim: 16 },
  { lengths: [33, 1, 64, 5, 27], heads: 6, kvHeads: 3, headDim: 32 },
  { lengths: [9, 2], heads: 4, kvHeads: 2, headDim: 12 },
];

describe('attention', () => {
  for (const { lengths, heads, kvHeads, headDim } of cases) {
    it(`of sequences ${lengths} with ${heads}/${kvHeads} heads of ${headDim}, and back`, async () => {
      const gpu = await testGpu();
      const scope = gpu.buffers.scope('attention');
      const meta = rowMeta(lengths);
      const rows = meta.length / 4;
      const [wide, narrow] = [heads * headDim, kvHeads * headDim];
      const [q, k, v, gradOut] = [wide, narrow, narrow, wide].map((w, i) => randomFloats(rows * w, i + 1, 3));
      const inputs = { meta, q, k, v, heads, kvHeads, headDim };
      const expected = attentionRef(inputs);
      const gradients = attentionBackwardRef(inputs, gradOut);
      const output = (name: string, w: number) => scope.upload(name, withTail(rows * w, 3 * w));
      const layout = { rows: overdispatched(scope, rows), meta: scope.upload('meta', meta), heads, kvHeads, headDim };
      const x = { q: scope.upload('q', q), k: scope.upload('k', k), v: scope.upload('v', v), out: output('out', wide), lse: output('lse', heads) };
      const grads = { gradQ: output('gradQ', wide), gradK: output('gradK', narrow), gradV: output('gradV', narrow) };
      await runOps(gpu, [
        attention(gpu, { ...layout, ...x }),
        ...attentionBackward(gpu, { ...layout, ...x, ...grads, gradOut: scope.upload('gradOut', gradOut), stats: scope.alloc('stats', rows * heads * 8) }),
      ]);
      const check = async (tensor: Parameters<typeof floats>[1], want: Float64Array, w: number, tolerance: number, label: string) =>
        expectCloseToMax(await floats(gpu, tensor, (rows + 3) * w), [...want, ...tailOf(3 * w)], tolerance, label);
      await check(x.out, expected.out, wide, 2e-6, 'out');
      await check(x.lse, expected.lse, heads, 2e-6, 'lse');
      await check(grads.gradQ, gradients.gradQ, wide, 5e-6, 'gradQ');
      await check(grads.gradK, gradients.gradK, narrow, 5e-6, 'gradK');
      await check(grads.gradV, gradients.gradV, narrow, 5e-6, 'gradV');
      scope.free();
    });
  }

  it('reads a cache: few rows, keys elsewhere', async () => {
    const gpu = await testGpu();
    const scope = gpu.buffers.scope('attention');
    const [heads, kvHeads, headDim, context] = [4, 2, 8, 40];
    const meta = Uint32Array.of(0, 36, 0, 0, 2 * context, 0, 0, 0, context, 39, 0, 0);
    const [q, k, v] = [3 * heads, 3 * context * kvHeads, 3 * context * kvHeads].map((n, i) => randomFloats(n * headDim, i + 1, 3));
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 3 * heads * 4)];
    await runOps(gpu, [attention(gpu, {
      rows: overdispatched(scope, 3, 0), meta: scope.upload('meta', meta), q: scope.upload('q', q), k: scope.upload('k', k), v: scope.upload('v', v),
      out, lse, heads, kvHeads, headDim,
    })]);
    expectCloseToMax(await floats(gpu, out, q.length), attentionRef({ meta, q, k, v, heads, kvHeads, headDim }).out, 2e-6);
    scope.free();
  });

  it('stays finite and exact at scores of some hundreds', async () => {
    const gpu = await testGpu();
    const scope = gpu.buffers.scope('attention');
    const layout = { heads: 1, kvHeads: 1, headDim: 8 };
    const meta = rowMeta([31]);
    const [q, k, v] = [1, 2, 3].map((seed) => randomFloats(31 * 8, seed, seed < 3 ? 20 : 1));
    const [out, lse] = [scope.alloc('out', q.byteLength), scope.alloc('lse', 31 * 4)];
    await runOps(gpu, [attention(gpu, {
      rows: overdispatched(scope, 31, 0), meta: scope.upload('meta', meta), q: scope.upload('q', q), k: scope.upload('k', k), v: scope.upload('v', v), out, lse, ...layout,
    })]);
    // Scores near 500 carry f32 errors of about 3e-5, and exp passes them on.
    expectCloseToMax(await floats(gpu, out, q.length), attentionRef({ meta, q, k, v, ...layout }).out, 1e-4);
    scope.free();
  });

  it('refuses heads it has no layout for', async () => {
    const gpu = await testGpu();
    const scope = gpu.buffers.scope('attention');
    const t = scope.alloc('t', 16);
    const base = { rows: overdispatched(scope, 1), meta: t, q: t, k: t, v: t, out: t, lse: t };
    expect(() => attention(gpu, { ...base, heads: 2, kvHeads: 1, headDim: 6 })).toThrow(/multiple of 4/);
    expect(() => attention(gpu, { ...base, heads: 4, kvHeads: 3, headDim: 8 })).toThrow(/evenly/);
    scope.free();
  });
});
