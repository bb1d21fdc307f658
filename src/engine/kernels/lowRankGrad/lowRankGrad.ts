import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Dispatch, RowCount } from '../../gpu/program';
import { ACTIVE_ROWS, ALL_ROWS } from '../compact/compact';
import chunksWgsl from './lowRankChunks.wgsl?raw';
import sumWgsl from './lowRankSum.wgsl?raw';

/** Rows whose products one workgroup adds up. */
export const GRAD_CHUNK = 32;
const THREADS = 32;

/** Column groups (y) of the chunk dispatch: a thread makes 8 columns × 4 ranks. */
export const lowRankGroups = (wideWidth: number, rank: number): number =>
  Math.ceil(Math.ceil(wideWidth / 8) * (rank / 4) / THREADS);

/** Bytes of `partial` for up to `maxRows` rows; one workspace serves all modules. */
export const lowRankPartialBytes = (maxRows: number, wideWidth: number, rank: number): number =>
  Math.ceil(maxRows / GRAD_CHUNK) * wideWidth * rank * 4;

export interface LowRankGradParams {
  /** g [rows, dOut] for dB, x [rows, dIn] for dA. */
  wide: Tensor;
  /** z [rows, rank] for dB, u [rows, rank] for dA. */
  narrow: Tensor;
  /** Workspace, `lowRankPartialBytes`. */
  partial: Tensor;
  /** dB [dOut, rank] or, transposed, dA [rank, dIn]; added to. */
  grad: Tensor;
  wideWidth: number;
  rank: number;
  /** alpha / rank. */
  scaling: number;
  /** true for dA. */
  transposed: boolean;
  /** All rows, or the open ones only. */
  over: { rows: RowCount } | { active: Tensor; indirect: Tensor; offset: number };
}

/** grad += scaling · Σ_rows wide ⊗ narrow: gradients of LoRA's A and B, over all rows or the open ones. */
export function lowRankGrad(_gpu: Gpu, p: LowRankGradParams): Dispatch[] {
  const sparse = 'active' in p.over;
  const snippets = sparse ? ACTIVE_ROWS : ALL_ROWS;
  const list = 'active' in p.over ? p.over.active : p.over.rows.dims;
  const colGroups = lowRankGroups(p.wideWidth, p.rank);
  const length4 = p.wideWidth * p.rank / 4;
  const dense = 'rows' in p.over ? p.over.rows : null;
  const name = `${p.transposed ? 'dA' : 'dB'}${sparse ? ' open rows' : ''}`;
  return [
    {
      kernel: {
        label: `${name} chunks`,
        code: compose(chunksWgsl, { snippets }),
        constants: { THREADS, CHUNK: GRAD_CHUNK, WIDE4: p.wideWidth / 4, RANK4: p.rank / 4, TRANSPOSED: p.transposed ? 1 : 0 },
      },
      bindings: [list, p.wide, p.narrow, p.partial],
      groups: 'active' in p.over
        ? { indirect: p.over.indirect, offset: p.over.offset }
        : (counts) => [Math.ceil(dense!.of(counts) / GRAD_CHUNK), colGroups, 1],
      ...(dense ? { macs: (counts) => dense.of(counts) * p.wideWidth * p.rank } : {}),
    },
    {
      kernel: {
        label: `${name} sum`,
        code: compose(sumWgsl, { snippets }),
        constants: { THREADS: 64, CHUNK: GRAD_CHUNK, LENGTH4: length4, SCALING: p.scaling },
      },
      bindings: [list, p.partial, p.grad],
      groups: () => [Math.ceil(length4 / 64), 1, 1],
    },
  ];
}
