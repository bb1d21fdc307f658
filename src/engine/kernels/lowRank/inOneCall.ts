/** Operations of a low-rank module that the CPU does in one call; a GPU does them one by one. */
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Op } from '../../device/program';

/**
 * `ops` as they are, but that on the CPU `form`, if there is one, does all of them, by the name of `label` in a
 * profile.
 */
export function inOneCall(ops: Op[], label: string, form: CpuFunction | null | undefined): Op[] {
  if (!form) return ops;
  return ops.map((op, i) => {
    if (!('kernel' in op)) throw new Error(`${label}: only kernels can be done in one call`);
    return { ...op, cpu: i === 0 ? form : null, cpuLabel: label };
  });
}
