import type { Tensor } from '../../device/buffers';
import type { Cpu, CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Attention {
  rows: RowCount;
  meta: Tensor;
  q: Tensor;
  k: Tensor;
  v: Tensor;
  out: Tensor;
  lse: Tensor;
  heads: number;
  kvHeads: number;
  headDim: number;
  scale?: number;
  softcap?: number;
  causal?: boolean;
  window?: number;
}

type AttentionGrad = Attention & Record<'gradOut' | 'stats' | 'gradQ' | 'gradK' | 'gradV', Tensor>;

/** Rows of a block, as in blocks.as.ts. */
const BLOCK = 64;

/** Further than any key is. */
const FAR = 2 ** 30;

export const scaleOf = ({ scale, headDim }: Pick<Attention, 'scale' | 'headDim'>): number =>
  scale ?? 1 / Math.sqrt(headDim);

/** Heads, scale, cap (0: none), and how far a row reaches: keys from position − back + 1 to position + ahead. */
const shapeOf = (p: Attention) => {
  const back = p.window || FAR;
  const ahead = (p.causal ?? true) ? 0 : back - 1;
  return [p.heads, p.kvHeads, p.headDim, scaleOf(p), p.softcap ?? 0, back, ahead];
};

export const attentionCpu =
  (p: Attention): CpuFunction =>
  (cpu) => {
    const { rows, stride, segments } = cpu.dims(p.rows);
    const count = rows * segments;
    const tensors = [p.meta, p.q, p.k, p.v, p.out, p.lse].map((t) => cpu.at(t));
    cpu.run('attention', p.heads * Math.ceil(count / BLOCK), [...tensors, ...shapeOf(p), rows, stride, count]);
  };

export const attentionDeltaCpu =
  (p: AttentionGrad): CpuFunction =>
  (cpu) => {
    const { rows, stride, segments } = cpu.dims(p.rows);
    cpu.run('attentionDelta', rows * segments, [
      ...[p.out, p.gradOut, p.lse, p.stats].map((t) => cpu.at(t)),
      p.heads,
      p.headDim,
      rows,
      stride,
    ]);
  };

/** All three gradients; see attentionGrad.as.ts. */
export const attentionGradCpu =
  (threads: number, p: AttentionGrad): CpuFunction =>
  (cpu) => {
    const { rows, segments } = cpu.dims(p.rows);
    const count = rows * segments;
    const inputs = [p.meta, p.q, p.k, p.v, p.gradOut, p.stats].map((t) => cpu.at(t));
    const [gradQ, gradK, gradV] = [p.gradQ, p.gradK, p.gradV].map((t) => cpu.at(t));
    const lengths = sequenceLengths(cpu, p.meta, count);
    if (togetherIsFaster(lengths, p.kvHeads, threads)) {
      cpu.run('attentionGrad', lengths.length * p.kvHeads, [...inputs, gradQ, gradK, gradV, ...shapeOf(p)]);
    } else {
      const windows = Math.ceil(count / BLOCK);
      cpu.run('attentionGradQ', windows * p.heads, [...inputs, gradQ, ...shapeOf(p), count]);
      cpu.run('attentionGradKV', windows * p.kvHeads, [...inputs, gradK, gradV, ...shapeOf(p), count]);
    }
  };

function sequenceLengths(cpu: Cpu, meta: Tensor, count: number): number[] {
  const numbers = cpu.u32(meta);
  const lengths: number[] = [];
  for (let i = 0; i < count; i += lengths.at(-1)!) lengths.push(numbers[4 * i + 2] - numbers[4 * i]);
  return lengths;
}

/**
 * Whether five products in items of a sequence and a key head take less time than seven in small items: a list of items
 * takes at most its share of the total and the largest item (Graham 1969).
 */
function togetherIsFaster(lengths: number[], kvHeads: number, threads: number): boolean {
  const pairs = lengths.map((length) => length * length);
  const total = kvHeads * pairs.reduce((sum, n) => sum + n, 0);
  return 5 * (total / threads + Math.max(0, ...pairs) * (1 - 1 / threads)) <= (7 * total) / threads;
}
