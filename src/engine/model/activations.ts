/**
 * What a pass keeps, by name and size. Planning reads the sizes, allocation uses the same ones, so the plan
 * cannot drift from what is allocated.
 */
import type { LlamaConfig } from '../../shared/types';
import type { BufferScope, Tensor } from '../device/buffers';
import { type Capacity, segmentStride, stackedRows, stackedTargets } from './batch';
import { kvWidth, logitStride, qWidth } from './llama';

type Sizes<K extends string> = Record<K, number>;
type Tensors<K extends string> = Record<K, Tensor>;

/** One tensor per name. */
export function allocate<K extends string>(scope: BufferScope, prefix: string, sizes: Sizes<K>): Tensors<K> {
  return Object.fromEntries(
    Object.entries<number>(sizes).map(([name, bytes]) => [name, scope.alloc(`${prefix}${name}`, bytes)]),
  ) as Tensors<K>;
}

export const total = (sizes: Record<string, number>) => Object.values(sizes).reduce((a, b) => a + b, 0);

/** One segment of a stacked tensor [rows, width]. */
export function segmentOf(tensor: Tensor, capacity: Capacity, segment: number, width: number): Tensor {
  const bytes = 4 * segmentStride(capacity) * width;
  return tensor.slice(`${tensor.label}[${segment}]`, segment * bytes, bytes);
}

/** The residual stream before a layer, [rows, dModel]: kept for every layer, whatever is computed anew. */
export const inputSizes = (c: LlamaConfig, capacity: Capacity) => ({ input: 4 * stackedRows(capacity) * c.dModel });

/**
 * The rest of one layer, [rows, …]: what its backward reads. One set for each layer; one for all of them where the
 * backward computes a layer anew, and in inference.
 */
export const layerSizes = (c: LlamaConfig, capacity: Capacity) => {
  const rows = stackedRows(capacity);
  return {
    /** Residual stream before the MLP half. */
    mid: 4 * rows * c.dModel,
    attnRstd: 4 * rows,
    q: 4 * rows * qWidth(c),
    k: 4 * rows * kvWidth(c),
    v: 4 * rows * kvWidth(c),
    attn: 4 * rows * qWidth(c),
    lse: 4 * rows * c.heads,
    mlpRstd: 4 * rows,
    gate: 4 * rows * c.ffn,
    up: 4 * rows * c.ffn,
  };
};
export type LayerActivations = Tensors<keyof ReturnType<typeof layerSizes> | 'input'>;

/** Of the whole model: scratch that every layer uses in turn, the last residual stream, and the head. */
export const topSizes = (c: LlamaConfig, capacity: Capacity) => {
  const [rows, targets] = [stackedRows(capacity), stackedTargets(capacity)];
  return {
    /** The normed input of q, k and v, then of gate and up. The backward makes it anew from the norm's rstd. */
    normed: 4 * rows * c.dModel,
    /** The MLP's activation. The backward computes it anew: it would be the largest thing that a layer keeps. */
    act: 4 * rows * c.ffn,
    /** Partial sums of y² of the module at hand, for its gate: at most one for four columns. */
    rowNormSquared: rows * Math.max(c.dModel, c.ffn, qWidth(c), kvWidth(c)),
    output: 4 * rows * c.dModel,
    headInput: 4 * targets * c.dModel,
    headNormed: 4 * targets * c.dModel,
    headRstd: 4 * targets,
    logits: 4 * Math.min(capacity.headChunk, targets) * logitStride(c),
    loss: 4 * targets,
  };
};
export type TopActivations = Tensors<keyof ReturnType<typeof topSizes>>;

/** Gradients on their way down; one set, reused by every layer. */
export const gradSizes = (c: LlamaConfig, capacity: Capacity) => {
  const [rows, targets] = [stackedRows(capacity), stackedTargets(capacity)];
  return {
    headNormed: 4 * targets * c.dModel,
    headInput: 4 * targets * c.dModel,
    residual: 4 * rows * c.dModel,
    normed: 4 * rows * c.dModel,
    q: 4 * rows * qWidth(c),
    k: 4 * rows * kvWidth(c),
    v: 4 * rows * kvWidth(c),
    attn: 4 * rows * qWidth(c),
    attnStats: 8 * rows * c.heads,
    act: 4 * rows * c.ffn,
    gate: 4 * rows * c.ffn,
    up: 4 * rows * c.ffn,
  };
};
export type GradActivations = Tensors<keyof ReturnType<typeof gradSizes>>;
