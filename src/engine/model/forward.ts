/** The Llama forward as a list of operations. What it leaves in the activations is what backward.ts reads. */
import type { ModuleKind } from '../../shared/config';
import type { LlamaConfig } from '../../shared/types';
import type { AdaptedModule, Method, ModuleSpace, SharedSpace } from '../adapters/method';
import type { Tensor } from '../device/buffers';
import type { Device } from '../device/device';
import type { Op } from '../device/program';
import { attention } from '../kernels/attention/attention';
import { copyRows } from '../kernels/copyRows/copyRows';
import { copyToCache } from '../kernels/copyToCache/copyToCache';
import { embed } from '../kernels/embed/embed';
import { matmul, squareParts } from '../kernels/matmul/matmul';
import { rmsNorm } from '../kernels/rmsNorm/rmsNorm';
import { rope } from '../kernels/rope/rope';
import { swiglu } from '../kernels/swiglu/swiglu';
import { type GradActivations, type LayerActivations, type TopActivations, segmentOf } from './activations';
import type { BatchBuffers } from './batch';
import { type LlamaWeights, kvWidth, moduleShape } from './llama';

/** The method of a run and where its modules keep what the backward needs. */
export interface Adapters {
  method: Method;
  modules: AdaptedModule[];
  /** Per adapted module; all the same tensors where no backward follows. */
  spaces: ModuleSpace[];
  shared: SharedSpace;
}

/** Everything a pass touches. */
export interface Pass {
  device: Device;
  config: LlamaConfig;
  weights: LlamaWeights;
  ropeTable: Tensor;
  batch: BatchBuffers;
  /** One per layer; they may share all tensors but `input`, or in inference that one too. */
  layers: LayerActivations[];
  top: TopActivations;
  /** Absent where no backward follows. */
  grads: GradActivations | null;
  /** The runs whose rows are stacked, by segment; null = the base alone. */
  segments: (Adapters | null)[];
  /** Keys and values of earlier tokens, per layer, when decoding. */
  cache: { k: Tensor; v: Tensor }[] | null;
  /** [stacked rows, dOut]: scratch for what W0ᵀ is given, where a run of the pass goes through the base. */
  frozenGradient?: Tensor;
  /** Whether gates count their statistics. */
  record: boolean;
  /** The pass only fills the methods' `wholeBatch`. */
  choosing?: boolean;
  /** Layers share their activations, so the backward computes each layer's anew. */
  recompute: boolean;
}

/** A module that some of the stacked runs adapt, with the segment of each of them. */
export function adaptersOf(
  pass: Pass,
  layer: number,
  kind: ModuleKind,
): { segment: number; module: AdaptedModule; adapters: Adapters }[] {
  return pass.segments.flatMap((adapters, segment) => {
    const module = adapters?.modules.find((m) => m.layer === layer && m.kind === kind);
    return adapters && module ? [{ segment, module, adapters }] : [];
  });
}

/** Whether an adapter of a module needs its frozen output in the backward. */
const keepsBase = (pass: Pass, layer: number, kind: ModuleKind): boolean =>
  adaptersOf(pass, layer, kind).some(({ adapters }) => adapters.method.throughBase);

/**
 * A linear layer: the frozen product of all runs' rows (added to `residual`, if given), then each run's adapter on its
 * own. Where a gate needs the size of the frozen output, the product leaves it behind; where an adapter needs the frozen
 * output itself, it is kept before the residual comes to it.
 */
function linear(
  pass: Pass,
  layer: number,
  kind: ModuleKind,
  { x, y, again, residual }: { x: Tensor; y: Tensor; again: boolean; residual?: Tensor },
): Op[] {
  const { rows, segment: segmentRows, capacity } = pass.batch;
  const { dIn, dOut } = moduleShape(pass.config, kind);
  const adapted = adaptersOf(pass, layer, kind);
  const needed = !again && adapted.some(({ adapters }) => adapters.method.needsSquares);
  const parts = squareParts(pass.device, { n: dOut, k: dIn, transposed: true, maxRows: rows.max });
  const { squares } = pass.top;
  const through = adapted.filter(({ adapters }) => adapters.method.throughBase);
  const part = (tensor: Tensor, segment: number) => segmentOf(tensor, capacity, segment, dOut);
  return [
    ...matmul(pass.device, {
      label: kind,
      rows,
      a: x,
      w: pass.weights.layers[layer][kind],
      out: y,
      n: dOut,
      k: dIn,
      transposed: true,
      residual: through.length > 0 ? undefined : residual,
      squares: needed ? squares : undefined,
    }),
    ...through.map(({ segment, module, adapters }) =>
      copyRows(pass.device, {
        rows: segmentRows,
        x: part(y, segment),
        out: adapters.spaces[module.index].base!,
        width: dOut,
      }),
    ),
    ...(residual && through.length > 0
      ? pass.segments.map((_, segment) =>
          copyRows(pass.device, {
            rows: segmentRows,
            x: part(residual, segment),
            out: part(y, segment),
            width: dOut,
            add: true,
          }),
        )
      : []),
    ...adapted.flatMap(({ segment, module, adapters }) =>
      adapters.method.forward(module, {
        rows: segmentRows,
        x: segmentOf(x, capacity, segment, dIn),
        y: part(y, segment),
        squares: needed ? { tensor: segmentOf(squares, capacity, segment, parts), parts } : undefined,
        space: adapters.spaces[module.index],
        shared: adapters.shared,
        record: pass.record,
        choosing: pass.choosing,
        again,
      }),
    ),
  ];
}

/**
 * One layer. `again`: its activations are computed anew for the backward, from its input and what the adapters kept;
 * the layer's output is then left out, unless an adapter needs the last module's frozen output.
 */
export function layerForward(pass: Pass, layer: number, output: Tensor, again = false): Op[] {
  const {
    device,
    config: c,
    batch: { rows, meta },
    ropeTable: table,
  } = pass;
  const act = pass.layers[layer];
  const { normed } = pass.top;
  const weights = pass.weights.layers[layer];
  const norm = { rows, width: c.dModel, eps: c.rmsEps };
  const { heads, kvHeads, headDim } = c;
  const cache = pass.cache?.[layer];
  return [
    rmsNorm(device, { ...norm, x: act.input, weight: weights.inputNorm, out: normed, rstd: act.attnRstd }),
    ...linear(pass, layer, 'q', { x: normed, y: act.q, again }),
    ...linear(pass, layer, 'k', { x: normed, y: act.k, again }),
    ...linear(pass, layer, 'v', { x: normed, y: act.v, again }),
    rope(device, { rows, meta, table, x: act.q, heads, headDim, inverse: false }),
    rope(device, { rows, meta, table, x: act.k, heads: kvHeads, headDim, inverse: false }),
    ...(cache
      ? [
          copyToCache(device, { rows, meta, x: act.k, cache: cache.k, width: kvWidth(c) }),
          copyToCache(device, { rows, meta, x: act.v, cache: cache.v, width: kvWidth(c) }),
        ]
      : []),
    ...attention(device, {
      rows,
      meta,
      q: act.q,
      k: cache?.k ?? act.k,
      v: cache?.v ?? act.v,
      out: act.attn,
      lse: act.lse,
      heads,
      kvHeads,
      headDim,
    }),
    ...linear(pass, layer, 'o', { x: act.attn, y: act.mid, again, residual: act.input }),
    rmsNorm(device, { ...norm, x: act.mid, weight: weights.postNorm, out: normed, rstd: act.mlpRstd }),
    ...linear(pass, layer, 'gate', { x: normed, y: act.gate, again }),
    ...linear(pass, layer, 'up', { x: normed, y: act.up, again }),
    ...(again && !keepsBase(pass, layer, 'down')
      ? []
      : [
          swiglu(device, { rows, gate: act.gate, up: act.up, out: pass.top.act, width: c.ffn }),
          ...linear(pass, layer, 'down', { x: pass.top.act, y: output, again, residual: act.mid }),
        ]),
  ];
}

/** Embedding and all layers; the last residual stream ends in `top.output`. */
export function forward(pass: Pass): Op[] {
  const { device, config, weights, batch, layers, top } = pass;
  return [
    ...embed(device, {
      rows: batch.rows,
      ids: batch.ids,
      table: weights.embed,
      out: layers[0].input,
      width: config.dModel,
    }),
    ...layers.flatMap((_, l) => layerForward(pass, l, layers[l + 1]?.input ?? top.output)),
  ];
}
