/** Runs of attention's forward and backward over small inputs, for its tests. */
import type { Device } from '../device/device';
import { expectCloseToMax } from './allclose';
import { floats, randomFloats, rowCount, runOps } from './harness';
import { overdispatched, rowMeta, tailOf, withTail } from './rows';
import { attention, attentionBackward, type Heads } from '../kernels/attention/attention';
import { attentionBackwardRef, attentionRef } from '../kernels/attention/attention.ref';

export const outputs = ['out', 'lse', 'gradQ', 'gradK', 'gradV'] as const;
type Outputs = Record<(typeof outputs)[number], Float32Array>;

export const widths = ({ heads, kvHeads, headDim }: Heads) => {
  const [wide, narrow] = [heads * headDim, kvHeads * headDim];
  return {
    q: wide,
    k: narrow,
    v: narrow,
    gradOut: wide,
    out: wide,
    lse: heads,
    gradQ: wide,
    gradK: narrow,
    gradV: narrow,
  };
};

/** Random q, k, v and gradOut of `rows` rows. */
export function inputsOf(heads: Heads, rows: number) {
  const w = widths(heads);
  const of = (name: 'q' | 'k' | 'v' | 'gradOut', seed: number) => randomFloats(rows * w[name], seed, 3);
  return { q: of('q', 1), k: of('k', 2), v: of('v', 3), gradOut: of('gradOut', 4) };
}
export type Inputs = ReturnType<typeof inputsOf>;

/**
 * Forward and backward over sequences of `lengths` in each of `segments`, `stride` rows apart; whole tensors as they
 * are afterwards. `max`: the most rows that the passes are told of; `host`: the device as they see it; `back`: false
 * leaves out the backward and its tensors.
 */
export async function run(
  device: Device,
  heads: Heads,
  lengths: number[],
  {
    inputs,
    segments = 1,
    stride = 0,
    max,
    host = device,
    back = true,
  }: { inputs: Inputs; segments?: number; stride?: number; max?: number; host?: Device; back?: boolean },
): Promise<Outputs & { meta: Uint32Array }> {
  const scope = device.buffers.scope('attention');
  const one = rowMeta(lengths);
  const rows = one.length / 4;
  const meta = new Uint32Array(segments * one.length);
  for (let i = 0; i < meta.length; i++)
    meta[i] = one[i % one.length] + (i % 4 === 0 || i % 4 === 2 ? Math.floor(i / one.length) * stride : 0);
  const w = widths(heads);
  const allRows = segments === 1 ? rows : segments * stride;
  const made = Object.fromEntries(
    outputs.map((name) => [name, scope.upload(name, withTail(allRows * w[name], 3 * w[name]))]),
  ) as Record<keyof Outputs, ReturnType<typeof scope.upload>>;
  const count = segments === 1 ? overdispatched(scope, rows) : rowCount(scope, rows, { segments, stride });
  const x = {
    rows: max === undefined ? count : { ...count, max },
    meta: scope.upload('meta', meta),
    q: scope.upload('q', inputs.q),
    k: scope.upload('k', inputs.k),
    v: scope.upload('v', inputs.v),
    ...made,
    ...heads,
  };
  const backward = () =>
    attentionBackward(host, {
      ...x,
      gradOut: scope.upload('gradOut', inputs.gradOut),
      stats: scope.alloc('stats', allRows * heads.heads * 8),
    });
  await runOps(device, [...attention(host, x), ...(back ? backward() : [])]);
  const read: Partial<Outputs> = {};
  for (const name of outputs)
    if (back || !name.startsWith('grad')) read[name] = await floats(device, made[name], (allRows + 3) * w[name]);
  scope.free();
  return { ...(read as Outputs), meta };
}

/** Checks rows 0 … of all that `got` has, and that nothing behind them was written. */
export function expectRight(got: Outputs, heads: Heads, lengths: number[], inputs: Inputs): void {
  const x = { meta: rowMeta(lengths), ...inputs, ...heads };
  const expected = { ...attentionRef(x), ...attentionBackwardRef(x, inputs.gradOut) };
  const w = widths(heads);
  for (const name of outputs.filter((n) => n in got)) {
    expectCloseToMax(
      got[name],
      [...expected[name], ...tailOf(3 * w[name])],
      name.startsWith('grad') ? 5e-6 : 2e-6,
      name,
    );
  }
}

/** Bits, so that NaN equals itself. */
export const bits = (x: Float32Array) => Array.from(new Uint32Array(x.buffer, x.byteOffset, x.length));
