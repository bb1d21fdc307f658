type Numbers = ArrayLike<number>;

/** Inputs of the references: shapes as in attention.ts. */
export interface AttentionInputs {
  meta: Numbers;
  q: Numbers;
  k: Numbers;
  v: Numbers;
  heads: number;
  kvHeads: number;
  headDim: number;
  scale?: number;
  softcap?: number;
  causal?: boolean;
  window?: number;
}

/**
 * Offsets of a row's head in q and of each of its keys in k and v, the probabilities, and the slope of each score in
 * q·k.
 */
function scores(x: AttentionInputs, row: number, head: number) {
  const { meta, q, k, heads, kvHeads, headDim, softcap, causal = true, window = Infinity } = x;
  const { scale = 1 / Math.sqrt(headDim) } = x;
  const [start, position, end] = [meta[4 * row], meta[4 * row + 1], meta[4 * row + 2]];
  const at = (row * heads + head) * headDim;
  const keys = Array.from({ length: causal ? position + 1 : end - start }, (_, j) => j)
    .filter((j) => Math.abs(j - position) < window)
    .map((j) => ((start + j) * kvHeads + Math.floor((head * kvHeads) / heads)) * headDim);
  const raw = keys.map((key) => {
    let s = 0;
    for (let d = 0; d < headDim; d++) s += q[at + d] * k[key + d];
    return s * scale;
  });
  const held = raw.map((s) => (softcap ? Math.tanh(s / softcap) : 0));
  const score = softcap ? held.map((t) => softcap * t) : raw;
  const top = Math.max(...score);
  const lse = top + Math.log(score.reduce((sum, s) => sum + Math.exp(s - top), 0));
  return { at, keys, lse, p: score.map((s) => Math.exp(s - lse)), slope: held.map((t) => scale * (1 - t * t)) };
}

/** out [rows, heads·headDim] and lse [rows, heads]. */
export function attentionRef(x: AttentionInputs): { out: Float64Array; lse: Float64Array } {
  const { v, heads, headDim } = x;
  const rows = x.meta.length / 4;
  const out = new Float64Array(rows * heads * headDim);
  const lse = new Float64Array(rows * heads);
  for (let i = 0; i < rows * heads; i++) {
    const s = scores(x, Math.floor(i / heads), i % heads);
    lse[i] = s.lse;
    s.keys.forEach((key, j) => {
      for (let d = 0; d < headDim; d++) out[s.at + d] += s.p[j] * v[key + d];
    });
  }
  return { out, lse };
}

/** Gradients with respect to q, k and v: the softmax rule dS = p·(dP − Σ p·dP), written out. */
export function attentionBackwardRef(
  x: AttentionInputs,
  gradOut: Numbers,
): { gradQ: Float64Array; gradK: Float64Array; gradV: Float64Array } {
  const { q, k, v, heads, headDim } = x;
  const gradQ = new Float64Array(q.length);
  const gradK = new Float64Array(k.length);
  const gradV = new Float64Array(v.length);
  for (let i = 0; i < (x.meta.length / 4) * heads; i++) {
    const { at, keys, p, slope } = scores(x, Math.floor(i / heads), i % heads);
    const gradP = keys.map((key) => {
      let g = 0;
      for (let d = 0; d < headDim; d++) g += gradOut[at + d] * v[key + d];
      return g;
    });
    const mean = gradP.reduce((sum, g, j) => sum + g * p[j], 0);
    keys.forEach((key, j) => {
      const gradScore = p[j] * (gradP[j] - mean) * slope[j];
      for (let d = 0; d < headDim; d++) {
        gradV[key + d] += p[j] * gradOut[at + d];
        gradQ[at + d] += gradScore * k[key + d];
        gradK[key + d] += gradScore * q[at + d];
      }
    });
  }
  return { gradQ, gradK, gradV };
}
