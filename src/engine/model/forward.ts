/** The Llama forward as a list of operations. What it leaves in the activations is what backward.ts reads. */
import type { ModuleKind } from '../../shared/config';
import type { LlamaConfig } from '../../shared/types';
import type { AdaptedModule, Method, SavedActivations, Scratch } from '../adapters/method';
import type { Tensor } from '../device/buffers';
import type { Device } from '../device/device';
import type { Op } from '../device/program';
import { gatedActivation } from '../kernels/activation/activation';
import { attention } from '../kernels/attention/attention';
import { copyRows } from '../kernels/copyRows/copyRows';
import { copyToCache } from '../kernels/copyToCache/copyToCache';
import { embed } from '../kernels/embed/embed';
import { matmul, squareParts } from '../kernels/matmul/matmul';
import { rmsNorm } from '../kernels/rmsNorm/rmsNorm';
import { rope } from '../kernels/rope/rope';
import { type GradActivations, type LayerActivations, type TopActivations, segmentOf } from './activations';
import type { BatchBuffers } from './batch';
import { type LlamaWeights, kvWidth, moduleShape } from './llama';

/** The method of a run and where its modules keep what the backward needs. */
export interface RunAdapters {
  method: Method;
  modules: AdaptedModule[];
  /** Per adapted module; all the same tensors where no backward follows. */
  saved: SavedActivations[];
  scratch: Scratch;
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
  segments: (RunAdapters | null)[];
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
): { segment: number; module: AdaptedModule; adapters: RunAdapters }[] {
  return pass.segments.flatMap((adapters, segment) => {
    const module = adapters?.modules.find((m) => m.layer === layer && m.kind === kind);
    return adapters && module ? [{ segment, module, adapters }] : [];
  });
}

/** Whether an adapter of a module needs its frozen output in the backward. */
const keepsBase = (pass: Pass, layer: number, kind: ModuleKind): boolean =>
  adaptersOf(pass, layer, kind).some(({ adapters }) => adapters.method.usesBaseOutput);

/**
 * A linear layer: the frozen product of all runs' rows (added to `residual`, if given), then each run's adapter on its
 * own. Where a gate needs the size of the frozen output, the product leaves it behind; where an adapter needs the frozen
 * output itself, it is kept before the residual comes to it.
 */
function linear(
  pass: Pass,
  layer: number,
  kind: ModuleKind,
  { x, y, recompute, residual }: { x: Tensor; y: Tensor; recompute: boolean; residual?: Tensor },
): Op[] {
  const { rows, segment: segmentRows, capacity } = pass.batch;
  const { dIn, dOut } = moduleShape(pass.config, kind);
  const adapted = adaptersOf(pass, layer, kind);
  const needed = !recompute && adapted.some(({ adapters }) => adapters.method.needsRowNorms);
  const parts = squareParts(pass.device, { n: dOut, k: dIn, transposed: true, maxRows: rows.max });
  const { rowNormSquared } = pass.top;
  const through = adapted.filter(({ adapters }) => adapters.method.usesBaseOutput);
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
      rowNormSquared: needed ? rowNormSquared : undefined,
    }),
    ...through.map(({ segment, module, adapters }) =>
      copyRows(pass.device, {
        rows: segmentRows,
        x: part(y, segment),
        out: adapters.saved[module.index].base!,
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
        rowNormSquared: needed ? { tensor: segmentOf(rowNormSquared, capacity, segment, parts), parts } : undefined,
        saved: adapters.saved[module.index],
        scratch: adapters.scratch,
        record: pass.record,
        choosing: pass.choosing,
        recompute,
      }),
    ),
  ];
}

/**
 * One layer. `recompute`: its activations are computed anew for the backward, from its input and what the adapters kept;
 * the layer's output is then left out, unless an adapter needs the last module's frozen output.
 */
export function layerForward(pass: Pass, layer: number, output: Tensor, recompute = false): Op[] {
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
    ...linear(pass, layer, 'q', { x: normed, y: act.q, recompute }),
    ...linear(pass, layer, 'k', { x: normed, y: act.k, recompute }),
    ...linear(pass, layer, 'v', { x: normed, y: act.v, recompute }),
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
    ...linear(pass, layer, 'o', { x: act.attn, y: act.mid, recompute, residual: act.input }),
    rmsNorm(device, { ...norm, x: act.mid, weight: weights.postNorm, out: normed, rstd: act.mlpRstd }),
    ...linear(pass, layer, 'gate', { x: normed, y: act.gate, recompute }),
    ...linear(pass, layer, 'up', { x: normed, y: act.up, recompute }),
    ...(recompute && !keepsBase(pass, layer, 'down')
      ? []
      : [
          gatedActivation(device, { kind: 'silu', rows, gate: act.gate, up: act.up, out: pass.top.act, width: c.ffn }),
          ...linear(pass, layer, 'down', { x: pass.top.act, y: output, recompute, residual: act.mid }),
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
