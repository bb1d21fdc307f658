/**
 * What a pass keeps, by name and size. Planning reads the sizes, allocation uses the same ones, so the plan
 * cannot drift from what is allocated.
 */
import {
  type AttentionDescription,
  type HalfDescription,
  type MlpDescription,
  type ModelDescription,
  type NormDescription,
  allModules,
} from '../../shared/model';
import { type BufferScope, Tensor } from '../device/buffers';
import { type Capacity, segmentStride, stackedRows, stackedTargets } from './batch';
import { logitStride } from './modules';

/** Bytes by name, in groups. */
export interface Sizes {
  [name: string]: number | Sizes | undefined;
}
/** A tensor for each of the sizes. */
export type Tensors<S> = { [K in keyof S]: S[K] extends number | undefined ? Tensor : Tensors<S[K]> };

/** The sizes behind one another, with the groups' names before a point. */
export const flatSizes = (sizes: Sizes, prefix = ''): { name: string; bytes: number }[] =>
  Object.entries(sizes).flatMap(([name, of]) =>
    typeof of === 'number' ? [{ name: prefix + name, bytes: of }] : flatSizes(of ?? {}, `${prefix}${name}.`),
  );

export const total = (sizes: Sizes): number => flatSizes(sizes).reduce((sum, { bytes }) => sum + bytes, 0);

/** One tensor per name. */
export function allocate<S extends Sizes>(scope: BufferScope, prefix: string, sizes: S): Tensors<S> {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, of]) => [
      name,
      typeof of === 'number' ? scope.alloc(prefix + name, of) : allocate(scope, `${prefix}${name}.`, of ?? {}),
    ]),
  ) as Tensors<S>;
}

/** Allocated tensors behind one another, named as their sizes are. */
export const flatTensors = (tensors: object, prefix = ''): { name: string; tensor: Tensor }[] =>
  Object.entries(tensors).flatMap(([name, of]: [string, object]) =>
    of instanceof Tensor ? [{ name: prefix + name, tensor: of }] : flatTensors(of, `${prefix}${name}.`),
  );

/** Of several groups of sizes, the largest by name: room for each of them. */
function largest<S extends Sizes>(all: readonly S[]): S {
  const names = [...new Set(all.flatMap((sizes) => Object.keys(sizes)))];
  return Object.fromEntries(
    names.map((name) => {
      const given = all.map((sizes) => sizes[name]).filter((of) => of !== undefined);
      const [first] = given;
      return [name, typeof first === 'number' ? Math.max(...(given as number[])) : largest(given as Sizes[])];
    }),
  ) as S;
}

/** One segment of a stacked tensor [rows, width]. */
export function segmentOf(tensor: Tensor, capacity: Capacity, segment: number, width: number): Tensor {
  const bytes = 4 * segmentStride(capacity) * width;
  return tensor.slice(`${tensor.label}[${segment}]`, segment * bytes, bytes);
}

/** Widths of q, and of k and v. */
export const headWidths = ({ heads, kvHeads, headDim }: AttentionDescription) => ({
  q: heads * headDim,
  kv: kvHeads * headDim,
});

/** What a norm keeps of each row: the reciprocal of its size, and before it its mean where that is taken away. */
const normStats = ({ kind }: NormDescription, rows: number): number => (kind === 'layer' ? 8 : 4) * rows;

/** What the backward reads of either half, [rows, …]. */
const halfSizes = ({ norm, after, post }: HalfDescription, rows: number, width: number) => ({
  ...(norm ? { stats: normStats(norm, rows) } : {}),
  /** The half's output before `after`, and the statistics of that. */
  ...(after ? { branch: 4 * rows * width, afterStats: normStats(after, rows) } : {}),
  /** The residual stream before `post`, and the statistics of that. */
  ...(post ? { sum: 4 * rows * width, postStats: normStats(post, rows) } : {}),
});

const attentionSizes = (d: AttentionDescription, rows: number, width: number) => {
  const { q, kv } = headWidths(d);
  return {
    ...halfSizes(d, rows, width),
    q: 4 * rows * q,
    k: 4 * rows * kv,
    v: 4 * rows * kv,
    /** Before they are normed, and the statistics of each head. */
    ...(d.qNorm ? { rawQ: 4 * rows * q, qStats: normStats(d.qNorm, rows * d.heads) } : {}),
    ...(d.kNorm ? { rawK: 4 * rows * kv, kStats: normStats(d.kNorm, rows * d.kvHeads) } : {}),
    attn: 4 * rows * q,
    lse: 4 * rows * d.heads,
  };
};

const attentionGradSizes = (d: AttentionDescription, rows: number) => {
  const { q, kv } = headWidths(d);
  return {
    attn: 4 * rows * q,
    attnStats: 8 * rows * d.heads,
    q: 4 * rows * q,
    k: 4 * rows * kv,
    v: 4 * rows * kv,
    ...(d.qNorm ? { rawQ: 4 * rows * q } : {}),
    ...(d.kNorm ? { rawK: 4 * rows * kv } : {}),
  };
};

const mlpSizes = (d: MlpDescription, rows: number, width: number) => ({
  ...halfSizes(d, rows, width),
  ...(d.gated ? { gate: 4 * rows * d.inner } : {}),
  up: 4 * rows * d.inner,
});

const mlpGradSizes = ({ gated, inner }: MlpDescription, rows: number) => ({
  act: 4 * rows * inner,
  ...(gated ? { gate: 4 * rows * inner } : {}),
  up: 4 * rows * inner,
});

/** The residual stream before a layer, [rows, width]: kept for every layer, whatever is recomputed. */
export const inputSizes = ({ width }: ModelDescription, capacity: Capacity) => ({
  input: 4 * stackedRows(capacity) * width,
});

/**
 * The rest of one layer, [rows, …]: what its backward reads. One set for each layer; one for all of them where the
 * backward recomputes a layer, and in inference. Layers are alike, or the largest is meant.
 */
export const layerSizes = ({ layers, width }: ModelDescription, capacity: Capacity) => {
  const rows = stackedRows(capacity);
  return largest(
    layers.map(({ attention, mlp }) => ({
      /** Residual stream between the halves. */
      mid: 4 * rows * width,
      attention: attentionSizes(attention, rows, width),
      mlp: mlpSizes(mlp, rows, width),
    })),
  );
};
export type LayerActivations = Tensors<ReturnType<typeof layerSizes> & ReturnType<typeof inputSizes>>;

/** Whether a half's output is not added to the residual stream as it is. */
const hasBranch = ({ layers }: ModelDescription) =>
  layers.some(({ attention, mlp, residualScale }) => attention.after || mlp.after || residualScale !== 1);

/** Bytes of the widest fused projection's output, or none. */
const fusedSizes = ({ layers }: ModelDescription, rows: number) => {
  const widths = layers
    .flatMap(({ attention, mlp }) => [attention.input, mlp.input])
    .flatMap(({ linears, fused }) => (fused ? linears[0].dOut : []));
  return widths.length > 0 ? { fused: 4 * rows * Math.max(...widths) } : {};
};

/** Rows with a target on their way through the head, and their gradients back. */
const headSizes = (
  { width, finalNorm, head }: ModelDescription,
  { targets, rows }: Record<'targets' | 'rows', number>,
) => {
  const dense = head.kind === 'classes' ? head.dense : null;
  const inner = dense ? 4 * targets * dense.linear.dOut : 0;
  const readsAll = head.kind === 'classes' && head.reads === 'mean';
  return {
    headInput: 4 * targets * width,
    headNormed: 4 * targets * width,
    ...(finalNorm ? { headStats: normStats(finalNorm, readsAll ? rows : targets) } : {}),
    ...(dense ? { headDense: inner, headAct: inner } : {}),
    ...(dense?.norm ? { denseNormed: inner, denseStats: normStats(dense.norm, targets) } : {}),
  };
};

const headGradSizes = ({ width, head }: ModelDescription, targets: number) => {
  const dense = head.kind === 'classes' ? head.dense : null;
  const inner = dense ? 4 * targets * dense.linear.dOut : 0;
  return {
    headNormed: 4 * targets * width,
    headInput: 4 * targets * width,
    ...(dense ? { headDense: inner, headAct: inner } : {}),
    ...(dense?.norm ? { denseNormed: inner } : {}),
  };
};

/** Of the whole model: scratch that every layer uses in turn, the last residual stream, and the head. */
export const topSizes = (model: ModelDescription, capacity: Capacity) => {
  const [rows, targets] = [stackedRows(capacity), stackedTargets(capacity)];
  const { width, layers } = model;
  return {
    /** The normed input of a half. The backward recomputes it from the norm's statistics. */
    normed: 4 * rows * width,
    /** The MLP's activation. */
    act: 4 * rows * Math.max(...layers.map(({ mlp }) => mlp.inner)),
    ...(hasBranch(model) ? { branch: 4 * rows * width } : {}),
    ...fusedSizes(model, rows),
    /** Partial sums of y² of the module at hand, for its gate: at most one for four columns. */
    rowNormSquared: rows * Math.max(...allModules(model).map(({ dOut }) => dOut)),
    output: 4 * rows * width,
    ...(model.embedding.norm ? { embeddingStats: normStats(model.embedding.norm, rows) } : {}),
    ...headSizes(model, { targets, rows }),
    /** Of one chunk; of all runs where each has a head of its own. */
    logits: 4 * (capacity.ownHeads ? targets : Math.min(capacity.headChunk, targets)) * logitStride(model),
    loss: 4 * targets,
  };
};
export type TopActivations = Tensors<ReturnType<typeof topSizes>>;

/** Gradients on their way down; one set, reused by every layer. */
export const gradSizes = (model: ModelDescription, capacity: Capacity) => {
  const [rows, targets] = [stackedRows(capacity), stackedTargets(capacity)];
  const { width, layers } = model;
  return {
    ...headGradSizes(model, targets),
    residual: 4 * rows * width,
    normed: 4 * rows * width,
    /** Of a half's output before it is scaled and normed. */
    ...(hasBranch(model) ? { branch: 4 * rows * width } : {}),
    /** Of a layer's output, for halves side by side: `residual` changes while the second still needs it. */
    ...(layers.some(({ parallel }) => parallel) ? { source: 4 * rows * width } : {}),
    ...fusedSizes(model, rows),
    attention: largest(layers.map(({ attention }) => attentionGradSizes(attention, rows))),
    mlp: largest(layers.map(({ mlp }) => mlpGradSizes(mlp, rows))),
  };
};
export type GradActivations = Tensors<ReturnType<typeof gradSizes>>;
