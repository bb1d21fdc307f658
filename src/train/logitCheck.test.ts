/**
 * Negative controls: a model that is wrong in one thing is told from the right one, by the bars for f32 and by those
 * for a reference that computes in f16. The right one, rounded as f16 rounds, passes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inMemory } from '../hub/byteFile';
import { readModel } from '../hub/family';
import { plainForward } from '../hub/plainForward';
import { safetensorsWeights } from '../hub/safetensorsModel';
import { Rng } from '../shared/rng';
import type { ModelDescription, VocabularyHead } from '../shared/model';
import { barsOf, compareLogits } from './logitCheck';

const folder = join('public', 'models', 'sieve-stories-nano');
const config = readModel(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
const weights = safetensorsWeights(
  new Map([['model.safetensors', inMemory(readFileSync(join(folder, 'model.safetensors')))]]),
  config,
);
const heads = config.layers[0].attention;
const ids = Int32Array.from({ length: 24 }, (_, i) => (i * 397 + 11) % config.vocab);
const right = (name: string) => weights.get(name).data;
const expected = plainForward(config, right, ids);

const check = (ours: Float32Array, bars = barsOf(true, 'cpu')) =>
  compareLogits({
    ours: Array.from(ids, (_, t) => ours.subarray(t * config.vocab, (t + 1) * config.vocab)),
    expected,
    vocab: config.vocab,
    bars,
    by: 'plain',
    piece: String,
  });

type Read = (name: string) => Float32Array;
const instead =
  (part: string, change: (data: Float32Array, name: string) => Float32Array): Read =>
  (name) =>
    name.endsWith(`${part}.weight`) ? change(right(name), name) : right(name);
const ones = (data: Float32Array) => data.map(() => 1);
/** Blocks of rows in another order. */
const rotated = (rows: number) => (data: Float32Array) => {
  const block = data.length / rows;
  return Float32Array.from(data, (_, i) => data[(i + block) % data.length]);
};
/** Halves of each head as neighbours: RoPE in the other layout. */
const interleaved = (data: Float32Array) => {
  const { width: dModel } = config;
  const { headDim } = heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length / dModel; row++) {
    const i = row % headDim;
    const from = row - i + (i % 2 === 0 ? i / 2 : headDim / 2 + (i - 1) / 2);
    out.set(data.subarray(from * dModel, (from + 1) * dModel), row * dModel);
  }
  return out;
};

const WRONG: Record<string, { config?: Partial<ModelDescription>; read?: Read }> = {
  'no norm before attention': { read: instead('input_layernorm', ones) },
  'no norm before the MLP': { read: instead('post_attention_layernorm', ones) },
  'no last norm': { read: instead('model.norm', ones) },
  'another RoPE base': { config: { ropes: [{ ...config.ropes[0], theta: 1e6 }] } },
  'RoPE of neighbours': {
    read: (name) => (/[qk]_proj/.test(name) ? interleaved(right(name)) : right(name)),
  },
  'key-value heads in another order': { read: instead('v_proj', rotated(heads.kvHeads)) },
  'queries of other heads': { read: instead('q_proj', rotated(heads.heads)) },
  'gate and up exchanged': {
    read: (name) => right(name.replace(/gate_proj|up_proj/, (kind) => (kind === 'up_proj' ? 'gate_proj' : 'up_proj'))),
  },
  'keys in the place of values': { read: (name) => right(name.replace('v_proj', 'k_proj')) },
  'no attention in one layer': {
    read: instead('layers.1.self_attn.o_proj', (data) => data.fill(0)),
  },
  'no MLP in one layer': {
    read: instead('layers.1.mlp.down_proj', (data) => data.fill(0)),
  },
  'the last layer left out': { config: { layers: config.layers.slice(0, -1) } },
  'a head of its own': {
    config: { head: { ...(config.head as VocabularyHead), tied: false } },
    read: (name) =>
      name === 'lm_head.weight'
        ? right('model.embed_tokens.weight').map((v, i) => v * (1 + 0.1 * Math.sin(i)))
        : right(name),
  },
};

describe('the check of logits', () => {
  it.each(Object.entries(WRONG))('sees %s', (_, { config: other, read = right }) => {
    const ours = plainForward({ ...config, ...other }, read, ids);
    for (const half of [false, true]) expect(check(ours, barsOf(half, 'gpu')).ok, half ? 'f16' : 'f32').toBe(false);
  });

  it('passes the right model, and what f16 does to it only where the reference computes in f16', () => {
    expect(check(expected, barsOf(false, 'cpu'))).toMatchObject({ ok: true, relativeError: 0 });
    const rng = new Rng(1);
    const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const rounded = expected.map((v) => v + rng.uniform(-3e-3, 3e-3) * largest);
    expect(check(rounded)).toMatchObject({ ok: true, firstDifference: null });
    expect(check(rounded, barsOf(false, 'gpu')).ok).toBe(false);
    expect(
      check(
        expected.map((v) => v * 1.0005),
        barsOf(false, 'cpu'),
      ).ok,
    ).toBe(false);
  });

  it('looks at all of the distribution, and at what is not finite', () => {
    // Each entry stays below the largest difference allowed, and all of them together do not.
    const tilted = expected.map((v, i) => v + (i % 2 === 0 ? 9e-3 : -9e-3) * 16);
    expect(check(tilted)).toMatchObject({ ok: false });
    expect(check(expected.map((v, i) => (i === 77 ? NaN : v))).ok).toBe(false);
  });
});
