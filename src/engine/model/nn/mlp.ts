/** The MLP between its projections: the activation function. */
import { gatedActivation, gatedActivationBackward } from '../../kernels/activation/activation';
import type { Half } from './half';
import type { Pass } from './pass';

/** The MLP of a layer. Its activation is made again in the backward: it would be the largest thing that a layer keeps. */
export function mlpHalf(pass: Pass, layer: number): Half {
  const { mlp: description, residualScale: scale } = pass.config.layers[layer];
  const saved = pass.layers[layer].mlp;
  const { gate, up } = saved;
  const grads = () => pass.grads!.mlp;
  const all = { kind: description.activation, rows: pass.batch.rows, gate, up, width: description.inner };
  return {
    description,
    scale,
    saved,
    parts: [gate, up],
    gradParts: () => [grads().gate, grads().up],
    out: pass.top.act,
    gradOut: () => grads().act,
    forward: () => [gatedActivation(pass.device, { ...all, out: pass.top.act })],
    kept: false,
    backward: () => [
      gatedActivationBackward(pass.device, {
        ...all,
        gradOut: grads().act,
        gradGate: grads().gate,
        gradUp: grads().up,
      }),
    ],
  };
}
