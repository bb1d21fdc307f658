/** Gates that τ does not decide: each marks the rows to keep in `open`, for `gate` to list. */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../device/program';
import hash from '../dropout/hash.wgsl?raw';
import slots from '../gate/slots.wgsl?raw';
import { perElement, sharing, THREADS } from '../launch';
import choice from './choice.wgsl?raw';
import keyByHash from './keyByHash.wgsl?raw';
import keyByRatio from './keyByRatio.wgsl?raw';
import keepRatiosWgsl from './keepRatios.wgsl?raw';
import heldWgsl from './markHeld.wgsl?raw';
import helpfulWgsl from './markHelpful.wgsl?raw';
import countWgsl from './noteCount.wgsl?raw';
import shareWgsl from './noteShare.wgsl?raw';
import {
  keepRatiosCpu,
  markHeldCpu,
  markHelpfulCpu,
  markLargestCpu,
  markRandomCpu,
  noteCountCpu,
  noteShareCpu,
} from './select.cpu';
import wgsl from './select.wgsl?raw';

const NOBODY = 0xffffffff;

interface Marks {
  rows: RowCount;
  /** Out: S per row, u32 [rows]. */
  open: Tensor;
}

interface Selects extends Marks {
  /** This module's GateSlot. */
  slot: Tensor;
  /** Share of the rows to keep. */
  keep: number;
}

/** Where a followed run notes its counts: u32 [batches, modules], and the module's place. */
export interface Followed {
  counts: Tensor;
  modules: number;
  module: number;
}

interface Kind {
  label: string;
  key: string;
  input: Tensor;
  cpu: CpuFunction;
  seed: number;
  module: number;
  count: number;
  counts: number;
  ofStep: boolean;
}

function select(device: Device, p: Selects, { label, key, input, cpu, ...of }: Kind): Dispatch {
  const values = new ArrayBuffer(32);
  new Float32Array(values)[0] = p.keep;
  new Uint32Array(values).set([of.seed, of.module, of.count, of.counts, Number(of.ofStep)], 1);
  return {
    kernel: {
      label,
      code: compose(wgsl, { snippets: [dims, slots, choice, hash, key] }),
      constants: { WIDTH: sharing(device, 256) },
    },
    bindings: [p.rows.dims, p.open, p.slot, input],
    values,
    groups: () => [1, 1, 1],
    cpu,
  };
}

/**
 * Keeps exactly ⌊keep·rows + ½⌋ rows of a batch: those with the largest r. `ofStep`: `ratio` has all rows of the step,
 * so that a part of a batch is compared with the others (`keepRatios`).
 */
export const markLargest = (device: Device, p: Selects & { ratio: Tensor; ofStep: boolean }): Dispatch =>
  select(device, p, {
    label: 'quantile',
    key: keyByRatio,
    input: p.ratio,
    cpu: markLargestCpu(p),
    seed: 0,
    module: 0,
    count: NOBODY,
    counts: 0,
    ofStep: p.ofStep,
  });

/**
 * Keeps rows at random: in a step as many as the followed run did of the same rows, or ⌊keep·rows + ½⌋; elsewhere the
 * share that the last step kept (`noteShare`). `module` tells the draws of modules apart.
 */
export const markRandom = (
  device: Device,
  p: Selects & { seed: number; module: number; followed: Followed | null; nobody: Tensor },
): Dispatch =>
  select(device, p, {
    label: 'random',
    key: keyByHash,
    input: p.followed?.counts ?? p.nobody,
    cpu: markRandomCpu(p),
    seed: p.seed,
    module: p.module,
    count: p.followed?.module ?? NOBODY,
    counts: p.followed?.modules ?? 0,
    ofStep: false,
  });

/**
 * Keeps the rows whose μ was negative in the probe, or whose Δ is 0; all of them where the pass is no training step.
 * @param pairs the module's (r, μ)
 */
export function markHelpful(p: Marks & { pairs: Tensor }): Dispatch {
  return {
    kernel: { label: 'oracle', code: compose(helpfulWgsl, { snippets: [dims] }), constants: { THREADS } },
    bindings: [p.rows.dims, p.open, p.pairs],
    groups: perElement(p.rows, 1),
    cpu: markHelpfulCpu(p),
  };
}

/**
 * In a training pass the rows that `held` says, u32 [rows of the step]: 1 skips a row, 2 keeps it. Where it says 0, and
 * in all other passes, those with r ≥ τ of the module's GateSlot.
 */
export function markHeld(p: Marks & { slot: Tensor; ratio: Tensor; held: Tensor }): Dispatch {
  return {
    kernel: { label: 'held', code: compose(heldWgsl, { snippets: [dims, slots] }), constants: { THREADS } },
    bindings: [p.rows.dims, p.slot, p.ratio, p.held, p.open],
    groups: perElement(p.rows, 1),
    cpu: markHeldCpu(p),
  };
}

/** r of these rows, to their place among those of the whole step in `ratios`. */
export function keepRatios(p: { rows: RowCount; ratio: Tensor; ratios: Tensor }): Dispatch {
  return {
    kernel: { label: 'keep ratios', code: compose(keepRatiosWgsl, { snippets: [dims] }), constants: { THREADS } },
    bindings: [p.rows.dims, p.ratio, p.ratios],
    groups: perElement(p.rows, 1),
    cpu: keepRatiosCpu(p),
  };
}

/** Adds for a run that follows how many of these rows were kept to the count of their batch; cleared before a step. */
export function noteCount(p: { rows: RowCount; list: Tensor } & Followed): Dispatch {
  return {
    kernel: {
      label: 'note count',
      code: compose(countWgsl, { snippets: [dims] }),
      constants: { MODULE: p.module, COUNTS: p.modules },
    },
    bindings: [p.rows.dims, p.list, p.counts],
    groups: () => [1, 1, 1],
    cpu: noteCountCpu(p),
  };
}

/** The share of tokens that each module of a run kept in the step, to its GateSlot. */
export function noteShare(p: { stats: Tensor; slots: Tensor; modules: number }): Dispatch {
  return {
    kernel: {
      label: 'note share',
      code: compose(shareWgsl, { snippets: [slots] }),
      constants: { THREADS, MODULES: p.modules },
    },
    bindings: [p.stats, p.slots],
    groups: () => [Math.ceil(p.modules / THREADS), 1, 1],
    cpu: noteShareCpu(p),
  };
}
