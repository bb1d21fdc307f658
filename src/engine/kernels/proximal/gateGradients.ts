/** What the proximal steps are fed with: (r, μ) of every token, or Σ μ by bin of r's histogram. */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import { type PassKind, passKind } from '../../device/dims';
import type { Dispatch, RowCount } from '../../device/program';
import { RATIO_BINS } from '../gate/slots';
import slots from '../gate/slots.wgsl?raw';
import { perElement, sharing, THREADS } from '../launch';
import type { ProximalParams } from './proximal';
import averagedWgsl from './averaged.wgsl?raw';
import binWgsl from './binGateGradients.wgsl?raw';
import hyper from './hyper.wgsl?raw';
import keepWgsl from './storeGateGradients.wgsl?raw';
import { averagedCpu, binGateGradientsCpu, storeGateGradientsCpu } from './gateGradients.cpu';

/** Bytes of one module's sums by bin. */
export const BIN_BYTES = 4 * RATIO_BINS;

export interface GateGradientParams {
  rows: RowCount;
  /** r and μ per row. */
  ratio: Tensor;
  mu: Tensor;
  /** The only passes that count. */
  kind: PassKind;
}

/** (r, μ) of each row to `pairs` of its module, behind those of the micro-batches before. */
export function storeGateGradients(p: GateGradientParams & { pairs: Tensor }): Dispatch {
  return {
    kernel: {
      label: 'store gate gradients',
      code: compose(keepWgsl, { snippets: [dims] }),
      constants: { THREADS, KIND: passKind(p.kind) },
    },
    bindings: [p.rows.dims, p.ratio, p.mu, p.pairs],
    groups: perElement(p.rows, 1),
    cpu: storeGateGradientsCpu(p),
  };
}

/** Adds each row's μ to its bin in `sums`, f32 [RATIO_BINS]. */
export function binGateGradients(device: Device, p: GateGradientParams & { sums: Tensor }): Dispatch {
  return {
    kernel: {
      label: 'bin gate gradients',
      code: compose(binWgsl, { snippets: [dims, slots] }),
      constants: { WIDTH: sharing(device, 32), KIND: passKind(p.kind) },
    },
    bindings: [p.rows.dims, p.ratio, p.mu, p.sums],
    groups: () => [1, 1, 1],
    cpu: binGateGradientsCpu(p),
  };
}

export interface AveragedParams extends Pick<ProximalParams, 'hyper' | 'slots' | 'modules'> {
  /** Σ μ of the batch, f32 [modules, RATIO_BINS], and its StatSlots. */
  sums: Tensor;
  stats: Tensor;
  /** f32 [modules, 2, RATIO_BINS]: averages of Σ μ and of counts; updated. */
  average: Tensor;
}

/** Proximal step over averaged costs for all modules of a run: no sort. Once per optimizer step. */
export function averaged(p: AveragedParams): Dispatch {
  return {
    kernel: {
      label: 'averaged',
      code: compose(averagedWgsl, { snippets: [hyper, slots] }),
      constants: { THREADS, MODULES: p.modules },
    },
    bindings: [p.hyper, p.sums, p.stats, p.average, p.slots],
    groups: () => [Math.ceil(p.modules / THREADS), 1, 1],
    cpu: averagedCpu(p),
  };
}
