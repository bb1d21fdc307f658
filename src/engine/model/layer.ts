/** One layer of the model, forward and backward: its two halves one after the other, or side by side. */
import type { Tensor } from '../device/buffers';
import type { Op } from '../device/program';
import { copyRows } from '../kernels/copyRows/copyRows';
import { attentionHalf } from './nn/attention';
import { halfBackward, halfForward, halfLearns } from './nn/half';
import { mlpHalf } from './nn/mlp';
import type { Pass } from './nn/pass';

/**
 * From the layer's input to `target` [rows, width]. `recompute`: its activations are recomputed for the backward, from
 * its input and what the adapters kept; `target` is then left out, unless an adapter needs the last module's frozen
 * output.
 */
export function layerForward(pass: Pass, layer: number, target: Tensor, recompute = false): Op[] {
  const { input, mid } = pass.layers[layer];
  const { parallel } = pass.config.layers[layer];
  return [
    ...halfForward(pass, attentionHalf(pass, layer), {
      x: input,
      residual: input,
      target: mid,
      recompute,
      inside: parallel,
    }),
    ...halfForward(pass, mlpHalf(pass, layer), {
      x: parallel ? input : mid,
      residual: mid,
      target,
      recompute,
      inside: true,
    }),
  ];
}

/** Whether the gradient of each half's input is needed: something below it learns. */
export function liveInputs(
  pass: Pick<Pass, 'segments' | 'config'>,
  layer: number,
): Record<'attention' | 'mlp', boolean> {
  const { attention, parallel } = pass.config.layers[layer];
  const below = pass.segments.some((adapters) => adapters?.modules.some((m) => m.layer < layer));
  return { attention: below, mlp: below || (!parallel && halfLearns(pass, attention)) };
}

/**
 * From `grads.residual`, the gradient of the layer's output, to that of its input, or down to the lowest adapted
 * module.
 */
export function layerBackward(pass: Pass, layer: number): Op[] {
  const { input, mid } = pass.layers[layer];
  const { parallel } = pass.config.layers[layer];
  const live = liveInputs(pass, layer);
  const { residual, source } = pass.grads!;
  const gradOut = parallel ? source! : residual;
  return [
    ...(pass.recompute ? layerForward(pass, layer, pass.top.output, true) : []),
    ...(parallel
      ? [copyRows(pass.device, { rows: pass.batch.rows, x: residual, out: gradOut, width: pass.config.width })]
      : []),
    ...halfBackward(pass, mlpHalf(pass, layer), { x: parallel ? input : mid, gradOut, live: live.mlp }),
    ...halfBackward(pass, attentionHalf(pass, layer), { x: input, gradOut, live: live.attention }),
  ];
}
