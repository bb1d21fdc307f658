/** Sums over rows, column by column: one kernel for whatever a snippet says is summed. */
import { compose } from '../device/compose';
import type { Device } from '../device/device';
import type { Dispatch } from '../device/program';
import columnSumsWgsl from './columnSums.wgsl?raw';
import { quads, sharing, spread } from './launch';

/**
 * The kernel `sums [width] += Σ term(row, column)`, and its workgroups. Bindings: rows, two of the term's own, sums.
 * @param rows snippets that say which rows there are; @param term the snippet that declares `term`, D4 vec4 in a row
 */
export function columnSums(
  device: Device,
  { label, rows, term, width }: { label: string; rows: string[]; term: string; width: number },
): Pick<Dispatch, 'kernel' | 'groups'> {
  const D4 = quads(width, 'module');
  // Neighbouring columns lie side by side.
  const [X, Y] = [8, sharing(device, 32)];
  return {
    kernel: { label, code: compose(columnSumsWgsl, { snippets: [...rows, term] }), constants: { D4, X, Y } },
    groups: () => spread(Math.ceil(D4 / X)),
  };
}
