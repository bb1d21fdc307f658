/**
 * On the CPU engine, which plays a GPU that has variants: its kernels do what the plain ones do, unless a test breaks
 * one.
 */
import { message } from '../shared/message';
import { afterEach, expect, it } from 'vitest';
import { KernelError } from '../shared/errors';
import type { Device } from './device/device';
import type { Dispatch, Op } from './device/program';
import { readModel } from '../hub/family';
import { attentionKinds } from './model/nn/attention';
import { openCpuDevice } from './kernels/openCpu';
import { selfTest, withPlainKernels } from './selfTest';
import { onCpu, testDevice } from './testing/harness';

let device: Device | null = null;
afterEach(() => {
  device?.destroy();
  device = null;
});

/** Heads that share keys, of a width that is no power of two. */
const HEADS = { heads: 4, kvHeads: 2, headDim: 12 };
const IN_USE = { types: ['f32', 'f16'] as const, attentions: [HEADS] };

/**
 * A CPU that calls itself a GPU; kernels of the variant `bad` add one to their result, or do not compile. @param where
 * which of them
 */
async function gpuWith(
  bad: string,
  how: 'wrong' | 'no pipeline',
  where: (op: Dispatch) => boolean = () => true,
): Promise<Device> {
  const cpu: Device = await openCpuDevice({ threads: 1 });
  const prepare = cpu.prepare.bind(cpu);
  const spoilt = (op: Op): Op => {
    if (!('kernel' in op) || !op.kernel.variants?.includes(bad) || !where(op)) return op;
    if (how === 'no pipeline')
      throw new KernelError(message('shared.foreign', { text: `no ${bad} here` }), op.kernel.variants);
    const { cpu: run } = op;
    return {
      ...op,
      cpu:
        run &&
        ((on, counts) => {
          run(on, counts);
          on.f32(op.bindings[3])[0] += 1;
        }),
    };
  };
  cpu.prepare = async (scope, label, ops) => prepare(scope, label, ops.map(spoilt));
  return (device = Object.assign(cpu, {
    info: { ...cpu.info, kind: 'gpu' as const, software: false, shaderF16: true },
  }));
}

it.runIf(onCpu).each(['splitK', 'shared', 'vector', 'shader-f16', 'flash'])(
  '%s: wrong or not to be compiled, it is blocked by name, and nothing else is',
  async (bad) => {
    expect(await selfTest(await gpuWith('none', 'wrong'), IN_USE)).toEqual([]);
    const wrong = await gpuWith(bad, 'wrong');
    expect(await selfTest(wrong, IN_USE)).toEqual([{ name: bad, why: null }]);
    expect([...wrong.blocked]).toEqual([bad]);
    // With the plain one in its place it is right.
    expect(await selfTest(wrong, IN_USE)).toEqual([]);
    expect(await selfTest(await gpuWith(bad, 'no pipeline'), IN_USE)).toEqual([
      { name: bad, why: message('shared.foreign', { text: `no ${bad} here` }) },
    ]);
  },
);

it('finds nothing wrong on the device of the tests', async () => {
  const real = await testDevice();
  // Shaders of other forms are the kernels' own tests' on a GPU, where each compiles for long.
  const types = onCpu ? [...IN_USE.types, 'q4/32/halves' as const, 'q8/16/scale' as const] : IN_USE.types;
  const attentions = [HEADS, ...(onCpu ? [{ ...HEADS, scale: 0.1, window: 33, softcap: 2 }] : [])];
  expect(await selfTest(real, { types, attentions })).toEqual([]);
  expect(real.blocked.size).toBe(0);
});

it.runIf(onCpu)('a kind of attention that is wrong is found behind one that is right', async () => {
  const gpu = await gpuWith('flash', 'wrong', (op) => op.kernel.code.includes('tanh('));
  expect(await selfTest(gpu, IN_USE)).toEqual([]);
  const attentions = [HEADS, { ...HEADS, softcap: 2 }];
  expect(await selfTest(gpu, { ...IN_USE, attentions })).toEqual([{ name: 'flash', why: null }]);
});

it.runIf(onCpu)('each kind of attention that the layers have is tested once, as it is', () => {
  const model = readModel({
    model_type: 'gemma2',
    hidden_size: 32,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 12,
    intermediate_size: 32,
    vocab_size: 64,
    sliding_window: 8,
    query_pre_attn_scalar: 64,
    attn_logit_softcapping: 20,
  });
  const kind = { ...HEADS, scale: 0.125, softcap: 20 };
  expect(attentionKinds(model)).toEqual([{ ...kind, window: 8 }, kind]);
});

it.runIf(onCpu)(
  'what does not compile is made anew with the plain variant, once for each that can be blocked',
  async () => {
    const tried: string[][] = [];
    const on = { blocked: new Set<string>() } as Device;
    const make = async () => {
      tried.push([...on.blocked]);
      const left = ['shared', 'shader-f16'].filter((name) => !on.blocked.has(name));
      if (left.length > 0) throw new KernelError(message('shared.foreign', { text: 'no' }), left);
      return 'made';
    };
    expect(await withPlainKernels(on, make)).toBe('made');
    expect(tried).toEqual([[], ['shared'], ['shared', 'shader-f16']]);
    await expect(
      withPlainKernels(on, () => Promise.reject(new KernelError(message('shared.foreign', { text: 'plain' }), []))),
    ).rejects.toThrow('plain');
    // Blocked already, and still it does not compile: that is the end.
    let tries = 0;
    const stubborn = () => {
      if (++tries > 9) throw new Error('tried for ever');
      return Promise.reject(new KernelError(message('shared.foreign', { text: 'stubborn' }), ['shared']));
    };
    await expect(withPlainKernels(on, stubborn)).rejects.toThrow('stubborn');
  },
);
