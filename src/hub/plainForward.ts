/**
 * A model's forward as it is written in a textbook: f64, one token after the other, no kernel of the engine's. It is what
 * logits are proved by where ONNX Runtime has no file to compute with, and what tests of a model's features go by.
 */
import type { LlamaConfig, WeightName } from '../shared/types';

/** Gives each weight in PyTorch's layout, as often as it is asked. */
export type ReadWeight = (name: WeightName) => Float32Array;

/** Rows of values: [tokens][width]. */
type Rows = Float64Array[];

/**
 * Logits at every position of `ids`: [ids.length × vocab].
 * One weight is read at a time; 3 billion multiplications take about 4 s.
 */
export function plainForward(c: LlamaConfig, read: ReadWeight, ids: ArrayLike<number>): Float32Array {
  const embedding = read({ part: 'embed' });
  let x: Rows = Array.from(ids, (id) => Float64Array.from(embedding.subarray(id * c.dModel, (id + 1) * c.dModel)));
  for (let layer = 0; layer < c.layers; layer++) {
    const weight = (part: Extract<WeightName, { layer: number }>['part']) => read({ part, layer });
    const normed = rmsNorm(x, weight('inputNorm'), c.rmsEps);
    const attended = attention(c, {
      q: rope(linear(normed, weight('q')), c),
      k: rope(linear(normed, weight('k')), c),
      v: linear(normed, weight('v')),
    });
    x = add(x, linear(attended, weight('o')));
    const inner = rmsNorm(x, weight('postNorm'), c.rmsEps);
    const [gate, up] = [linear(inner, weight('gate')), linear(inner, weight('up'))];
    x = add(x, linear(gated(gate, up), weight('down')));
  }
  const logits = linear(rmsNorm(x, read({ part: 'finalNorm' }), c.rmsEps), read({ part: 'head' }));
  const out = new Float32Array(logits.length * c.vocab);
  logits.forEach((row, t) => out.set(row, t * c.vocab));
  return out;
}

/** x·Wᵀ for W [out, in]. */
function linear(x: Rows, weight: Float32Array): Rows {
  const width = x[0].length;
  const outputs = weight.length / width;
  const y = x.map(() => new Float64Array(outputs));
  for (let o = 0; o < outputs; o++) {
    const row = weight.subarray(o * width, (o + 1) * width);
    for (let t = 0; t < x.length; t++) y[t][o] = dot(x[t], row);
  }
  return y;
}

/** Four sums side by side: a processor adds them at the same time. */
function dot(a: Float64Array, b: Float32Array): number {
  const whole = a.length - (a.length % 4);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (let i = whole; i < a.length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

/** x / √(mean(x²) + ε) · weight, row by row. */
function rmsNorm(x: Rows, weight: Float32Array, epsilon: number): Rows {
  return x.map((row) => {
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length + epsilon);
    return row.map((v, i) => v * scale * weight[i]);
  });
}

/** Rotates the halves of each head by the token's position: (a, b) → (a cos − b sin, b cos + a sin). */
function rope(x: Rows, { headDim, ropeTheta }: LlamaConfig): Rows {
  const half = headDim / 2;
  return x.map((row, position) => {
    const out = new Float64Array(row.length);
    for (let head = 0; head < row.length; head += headDim) {
      for (let i = 0; i < half; i++) {
        const angle = position * ropeTheta ** (-i / half);
        const [a, b] = [row[head + i], row[head + half + i]];
        out[head + i] = a * Math.cos(angle) - b * Math.sin(angle);
        out[head + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
    return out;
  });
}

/** Causal attention; neighbouring query heads share a key-value head. q: [tokens][heads·headDim]. */
function attention({ heads, kvHeads, headDim }: LlamaConfig, { q, k, v }: Record<'q' | 'k' | 'v', Rows>): Rows {
  return q.map((query, t) => {
    const out = new Float64Array(query.length);
    for (let h = 0; h < heads; h++) {
      const at = h * headDim;
      const shared = Math.floor((h * kvHeads) / heads) * headDim;
      const scores = Array.from({ length: t + 1 }, (_, s) => {
        let sum = 0;
        for (let i = 0; i < headDim; i++) sum += query[at + i] * k[s][shared + i];
        return sum / Math.sqrt(headDim);
      });
      const most = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const all = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, s) => {
        for (let i = 0; i < headDim; i++) out[at + i] += (weight / all) * v[s][shared + i];
      });
    }
    return out;
  });
}

/** silu(gate) · up. */
const gated = (gate: Rows, up: Rows): Rows =>
  gate.map((row, t) => row.map((g, i) => (g / (1 + Math.exp(-g))) * up[t][i]));

const add = (x: Rows, y: Rows): Rows => x.map((row, t) => row.map((v, i) => v + y[t][i]));
