/** The MLP between its projections: the activation function, as a gate or alone. */
import {
  activation,
  activationBackward,
  gatedActivation,
  gatedActivationBackward,
} from '../../kernels/activation/activation';
import type { Half } from './half';
import type { Pass } from './pass';

/**
 * The MLP of a layer. Its activation is made again in the backward, on the way: it would be the largest thing that a
 * layer keeps.
 */
export function mlpHalf(pass: Pass, layer: number): Half {
  const { device, top } = pass;
  const { mlp: description, residualScale: scale } = pass.config.layers[layer];
  const saved = pass.layers[layer].mlp;
  const { gate, up } = saved;
  const grads = () => pass.grads!.mlp;
  const all = { kind: description.activation, rows: pass.batch.rows, width: description.inner };
  const common = {
    description,
    scale,
    saved,
    out: top.act,
    gradOut: () => grads().act,
    kept: false,
  };
  if (!gate)
    return {
      ...common,
      parts: [up],
      gradParts: () => [grads().up],
      forward: () => [activation(device, { ...all, x: up, out: top.act })],
      backward: () => [
        activationBackward(device, { ...all, x: up, gradOut: grads().act, gradX: grads().up, out: top.act }),
      ],
    };
  return {
    ...common,
    parts: [gate, up],
    gradParts: () => [grads().gate!, grads().up],
    forward: () => [gatedActivation(device, { ...all, gate, up, out: top.act })],
    backward: () => [
      gatedActivationBackward(device, {
        ...all,
        gate,
        up,
        gradOut: grads().act,
        gradGate: grads().gate!,
        gradUp: grads().up,
        out: top.act,
      }),
    ],
  };
}
