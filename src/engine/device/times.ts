/** Times of single dispatches, added up by kernel. */
import type { KernelTime } from '../../shared/types';

export interface Timed {
  kernel: string;
  /** Multiply-adds; null where they are not known. */
  macs: number | null;
  ms: number;
}

/** Longest first. */
export function timesByKernel(timed: readonly Timed[]): KernelTime[] {
  const byKernel = new Map<string, KernelTime>();
  for (const { kernel, macs, ms } of timed) {
    const entry = byKernel.get(kernel) ?? { kernel, calls: 0, ms: 0, macs: 0 };
    entry.calls++;
    entry.macs = entry.macs === null || macs === null ? null : entry.macs + macs;
    entry.ms += ms;
    byKernel.set(kernel, entry);
  }
  return [...byKernel.values()].sort((a, b) => b.ms - a.ms);
}
