import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Dispatch } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { type SequenceRows, meanRowsCpu, spreadRowsCpu } from './meanRows.cpu';
import wgsl from './meanRows.wgsl?raw';
import spread from './spreadRows.wgsl?raw';

function dispatch(label: string, code: string, { rows, meta, targetOfRow, width }: SequenceRows, io: Tensor[]) {
  const D4 = quads(width, 'row');
  return {
    kernel: { label, code: compose(code, { snippets: [snippets.rows] }), constants: { D4 } },
    bindings: [rows.dims, meta, targetOfRow, ...io],
    groups: perElement(rows, D4),
  };
}

/** `out[target, :]` = mean of the rows of the target's sequence in `x` [n, width]; `out` [targets, width]. */
export function meanRows(p: SequenceRows & { x: Tensor; out: Tensor }): Dispatch {
  return { ...dispatch('meanRows', wgsl, p, [p.x, p.out]), cpu: meanRowsCpu(p) };
}

/**
 * Its backward: from `gradOut` [targets, width] to `gradX` [n, width], zeros where a sequence has no target;
 * overwrites.
 */
export function spreadRows(p: SequenceRows & { gradOut: Tensor; gradX: Tensor }): Dispatch {
  return { ...dispatch('spreadRows', spread, p, [p.gradOut, p.gradX]), cpu: spreadRowsCpu(p) };
}
