import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import scan from '../scan.wgsl?raw';
import slots from '../gate/slots.wgsl?raw';
import { sharing } from '../launch';
import hyper from './hyper.wgsl?raw';
import { proximalCpu, sortPairsCpu } from './proximal.cpu';
import wgsl from './proximal.wgsl?raw';
import sortWgsl from './sort.wgsl?raw';

/** Bytes of the hyper uniform; allocate it with usage 'uniform'. */
export const PROXIMAL_HYPER_BYTES = 16;

/** What a proximal step needs to know about a step. */
export interface ProximalHyper {
  /** T of the batch that gate gradients come from. */
  tokens: number;
  /** false during τ's warm-up: nothing moves. */
  enabled: boolean;
  /** λ: sparsity penalty of an active token. */
  lambda: number;
  /** η, or 'auto': no bound on the step. */
  eta: number | 'auto';
}

/** `ProximalHyper` as the uniform's bytes. */
export function packProximalHyper(h: ProximalHyper): ArrayBuffer {
  const bytes = new ArrayBuffer(PROXIMAL_HYPER_BYTES);
  new Uint32Array(bytes).set([h.tokens, h.enabled ? 1 : 0]);
  new Float32Array(bytes).set([h.lambda, h.eta === 'auto' ? 0 : 1 / (2 * h.eta)], 2);
  return bytes;
}

export interface ProximalParams {
  /** `packProximalHyper`. */
  hyper: Tensor;
  /** (r, μ) of every token, f32 [modules, capacity, 2]; sorted in place. */
  pairs: Tensor;
  /** Scratch of the same size. */
  other: Tensor;
  /** GateSlots of all modules of the run; τ moves. */
  slots: Tensor;
  modules: number;
  /** Tokens that a module has room for. */
  capacity: number;
}

/** Bytes of `pairs`, and of `other`. */
export const pairBytes = (modules: number, capacity: number): number => 8 * modules * capacity;

/** Exact proximal step of all modules of a run: a sort, then suffix sums and their least. Once per optimizer step. */
export function proximal(device: Device, p: ProximalParams): Dispatch[] {
  const constants = { WIDTH: sharing(device, 128), CAPACITY: p.capacity };
  const groups = (): [number, number, number] => [p.modules, 1, 1];
  return [
    {
      kernel: { label: 'proximal sort', code: compose(sortWgsl, { snippets: [hyper, scan] }), constants },
      bindings: [p.hyper, p.pairs, p.other],
      groups,
      cpu: sortPairsCpu(p),
    },
    {
      kernel: { label: 'proximal', code: compose(wgsl, { snippets: [hyper, slots] }), constants },
      bindings: [p.hyper, p.pairs, p.slots],
      groups,
      cpu: proximalCpu(p),
    },
  ];
}
