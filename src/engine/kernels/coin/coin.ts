/** The control of what the sign of μ is worth: a seeded coin in its place. */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../device/program';
import hash from '../dropout/hash.wgsl?raw';
import { MU_PARTS } from '../gate/slots';
import slots from '../gate/slots.wgsl?raw';
import { sharing } from '../launch';
import { coinSumsCpu } from './coin.cpu';
import wgsl from './coin.wgsl?raw';

/** Rows of a workgroup, as long as there are parts for all. */
const ROWS = 256;

export interface CoinParams {
  rows: RowCount;
  /** μ per row, f32. */
  mu: Tensor;
  /** S per row, u32. */
  open: Tensor;
  /** This module's StatSlot; the fourth sum of μ is added to. */
  stat: Tensor;
  seed: number;
  /** Tells the coins of modules apart. */
  module: number;
}

/**
 * Adds Σ c_i ±|μ_i|, each sign drawn from seed, step, module and the token's place in the step, c_i as of that sign.
 */
export function coinSums(device: Device, p: CoinParams): Dispatch {
  const values = Uint32Array.of(p.seed, p.module).buffer;
  return {
    kernel: {
      label: 'coin',
      code: compose(wgsl, { snippets: [dims, slots, hash] }),
      constants: { WIDTH: sharing(device, 256) },
    },
    bindings: [p.rows.dims, p.mu, p.open, p.stat],
    values,
    groups: (counts) => [Math.min(Math.ceil(p.rows.of(counts) / ROWS), MU_PARTS), 1, 1],
    cpu: coinSumsCpu(p),
  };
}
