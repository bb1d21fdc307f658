import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { copyToCacheCpu } from './copyToCache.cpu';
import wgsl from './copyToCache.wgsl?raw';

/**
 * `cache[keyStart + position, :] = x[row, :]`: puts new keys or values where `attention` will read them. `meta`
 * u32 [rows, 4] as in `attention`, `x` [rows, width], `cache` [keyRows, width]; other cache rows stay.
 */
export function copyToCache(
  _device: Device,
  p: { rows: RowCount; meta: Tensor; x: Tensor; cache: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'row');
  return {
    kernel: { label: 'copyToCache', code: compose(wgsl, { snippets: [snippets.rows] }), constants: { D4 } },
    bindings: [p.rows.dims, p.meta, p.x, p.cache],
    groups: perElement(p.rows, D4),
    cpu: copyToCacheCpu(p),
  };
}
