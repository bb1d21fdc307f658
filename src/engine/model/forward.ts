/** The Llama forward as a list of operations. What it leaves in the activations is what backward.ts reads. */
import type { ModuleKind } from '../../shared/config';
import type { LlamaConfig } from '../../shared/types';
import type { AdaptedModule, Method, ModuleSpace, SharedSpace } from '../adapters/method';
import type { Tensor } from '../gpu/buffers';
import type { Gpu } from '../gpu/device';
import type { Op } from '../gpu/program';
import { addRows } from '../kernels/addRows/addRows';
import { attention } from '../kernels/attention/attention';
import { copyToCache } from '../kernels/copyToCache/copyToCache';
import { embed } from '../kernels/embed/embed';
import { matmul } from '../kernels/matmul/matmul';
import { rmsNorm } from '../kernels/rmsNorm/rmsNorm';
import { rope } from '../kernels/rope/rope';
import { swiglu } from '../kernels/swiglu/swiglu';
import type { GradActivations, LayerActivations, TopActivations } from './activations';
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
  gpu: Gpu;
  config: LlamaConfig;
  weights: LlamaWeights;
  ropeTable: Tensor;
  batch: BatchBuffers;
  /** One per layer, or the same one for all where no backward follows. */
  layers: LayerActivations[];
  top: TopActivations;
  /** Absent where no backward follows. */
  grads: GradActivations | null;
  /** null = the base alone. */
  adapters: Adapters | null;
  /** Keys and values of earlier tokens, per layer, when decoding. */
  cache: { k: Tensor; v: Tensor }[] | null;
  /** Whether gates count their statistics. */
  record: boolean;
}

/** The adapted module of a layer, if the run has it. */
export const findModule = (pass: Pass, layer: number, kind: ModuleKind): AdaptedModule | undefined =>
  pass.adapters?.modules.find((m) => m.layer === layer && m.kind === kind);

/** A linear layer: the frozen product, then the adapter's update. */
function linear(pass: Pass, layer: number, kind: ModuleKind, x: Tensor, y: Tensor): Op[] {
  const { rows } = pass.batch;
  const { dIn, dOut } = moduleShape(pass.config, kind);
  const module = findModule(pass, layer, kind);
  const adapters = pass.adapters;
  return [
    matmul(pass.gpu, { label: kind, rows, a: x, w: pass.weights.layers[layer][kind], out: y, n: dOut, k: dIn, transposed: true }),
    ...(module && adapters ? adapters.method.forward(module, { rows, x, y, space: adapters.spaces[module.index], record: pass.record }) : []),
  ];
}

function layerForward(pass: Pass, layer: number, output: Tensor): Op[] {
  const { gpu, config: c, batch: { rows, meta }, ropeTable: table } = pass;
  const act = pass.layers[layer];
  const weights = pass.weights.layers[layer];
  const norm = { rows, width: c.dModel, eps: c.rmsEps };
  const { heads, kvHeads, headDim } = c;
  const cache = pass.cache?.[layer];
  return [
    rmsNorm(gpu, { ...norm, x: act.input, weight: weights.inputNorm, out: act.attnNormed, rstd: act.attnRstd }),
    ...linear(pass, layer, 'q', act.attnNormed, act.q),
    ...linear(pass, layer, 'k', act.attnNormed, act.k),
    ...linear(pass, layer, 'v', act.attnNormed, act.v),
    rope(gpu, { rows, meta, table, x: act.q, heads, headDim, inverse: false }),
    rope(gpu, { rows, meta, table, x: act.k, heads: kvHeads, headDim, inverse: false }),
    ...(cache ? [
      copyToCache(gpu, { rows, meta, x: act.k, cache: cache.k, width: kvWidth(c) }),
      copyToCache(gpu, { rows, meta, x: act.v, cache: cache.v, width: kvWidth(c) }),
    ] : []),
    attention(gpu, { rows, meta, q: act.q, k: cache?.k ?? act.k, v: cache?.v ?? act.v, out: act.attn, lse: act.lse, heads, kvHeads, headDim }),
    ...linear(pass, layer, 'o', act.attn, pass.top.branch),
    addRows(gpu, { rows, a: act.input, b: pass.top.branch, out: act.mid, width: c.dModel }),
    rmsNorm(gpu, { ...norm, x: act.mid, weight: weights.postNorm, out: act.mlpNormed, rstd: act.mlpRstd }),
    ...linear(pass, layer, 'gate', act.mlpNormed, act.gate),
    ...linear(pass, layer, 'up', act.mlpNormed, act.up),
    swiglu(gpu, { rows, gate: act.gate, up: act.up, out: act.act, width: c.ffn }),
    ...linear(pass, layer, 'down', act.act, pass.top.branch),
    addRows(gpu, { rows, a: act.mid, b: pass.top.branch, out: output, width: c.dModel }),
  ];
}

/** Embedding and all layers; the last residual stream ends in `top.output`. */
export function forward(pass: Pass): Op[] {
  const { gpu, config, weights, batch, layers, top } = pass;
  return [
    embed(gpu, { rows: batch.rows, ids: batch.ids, table: weights.embed, out: layers[0].input, width: config.dModel }),
    ...layers.flatMap((_, l) => layerForward(pass, l, layers[l + 1]?.input ?? top.output)),
  ];
}

