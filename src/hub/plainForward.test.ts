/** The plain forward against PyTorch, on models of odd shapes (python/fixtures), whose LoRA is merged into them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LlamaSizes, llamaOf } from '../train/testing/tinyLlama';
import { plainForward } from './plainForward';

interface Listed {
  config: LlamaSizes;
  rank: number;
  alpha: number;
  tensors: Record<string, { shape: number[]; offset: number }>;
}

function fixture(name: string) {
  const {
    config: sizes,
    rank,
    alpha,
    tensors,
  } = JSON.parse(readFileSync(`python/fixtures/${name}.json`, 'utf8')) as Listed;
  const bytes = readFileSync(`python/fixtures/${name}.bin`);
  const at = (tensor: string) => {
    const { shape, offset } = tensors[tensor];
    return [bytes.buffer, bytes.byteOffset + offset, shape.reduce((a, b) => a * b, 1)] as const;
  };
  return {
    config: llamaOf(sizes),
    rank,
    scaling: alpha / rank,
    has: (tensor: string) => tensor in tensors,
    ints: (tensor: string) => new Int32Array(...at(tensor)),
    floats: (tensor: string) => new Float32Array(...at(tensor)),
  };
}

describe.each(['tiny-mha', 'tiny-untied'])('%s', (name) => {
  const { config, rank, scaling, has, ints, floats } = fixture(name);
  const read = (weight: string) => {
    const path = weight.replace(/\.weight$/, '');
    const data = floats(`weight.${path}.weight`);
    if (!has(`initA.${path}`)) return data;
    // W + α/r · B A
    const [a, b] = [floats(`initA.${path}`), floats(`initB.${path}`)];
    const width = a.length / rank;
    return data.map((w, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += b[row * rank + r] * a[r * width + column];
      return w + scaling * sum;
    });
  };
  const [ids, starts, logits] = [ints('batch0.ids'), ints('batch0.starts'), floats('logits')];

  it('gives PyTorch’s logits of every sequence', () => {
    let worst = 0;
    for (let s = 0; s + 1 < starts.length; s++) {
      const ours = plainForward(config, read, ids.subarray(starts[s], starts[s + 1]));
      const from = starts[s] * config.vocab;
      ours.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - logits[from + i]))));
    }
    expect(worst / Math.max(...logits.map(Math.abs))).toBeLessThan(2e-6);
  });
});
