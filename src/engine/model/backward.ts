/**
 * The Llama backward: input gradients through the frozen layers, and each adapted module's own gradients.
 * It stops below the lowest adapted module: nothing under it has anything to learn.
 */
import type { ModuleKind } from '../../shared/config';
import type { Tensor } from '../device/buffers';
import type { Op } from '../device/program';
import { gatedActivation, gatedActivationBackward } from '../kernels/activation/activation';
import { attentionBackward } from '../kernels/attention/attention';
import { copyRows } from '../kernels/copyRows/copyRows';
import { matmul } from '../kernels/matmul/matmul';
import { rmsNormAgain, rmsNormBackward } from '../kernels/rmsNorm/rmsNorm';
import { rope } from '../kernels/rope/rope';
import { segmentOf } from './activations';
import { type Pass, adaptersOf, layerForward } from './forward';
import { moduleShape } from './llama';

/** Modules of one layer that share an input: nothing in a later stage depends on an earlier one's gradient. */
const STAGES: ModuleKind[][] = [['q', 'k', 'v'], ['o'], ['gate', 'up'], ['down']];

/** Lowest layer and stage that hold an adapted module of any stacked run. */
export function lowestAdapted(pass: Pass): { layer: number; stage: number } {
  const modules = pass.segments.flatMap((adapters) => adapters?.modules ?? []);
  if (modules.length === 0) throw new Error('nothing is adapted');
  const layer = Math.min(...modules.map((m) => m.layer));
  const kinds = modules.filter((m) => m.layer === layer).map((m) => m.kind);
  return { layer, stage: STAGES.findIndex((stage) => stage.some((k) => kinds.includes(k))) };
}

/**
 * What W0ᵀ is given: g, or where an adapter's Δ depends on W0 x a copy of it with that adapter's rows changed. g itself
 * stays: the residual stream's gradient is still needed as it is.
 */
function frozenGradient(pass: Pass, layer: number, kind: ModuleKind, gradOut: Tensor): { ops: Op[]; gradient: Tensor } {
  const { segment: rows, capacity } = pass.batch;
  const { dOut: width } = moduleShape(pass.config, kind);
  const through = adaptersOf(pass, layer, kind).filter(({ adapters }) => adapters.method.usesBaseOutput);
  if (through.length === 0) return { ops: [], gradient: gradOut };
  const gradient = pass.frozenGradient!;
  const ops = pass.segments.flatMap((_, segment): Op[] => {
    const [g, out] = [gradOut, gradient].map((tensor) => segmentOf(tensor, capacity, segment, width));
    const own = through.find((t) => t.segment === segment);
    if (!own) return [copyRows(pass.device, { rows, x: g, out, width })];
    return own.adapters.method.frozenGradient(own.module, {
      rows,
      gradOut: g,
      saved: own.adapters.saved[own.module.index],
      out,
    });
  });
  return { ops, gradient };
}

/**
 * A linear layer backwards: gradIn (+)= W0ᵀ g for all runs' rows, then each adapter's gradients and its part of gradIn.
 * `gradIn` null: nothing below needs it.
 */
function linearBack(
  pass: Pass,
  layer: number,
  kind: ModuleKind,
  { x, gradOut, gradIn, accumulate }: { x: Tensor; gradOut: Tensor; gradIn: Tensor | null; accumulate: boolean },
): Op[] {
  const { rows, segment: segmentRows, capacity } = pass.batch;
  const { dIn, dOut } = moduleShape(pass.config, kind);
  const frozen = gradIn ? frozenGradient(pass, layer, kind, gradOut) : { ops: [], gradient: gradOut };
  return [
    ...frozen.ops,
    ...(gradIn
      ? matmul(pass.device, {
          label: `${kind} back`,
          rows,
          a: frozen.gradient,
          w: pass.weights.layers[layer][kind],
          out: gradIn,
          n: dIn,
          k: dOut,
          transposed: false,
          accumulate,
        })
      : []),
    ...adaptersOf(pass, layer, kind).flatMap(({ segment, module, adapters }) =>
      adapters.method.backward(module, {
        rows: segmentRows,
        x: segmentOf(x, capacity, segment, dIn),
        gradOut: segmentOf(gradOut, capacity, segment, dOut),
        gradIn: gradIn && segmentOf(gradIn, capacity, segment, dIn),
        saved: adapters.saved[module.index],
        scratch: adapters.scratch,
      }),
    ),
  ];
}

/** One layer, from its last stage down to `lowest`; with lowest = −1 the gradient of its input is added to `grads.residual`. */
function layerBackward(pass: Pass, layer: number, lowest: number): Op[] {
  const {
    device,
    config: c,
    batch: { rows, meta },
    ropeTable: table,
  } = pass;
  const { heads, kvHeads, headDim } = c;
  const act = pass.layers[layer];
  const weights = pass.weights.layers[layer];
  const g = pass.grads!;
  /** The tensor for a stage's input gradient, or null when the stage is the lowest. */
  const below = (stage: number, tensor: Tensor) => (lowest < stage ? tensor : null);
  const { normed } = pass.top;
  /** The input of a stage, once more in `normed`. */
  const normAgain = (x: Tensor, weight: Tensor, rstd: Tensor) =>
    rmsNormAgain({ rows, x, weight, rstd, out: normed, width: c.dModel });
  const norm = { rows, width: c.dModel, gradOut: g.normed, gradX: g.residual, accumulate: true };
  const ops = [
    ...(pass.recompute ? layerForward(pass, layer, pass.top.output, true) : []),
    gatedActivation(device, { kind: 'silu', rows, gate: act.gate, up: act.up, out: pass.top.act, width: c.ffn }),
    ...linearBack(pass, layer, 'down', {
      x: pass.top.act,
      gradOut: g.residual,
      gradIn: below(3, g.act),
      accumulate: false,
    }),
  ];
  if (lowest === 3) return ops;
  ops.push(
    gatedActivationBackward(device, {
      kind: 'silu',
      rows,
      gate: act.gate,
      up: act.up,
      gradOut: g.act,
      gradGate: g.gate,
      gradUp: g.up,
      width: c.ffn,
    }),
    normAgain(act.mid, weights.postNorm, act.mlpRstd),
    ...linearBack(pass, layer, 'gate', { x: normed, gradOut: g.gate, gradIn: below(2, g.normed), accumulate: false }),
    ...linearBack(pass, layer, 'up', { x: normed, gradOut: g.up, gradIn: below(2, g.normed), accumulate: true }),
  );
  if (lowest === 2) return ops;
  ops.push(
    rmsNormBackward(device, { ...norm, x: act.mid, weight: weights.postNorm, rstd: act.mlpRstd }),
    ...linearBack(pass, layer, 'o', { x: act.attn, gradOut: g.residual, gradIn: below(1, g.attn), accumulate: false }),
  );
  if (lowest === 1) return ops;
  ops.push(
    ...attentionBackward(device, {
      rows,
      meta,
      q: act.q,
      k: act.k,
      v: act.v,
      out: act.attn,
      lse: act.lse,
      gradOut: g.attn,
      stats: g.attnStats,
      gradQ: g.q,
      gradK: g.k,
      gradV: g.v,
      heads,
      kvHeads,
      headDim,
    }),
    rope(device, { rows, meta, table, x: g.q, heads, headDim, inverse: true }),
    rope(device, { rows, meta, table, x: g.k, heads: kvHeads, headDim, inverse: true }),
    normAgain(act.input, weights.inputNorm, act.attnRstd),
    ...linearBack(pass, layer, 'q', { x: normed, gradOut: g.q, gradIn: below(0, g.normed), accumulate: false }),
    ...linearBack(pass, layer, 'k', { x: normed, gradOut: g.k, gradIn: below(0, g.normed), accumulate: true }),
    ...linearBack(pass, layer, 'v', { x: normed, gradOut: g.v, gradIn: below(0, g.normed), accumulate: true }),
  );
  if (lowest === 0) return ops;
  ops.push(rmsNormBackward(device, { ...norm, x: act.input, weight: weights.inputNorm, rstd: act.attnRstd }));
  return ops;
}

/** From `grads.residual` (as `headLoss` leaves it) down to the lowest adapted module. */
export function backward(pass: Pass): Op[] {
  const low = lowestAdapted(pass);
  const ops: Op[] = [];
  for (let layer = pass.config.layers - 1; layer >= low.layer; layer--) {
    ops.push(...layerBackward(pass, layer, layer === low.layer ? low.stage : -1));
  }
  return ops;
}

/** Whether the adapter's part of a module's input gradient is computed (for the accounts). */
export function needsInputGradient(pass: Pass, layer: number, kind: ModuleKind): boolean {
  const low = lowestAdapted(pass);
  return layer > low.layer || STAGES.findIndex((s) => s.includes(kind)) > low.stage;
}
