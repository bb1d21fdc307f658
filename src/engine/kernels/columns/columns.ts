/** Parts of a fused projection's output, and their gradients back into it. */
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { type ColumnsOptions, columnsCpu } from './columns.cpu';
import wgsl from './columns.wgsl?raw';

/** `part` = its columns of `whole`. Overwrites. */
export const splitColumns = (device: Device, p: ColumnsOptions): Dispatch => moved(device, p, false);

/** Its columns of `whole` = `part`; the others stay. */
export const joinColumns = (device: Device, p: ColumnsOptions): Dispatch => moved(device, p, true);

function moved(_device: Device, p: ColumnsOptions, join: boolean): Dispatch {
  const { first, groups, width, stride } = p.columns;
  const [from, to] = join ? [p.part, p.whole] : [p.whole, p.part];
  const [W4, FIRST, GROUP, STRIDE] = [p.width, first, width, stride].map((size) => quads(size, 'module'));
  return {
    kernel: {
      label: join ? 'joinColumns' : 'splitColumns',
      code: compose(wgsl, { consts: { JOIN: join }, snippets: [snippets.rows] }),
      constants: { W4, FIRST, GROUP, STRIDE, P4: groups * GROUP },
    },
    bindings: [p.rows.dims, from, to],
    groups: perElement(p.rows, groups * GROUP),
    cpu: columnsCpu(p, join),
  };
}
