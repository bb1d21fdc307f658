/**
 * What a pass keeps, by name and size. Planning reads the sizes, allocation uses the same ones, so the plan
 * cannot drift from what is allocated.
 */
import type { LlamaConfig } from '../../shared/types';
import type { BufferScope, Tensor } from '../gpu/buffers';
import { type Capacity, HEAD_CHUNK } from './batch';
import { kvWidth, logitStride, qWidth } from './llama';

type Sizes<K extends string> = Record<K, number>;
type Tensors<K extends string> = Record<K, Tensor>;

/** One tensor per name. */
export function allocate<K extends string>(scope: BufferScope, prefix: string, sizes: Sizes<K>): Tensors<K> {
  return Object.fromEntries(Object.entries<number>(sizes).map(([name, bytes]) => [name, scope.alloc(`${prefix}${name}`, bytes)])) as Tensors<K>;
}

export const total = (sizes: Record<string, number>) => Object.values(sizes).reduce((a, b) => a + b, 0);

/** Of one layer, [rows, …]: what its backward reads. Inference uses one set for all layers. */
export const layerSizes = (c: LlamaConfig, { rows }: Capacity) => ({
  /** Residual stream before the attention half and before the MLP half. */
  input: 4 * rows * c.dModel,
  mid: 4 * rows * c.dModel,
  attnNormed: 4 * rows * c.dModel,
  attnRstd: 4 * rows,
  q: 4 * rows * qWidth(c),
  k: 4 * rows * kvWidth(c),
  v: 4 * rows * kvWidth(c),
  attn: 4 * rows * qWidth(c),
  lse: 4 * rows * c.heads,
  mlpNormed: 4 * rows * c.dModel,
  mlpRstd: 4 * rows,
  gate: 4 * rows * c.ffn,
  up: 4 * rows * c.ffn,
  act: 4 * rows * c.ffn,
});
export type LayerActivations = Tensors<keyof ReturnType<typeof layerSizes>>;

/** Of the whole model: the last residual stream, a module's output before it joins it, and the head. */
export const topSizes = (c: LlamaConfig, { rows, supervised }: Capacity) => ({
  output: 4 * rows * c.dModel,
  branch: 4 * rows * c.dModel,
  headInput: 4 * supervised * c.dModel,
  headNormed: 4 * supervised * c.dModel,
  headRstd: 4 * supervised,
  logits: 4 * Math.min(HEAD_CHUNK, supervised) * logitStride(c),
  loss: 4 * supervised,
});
export type TopActivations = Tensors<keyof ReturnType<typeof topSizes>>;

/** Gradients on their way down; one set, reused by every layer. */
export const gradSizes = (c: LlamaConfig, { rows, supervised }: Capacity) => ({
  headNormed: 4 * supervised * c.dModel,
  headInput: 4 * supervised * c.dModel,
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
});
export type GradActivations = Tensors<keyof ReturnType<typeof gradSizes>>;
