/**
 * The backward: input gradients through the frozen layers, and each adapted module's own gradients. It stops below the
 * lowest adapted module: nothing under it has anything to learn.
 */
import type { ModuleId } from '../../shared/types';
import type { Op } from '../device/program';
import { layerBackward, liveInputs } from './layer';
import { type Pass } from './nn/pass';
import { projectionLearns } from './nn/projection';

/** From `grads.residual` (as `headLoss` leaves it) down to the lowest adapted module. */
export function backward(pass: Pass): Op[] {
  const lowest = Math.min(...pass.segments.flatMap((adapters) => adapters?.modules.map((m) => m.layer) ?? []));
  const ops: Op[] = [];
  for (let layer = pass.config.layers.length - 1; layer >= lowest; layer--) ops.push(...layerBackward(pass, layer));
  return ops;
}

/** Whether the backward goes through a layer's attention (for the accounts). */
export const goesThroughAttention = (pass: Pass, layer: number): boolean =>
  liveInputs(pass, layer).attention || projectionLearns(pass, pass.config.layers[layer].attention.input);

/** Whether the adapter's part of a module's input gradient is computed (for the accounts). */
export function needsInputGradient(pass: Pass, { layer, path }: ModuleId & { path: string }): boolean {
  const live = liveInputs(pass, layer);
  const { attention, mlp } = pass.config.layers[layer];
  const inAttention = [...attention.input.linears, attention.output].some((linear) => linear.path === path);
  const [half, below] = inAttention ? [attention, live.attention] : [mlp, live.mlp];
  return below || (half.output.path === path && projectionLearns(pass, half.input));
}
