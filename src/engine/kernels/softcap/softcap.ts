import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import capped from './capped.wgsl?raw';
import { softcapBackwardCpu, softcapCpu } from './softcap.cpu';
import wgsl from './softcap.wgsl?raw';
import backward from './softcapBackward.wgsl?raw';
import uncapped from './uncapped.wgsl?raw';

/** WGSL that defines `capped` and `slopeAt`; with a cap, its kernel needs the constant CAP. */
export const cappedSnippet = (cap: number | undefined): string => (cap ? capped : uncapped);

/** `x = cap · tanh(x / cap)` in place, [rows, width]: what Gemma 2 does to its logits. */
export function softcap(_device: Device, p: { rows: RowCount; x: Tensor; width: number; cap: number }): Dispatch {
  const S4 = quads(p.width, 'logits');
  return {
    kernel: {
      label: 'softcap',
      code: compose(wgsl, { snippets: [snippets.rows, capped] }),
      constants: { S4, CAP: p.cap },
    },
    bindings: [p.rows.dims, p.x],
    groups: perElement(p.rows, S4),
    cpu: softcapCpu(p),
  };
}

/** Gradient of `softcap`, whose output is `y`; all [rows, width]. Overwrites; `gradX` is no input. */
export function softcapBackward(
  _device: Device,
  p: { rows: RowCount; y: Tensor; gradOut: Tensor; gradX: Tensor; width: number; cap: number },
): Dispatch {
  const S4 = quads(p.width, 'logits');
  return {
    kernel: {
      label: 'softcapBackward',
      code: compose(backward, { snippets: [snippets.rows, capped] }),
      constants: { S4, CAP: p.cap },
    },
    bindings: [p.rows.dims, p.y, p.gradOut, p.gradX],
    groups: perElement(p.rows, S4),
    cpu: softcapBackwardCpu(p),
  };
}
