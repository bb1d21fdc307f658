/** Operations of a low-rank module that the CPU does in one call; a GPU does them one by one. */
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Op } from '../../device/program';

/** `ops` as they are, but that on the CPU `form`, if there is one, does all of them, by the name of `label` in a profile. */
export function inOneCall(ops: Op[], label: string, form: CpuFunction | null | undefined): Op[] {
  if (!form) return ops;
  return ops.map((op, i) => {
    if (!('kernel' in op)) throw new Error(`${label}: only kernels can be done in one call`);
    return { ...op, cpu: i === 0 ? form : null, cpuLabel: label };
  });
}

interface BackwardOps {
  /** What comes before the gradients of A and B, those, and what goes on to the module's input. */
  first: Op[];
  gradients: Op[];
  through: Op[];
}

/** A module's backward; where `form` does what is before and after the gradients in one call, they come behind it. */
export function backwardInOneCall(
  { first, gradients, through }: BackwardOps,
  form: CpuFunction | null | undefined,
): Op[] {
  if (!form) return [...first, ...gradients, ...through];
  return [...inOneCall([...first, ...through], 'adapter backward', form), ...gradients];
}
