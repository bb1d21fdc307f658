/**
 * Negative controls: a model that is wrong in one thing is told from the right one, by the bars for f32 and by those for a
 * reference that computes in f16. The right one, rounded as f16 rounds, passes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLlamaConfig } from '../hub/llamaConfig';
import { plainForward } from '../hub/plainForward';
import { safetensorsWeights } from '../hub/safetensorsModel';
import { Rng } from '../shared/rng';
import type { LlamaConfig, WeightName } from '../shared/types';
import { barsOf, compareLogits } from './logitCheck';

const folder = join('public', 'models', 'sieve-stories-nano');
const config = parseLlamaConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
const weights = safetensorsWeights([readFileSync(join(folder, 'model.safetensors'))], config);
const ids = Int32Array.from({ length: 24 }, (_, i) => (i * 397 + 11) % config.vocab);
const right = (name: WeightName) => weights.get(name).data;
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

type Read = (name: WeightName) => Float32Array;
const instead =
  (part: WeightName['part'], change: (data: Float32Array, name: WeightName) => Float32Array): Read =>
  (name) =>
    name.part === part ? change(right(name), name) : right(name);
const ones = (data: Float32Array) => data.map(() => 1);
/** Blocks of rows in another order. */
const rotated = (rows: number) => (data: Float32Array) => {
  const block = data.length / rows;
  return Float32Array.from(data, (_, i) => data[(i + block) % data.length]);
};
/** Halves of each head as neighbours: RoPE in the other layout. */
const interleaved = (data: Float32Array) => {
  const { headDim, dModel } = config;
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length / dModel; row++) {
    const i = row % headDim;
    const from = row - i + (i % 2 === 0 ? i / 2 : headDim / 2 + (i - 1) / 2);
    out.set(data.subarray(from * dModel, (from + 1) * dModel), row * dModel);
  }
  return out;
};

const WRONG: Record<string, { config?: Partial<LlamaConfig>; read?: Read }> = {
  'no norm before attention': { read: instead('inputNorm', ones) },
  'no norm before the MLP': { read: instead('postNorm', ones) },
  'no last norm': { read: instead('finalNorm', ones) },
  'another RoPE base': { config: { ropeTheta: 1e6 } },
  'RoPE of neighbours': {
    read: (name) => (name.part === 'q' || name.part === 'k' ? interleaved(right(name)) : right(name)),
  },
  'key-value heads in another order': { read: instead('v', rotated(config.kvHeads)) },
  'queries of other heads': { read: instead('q', rotated(config.heads)) },
  'gate and up exchanged': {
    read: (name) =>
      name.part === 'gate' || name.part === 'up'
        ? right({ ...name, part: name.part === 'gate' ? 'up' : 'gate' })
        : right(name),
  },
  'keys in the place of values': { read: (name) => right(name.part === 'v' ? { ...name, part: 'k' } : name) },
  'no attention in one layer': {
    read: instead('o', (data, name) => ('layer' in name && name.layer === 1 ? data.fill(0) : data)),
  },
  'no MLP in one layer': {
    read: instead('down', (data, name) => ('layer' in name && name.layer === 1 ? data.fill(0) : data)),
  },
  'the last layer left out': { config: { layers: config.layers - 1 } },
  'a head of its own': { read: instead('head', (data) => data.map((v, i) => v * (1 + 0.1 * Math.sin(i)))) },
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
