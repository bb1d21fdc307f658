/**
 * A model's forward as it is written in a textbook: f64, one token after the other, no kernel of the engine's. It is
 * what logits are proved by where ONNX Runtime has no file to compute with, and what tests of a model's features go by.
 */
import type { ActivationKind, Rope } from '../shared/layers';
import type {
  AttentionDescription,
  ClassHead,
  Columns,
  LinearDescription,
  ModelDescription,
  NormDescription,
  PatchEmbedding,
  ProjectionDescription,
  VocabularyHead,
} from '../shared/model';
import { type RowRange, readRows, stretchesOf } from '../shared/quantised';
import { ropeFrequencies } from '../shared/rope';

/**
 * Gives each tensor of the state dict, as it lies there, as often as it is asked; of a matrix some rows, where they are
 * named.
 */
export type ReadWeight = (name: string, rows?: RowRange) => Float32Array;

interface Tokens {
  ids: ArrayLike<number>;
  patches?: Float32Array;
}

/** Rows of values: [tokens][width]. */
type Rows = Float64Array[];

/**
 * Logits at every position of `ids`: [ids.length × vocab], or where the head has classes those of the sequence:
 * [classes]. Weights are read a stretch at a time; 3 billion multiplications take about 4 s.
 * @param patches of a picture, [ids.length, values of a patch]
 */
export function plainForward(
  model: ModelDescription,
  read: ReadWeight,
  ids: ArrayLike<number>,
  patches?: Float32Array,
): Float32Array {
  const { finalNorm, head } = model;
  const state = lastState(model, read, { ids, patches });
  const x = finalNorm ? normed(state, finalNorm, read) : state;
  return head.kind === 'classes' ? classLogits(head, x, read) : tokenLogits(model, head, { x, read });
}

/** Of the next token, at every position. */
function tokenLogits(
  { embedding, vocab, width }: ModelDescription,
  head: VocabularyHead,
  { x, read }: { x: Rows; read: ReadWeight },
): Float32Array {
  const bias = head.bias ? read(`${head.path}.bias`) : null;
  const out = new Float32Array(x.length * vocab);
  const matrix: Product['matrix'] = {
    name: `${(head.tied ? embedding : head).path}.weight`,
    shape: [vocab, width],
  };
  multiply(x, { matrix, read, bias }, (t, o, value) => {
    out[t * vocab + o] = capped(value * head.scale, head.softcap);
  });
  return out;
}

/** Of the whole sequence, from the states after the last layer and its norm. */
export function classLogits({ reads, dense, classifier }: ClassHead, x: Rows, read: ReadWeight): Float32Array {
  const mean = () => x[0].map((_, i) => x.reduce((sum, state) => sum + state[i], 0) / x.length);
  let row = [reads === 'mean' ? mean() : reads === 'first' ? x[0] : x.at(-1)!];
  if (dense) {
    const { activation } = dense;
    const inner = linear(row, dense.linear, read);
    row = inner.map((values) => values.map((v) => (activation === 'tanh' ? Math.tanh(v) : act(activation, v))));
    if (dense.norm) row = normed(row, dense.norm, read);
  }
  return Float32Array.from(linear(row, classifier, read)[0]);
}

/** Rows of the table by `ids`, each times the model's scale. */
function lookedUp({ width, vocab, embedding }: ModelDescription, read: ReadWeight, ids: ArrayLike<number>): Rows {
  const x = Array.from(ids, () => new Float64Array(width));
  const table = { name: `${embedding.path}.weight`, shape: [vocab, width] };
  for (const rows of stretchesOf({ first: 0, count: vocab }, width)) {
    const within = [...x.entries()].filter(([t]) => ids[t] >= rows.first && ids[t] < rows.first + rows.count);
    if (within.length === 0) continue;
    const values = readRows(read, table, rows);
    for (const [t, row] of within)
      for (let i = 0, at = (ids[t] - rows.first) * width; i < width; i++) row[i] = values[at + i] * embedding.scale;
  }
  return x;
}

/** What goes into the first layer. */
function embedded(model: ModelDescription, read: ReadWeight, { ids, patches }: Tokens): Rows {
  const { width, embedding } = model;
  if (embedding.patches) return embeddedPatches(embedding.patches, width, { read, ids, patches: patches! });
  let x = lookedUp(model, read, ids);
  if (embedding.positions) {
    const { path, offset } = embedding.positions;
    const positions = read(`${path}.weight`);
    x = x.map((row, t) => row.map((v, i) => v + positions[(t + offset) * width + i]));
  }
  if (embedding.tokenTypes) {
    const types = read(`${embedding.tokenTypes.path}.weight`);
    x = x.map((row) => row.map((v, i) => v + types[i]));
  }
  return embedding.norm ? normed(x, embedding.norm, read) : x;
}

/** The first token, then every patch's product; positions are added to both. */
function embeddedPatches(
  { path, classToken, positions }: PatchEmbedding,
  width: number,
  { read, ids, patches }: Required<Tokens> & { read: ReadWeight },
): Rows {
  const [first, places, bias] = [classToken, positions, `${path}.bias`].map((name) => read(name));
  const values = patches.length / ids.length;
  const rows = Array.from(ids, (_, t) => Float64Array.from(patches.subarray(t * values, (t + 1) * values)));
  const made = rows.map(() => new Float64Array(width));
  multiply(rows, { matrix: { name: `${path}.weight`, shape: [width, values] }, read, bias }, into(made));
  return Array.from(ids, (id, t) =>
    Float64Array.from({ length: width }, (_, i) => (id === 0 ? first[i] : made[t][i]) + places[id * width + i]),
  );
}

/** The residual stream after the last layer. */
function lastState(model: ModelDescription, read: ReadWeight, tokens: Tokens): Rows {
  const { ropes, layers } = model;
  let x = embedded(model, read, tokens);
  for (const { attention: a, mlp, parallel, residualScale } of layers) {
    const by = (norm: NormDescription | null, rows: Rows) => (norm ? normed(rows, norm, read) : rows);
    const after = (norm: NormDescription | null, rows: Rows) => scaled(by(norm, rows), residualScale);
    const [rawQ, rawK, v] = project(by(a.norm, x), a.input, read);
    const placed = (rows: Rows, norm: NormDescription | null) => {
      const own = norm ? normed(rows, norm, read, a.headDim) : rows;
      return a.rope === null ? own : rotated(own, ropes[a.rope], a.headDim);
    };
    const attended = attend(a, { q: placed(rawQ, a.qNorm), k: placed(rawK, a.kNorm), v });
    const mid = by(a.post, add(x, after(a.after, linear(attended, a.output, read))));
    const [gate, up] = project(by(mlp.norm, parallel ? x : mid), mlp.input, read);
    const inner = gate.map((row, t) => row.map((g, i) => act(mlp.activation, g) * (mlp.gated ? up[t][i] : 1)));
    x = by(mlp.post, add(mid, after(mlp.after, linear(inner, mlp.output, read))));
  }
  return x;
}

function linear(x: Rows, { path, dIn, dOut, bias: has, inOut }: LinearDescription, read: ReadWeight): Rows {
  const name = `${path}.weight`;
  const bias = has ? read(`${path}.bias`) : null;
  const y = x.map(() => new Float64Array(dOut));
  if (!inOut) {
    multiply(x, { matrix: { name, shape: [dOut, dIn] }, read, bias }, into(y));
    return y;
  }
  const weight = read(name);
  for (const [t, row] of y.entries()) {
    if (bias) row.set(bias);
    for (let i = 0; i < dIn; i++) for (let o = 0; o < dOut; o++) row[o] += x[t][i] * weight[i * dOut + o];
  }
  return y;
}

type Put = (token: number, output: number, value: number) => void;

const into =
  (y: Rows): Put =>
  (t, o, value) => {
    y[t][o] = value;
  };

interface Product {
  /** [outputs, inputs] */
  matrix: { name: string; shape: [outputs: number, inputs: number] };
  read: ReadWeight;
  bias: Float32Array | null;
}

/** x·Wᵀ + b, value by value. */
function multiply(x: Rows, { matrix, read, bias }: Product, put: Put): void {
  const [outputs, width] = matrix.shape;
  for (const rows of stretchesOf({ first: 0, count: outputs }, width)) {
    const weight = readRows(read, matrix, rows);
    for (let i = 0; i < rows.count; i++) {
      const row = weight.subarray(i * width, (i + 1) * width);
      const o = rows.first + i;
      for (let t = 0; t < x.length; t++) put(t, o, dot(x[t], row) + (bias ? bias[o] : 0));
    }
  }
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

/** The parts that a projection makes: q, k and v; or gate and up. */
function project(x: Rows, { linears, fused }: ProjectionDescription, read: ReadWeight): Rows[] {
  const outputs = linears.map((module) => linear(x, module, read));
  return fused ? fused.map((columns) => outputs[0].map((row) => stretches(row, columns))) : outputs;
}

const stretches = (row: Float64Array, { first, groups, width, stride }: Columns): Float64Array =>
  Float64Array.from({ length: groups * width }, (_, i) => row[first + Math.floor(i / width) * stride + (i % width)]);

/**
 * (x − mean) / √(variance + ε) · weight + bias, or x / √(mean(x²) + ε) · weight; of each row, or of each `size` of it.
 */
function normed(x: Rows, norm: NormDescription, read: ReadWeight, size = x[0].length): Rows {
  const weight = read(`${norm.path}.weight`);
  const bias = norm.bias ? read(`${norm.path}.bias`) : null;
  return x.map((row) => {
    const out = new Float64Array(row.length);
    for (let at = 0; at < row.length; at += size) {
      const part = row.subarray(at, at + size);
      const mean = norm.kind === 'layer' ? part.reduce((a, b) => a + b, 0) / size : 0;
      const scale = 1 / Math.sqrt(part.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size + norm.eps);
      for (let i = 0; i < size; i++)
        out[at + i] = (part[i] - mean) * scale * (weight[i] + (norm.plusOne ? 1 : 0)) + (bias ? bias[i] : 0);
    }
    return out;
  });
}

/** Rotates the halves of each head's first numbers by the token's position: (a, b) → (a cos − b sin, b cos + a sin). */
function rotated(x: Rows, rope: Rope, headDim: number): Rows {
  const { frequencies, attention } = ropeFrequencies(rope);
  const half = frequencies.length;
  return x.map((row, position) => {
    const out = Float64Array.from(row);
    for (let head = 0; head < row.length; head += headDim) {
      for (let i = 0; i < half; i++) {
        const angle = position * frequencies[i];
        const [cos, sin] = [attention * Math.cos(angle), attention * Math.sin(angle)];
        const [a, b] = [row[head + i], row[head + half + i]];
        out[head + i] = a * cos - b * sin;
        out[head + half + i] = b * cos + a * sin;
      }
    }
    return out;
  });
}

const capped = (x: number, cap: number | null): number => (cap === null ? x : cap * Math.tanh(x / cap));

/** Attention; neighbouring query heads share a key-value head. q: [tokens][heads·headDim]. */
function attend(d: AttentionDescription, { q, k, v }: Record<'q' | 'k' | 'v', Rows>): Rows {
  const { heads, kvHeads, headDim, scale, softcap } = d;
  return q.map((query, t) => {
    const out = new Float64Array(query.length);
    const reach = d.window ?? q.length;
    const first = Math.max(0, t + 1 - reach);
    const end = d.causal ? t + 1 : Math.min(q.length, t + reach);
    for (let h = 0; h < heads; h++) {
      const at = h * headDim;
      const shared = Math.floor((h * kvHeads) / heads) * headDim;
      const scores = Array.from({ length: end - first }, (_, s) => {
        let sum = 0;
        for (let i = 0; i < headDim; i++) sum += query[at + i] * k[first + s][shared + i];
        return capped(sum * scale, softcap);
      });
      const most = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const all = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, s) => {
        for (let i = 0; i < headDim; i++) out[at + i] += (weight / all) * v[first + s][shared + i];
      });
    }
    return out;
  });
}

function act(kind: ActivationKind, x: number): number {
  switch (kind) {
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'gelu':
      return (x / 2) * (1 + erf(x / Math.SQRT2));
    case 'geluTanh':
      return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case 'relu':
      return Math.max(0, x);
  }
}

/** By its series near 0, else by the continued fraction of its complement: to 1e-15. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const scaled = (x: Rows, factor: number): Rows => (factor === 1 ? x : x.map((row) => row.map((v) => v * factor)));

const add = (x: Rows, y: Rows): Rows => x.map((row, t) => row.map((v, i) => v + y[t][i]));
