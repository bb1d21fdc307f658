import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Dispatch } from '../../gpu/program';
import { type Rows, isActive, rowsBinding, rowsGroups, rowsSnippets } from '../rows/rows';
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
  rows: Rows;
}

/** grad += scaling · Σ_rows wide ⊗ narrow: gradients of LoRA's A and B, over all rows or the open ones. */
export function lowRankGrad(p: LowRankGradParams): Dispatch[] {
  const { rows } = p;
  const name = `${p.transposed ? 'dA' : 'dB'}${isActive(rows) ? ' open rows' : ''}`;
  const snippets = rowsSnippets(rows);
  const length4 = p.wideWidth * p.rank / 4;
  return [
    {
      kernel: {
        label: `${name} chunks`,
        code: compose(chunksWgsl, { snippets }),
        constants: { THREADS, CHUNK: GRAD_CHUNK, WIDE4: p.wideWidth / 4, RANK4: p.rank / 4, TRANSPOSED: p.transposed ? 1 : 0 },
      },
      bindings: [rowsBinding(rows), p.wide, p.narrow, p.partial],
      groups: rowsGroups(rows, GRAD_CHUNK, lowRankGroups(p.wideWidth, p.rank)),
      ...(isActive(rows) ? {} : { macs: (counts) => rows.of(counts) * p.wideWidth * p.rank }),
    },
    {
      kernel: {
        label: `${name} sum`,
        code: compose(sumWgsl, { snippets }),
        constants: { THREADS: 64, CHUNK: GRAD_CHUNK, LENGTH4: length4, SCALING: p.scaling },
      },
      bindings: [rowsBinding(rows), p.partial, p.grad],
      groups: () => [Math.ceil(length4 / 64), 1, 1],
    },
  ];
}
