/** What a kernel's host function returns: one operation, for a GPU and for the CPU. */
import type { Tensor } from './buffers';
import type { Counts, Groups } from './counts';
import type { CpuFunction } from './cpu/cpu';

/** A compute shader with its sizes filled in. Entry point is always `main`. */
export interface Kernel {
  label: string;
  /** WGSL after `compose`. */
  code: string;
  /** Values of `override` constants. */
  constants: Record<string, number>;
  /** What of it has a plainer form, by name: that form is taken where the device has `blocked` it. */
  variants?: readonly string[];
}

export interface Dispatch {
  kernel: Kernel;
  /** Bindings 0, 1, 2, … of group 0. */
  bindings: Tensor[];
  /** Sizes that differ between calls of one pipeline, as a uniform bound after `bindings`; a multiple of 16 bytes. */
  values?: ArrayBuffer;
  /** Workgroups. Where only the device knows how many rows there are, enough for the most there may be. */
  groups: (counts: Counts) => Groups;
  /**
   * Multiply-adds this dispatch does, where it multiplies and the host knows how much; for the accounts. Not given
   * where only the device knows.
   */
  macs?: (counts: Counts) => number;
  /** The same on the CPU. Null: an operation of several dispatches, which another one of them does there as a whole. */
  cpu: CpuFunction | null;
  /** Name in a profile of the CPU, where `cpu` does more than this kernel. */
  cpuLabel?: string;
}

/** Anything a program can contain: a dispatch, zeroing a tensor, or copying one to another of the same size. */
export type Op = Dispatch | { clear: Tensor } | { copy: Tensor; to: Tensor };
