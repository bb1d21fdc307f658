import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { THREADS, quads, snippets, spread } from '../launch';
import { type WeightGradParams, weightGradCpu } from './weightGrad.cpu';
import wgsl from './weightGrad.wgsl?raw';

/**
 * Gradients of a linear layer that is trained itself: gradWeight += gradOutᵀ · x, gradBias += Σ gradOut. For few rows:
 * a thread goes through all of them.
 */
export function weightGrad(_device: Device, p: WeightGradParams): Dispatch {
  const { rows, gradWeight, gradBias, n, k } = p;
  const [n4, k4] = [quads(n, 'module'), quads(k, 'module')];
  const grads = gradBias ? gradWeight.through(gradBias) : gradWeight;
  return {
    kernel: {
      label: 'weightGrad',
      code: compose(wgsl, { snippets: [snippets.rows] }),
      constants: {
        N4: n4,
        K4: k4,
        BIAS: Number(gradBias !== null),
        BIAS_AT: gradBias ? (gradBias.offset - gradWeight.offset) / 16 : 0,
      },
    },
    bindings: [rows.dims, p.gradOut, p.x, grads],
    groups: (counts) => (rows.of(counts) > 0 ? spread(Math.ceil((n * k4 + n4) / THREADS)) : [0, 1, 1]),
    macs: (counts) => rows.of(counts) * n * k,
    cpu: weightGradCpu(p),
  };
}
