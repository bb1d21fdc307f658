import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import type { Dispatch } from '../../device/program';
import { perElement, quads } from '../launch';
import { type Rows, isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import { dropoutCpu } from './dropout.cpu';
import wgsl from './dropout.wgsl?raw';
import hash from './hash.wgsl?raw';

export interface DropoutParams {
  /** All rows of the segment, or the open ones; `dims` holds the pass's key. */
  rows: Rows;
  /** [rows, width] */
  x: Tensor;
  /** [rows, width]; overwritten, or with `add` added to. */
  out: Tensor;
  width: number;
  /** Share of entries that are dropped, below 1. */
  p: number;
  /** Share of rows that are dropped whole, below 1. */
  ofRows?: number;
  /** Tells the modules' masks apart. */
  salt: number;
  add?: boolean;
}

/**
 * out (+)= keep · x / (1 − p), torch's `nn.Dropout`, and the same of whole rows; the masks depend on the pass's key,
 * `salt`, row and column only.
 */
export function dropout(_device: Device, p: DropoutParams): Dispatch {
  const D4 = quads(p.width, 'row');
  const values = new ArrayBuffer(16);
  const ofRows = p.ofRows ?? 0;
  const [dropBelow, rowsBelow] = [p.p, ofRows].map((share) => Math.round(share * 2 ** 32));
  const scale = 1 / ((1 - p.p) * (1 - ofRows));
  new Uint32Array(values).set([p.salt, dropBelow, 0, rowsBelow]);
  new Float32Array(values)[2] = scale;
  const { rows } = p;
  return {
    kernel: {
      label: isActive(rows) ? 'dropout of open rows' : 'dropout',
      code: compose(wgsl, {
        consts: { ADD: p.add ?? false },
        snippets: [...(isActive(rows) ? [dims] : []), ...rowsSnippets(rows), hash],
      }),
      constants: { D4 },
    },
    bindings: [rowsBinding(rows), p.x, p.out, rows.dims],
    values,
    groups: perElement(rows, D4),
    cpu: dropoutCpu(p, { dropBelow, rowsBelow, scale }),
  };
}
