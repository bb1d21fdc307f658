/**
 * Plain LoRA (Hu et al. 2021, arXiv 2106.09685): h = W0 x + (α/r) B A x on every token. The products are
 * separate functions because the gate uses the same ones over its active rows.
 */
import { AdapterError } from '../../../shared/errors';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Op, RowCount } from '../../gpu/program';
import { type LowRankGradParams, lowRankGrad } from '../../kernels/lowRankGrad/lowRankGrad';
import { matmul } from '../../kernels/matmul/matmul';
import type { Rows } from '../../kernels/rows/rows';
import type { AdaptedModule, BackwardIO, ForwardIO, Method, ModuleParams } from '../method';

/** What the low-rank products of one run need. */
export interface LowRank {
  gpu: Gpu;
  /** rank rounded up to a multiple of 4 */
  rPad: number;
  /** α/r */
  scaling: number;
  params: ModuleParams[];
  /** The flat buffer that all A and B are slices of. */
  flat: Tensor;
}

/** z = A x for all rows. */
export const down = ({ gpu, rPad, params }: LowRank, m: AdaptedModule, rows: RowCount, x: Tensor, z: Tensor): Op[] =>
  matmul(gpu, { label: 'A x', rows, a: x, w: params[m.index].a, out: z, n: rPad, k: m.dIn, transposed: true });

/** y += (α/r) B z. */
export const up = ({ gpu, rPad, scaling, params }: LowRank, m: AdaptedModule, rows: Rows, z: Tensor, y: Tensor): Op[] =>
  matmul(gpu, { label: 'B z', rows, a: z, w: params[m.index].b, out: y, n: m.dOut, k: rPad, transposed: true, accumulate: true, scale: scaling });

/** u = Bᵀ g for all rows. */
export const back = ({ gpu, rPad, params }: LowRank, m: AdaptedModule, rows: RowCount, gradOut: Tensor, u: Tensor): Op[] =>
  matmul(gpu, { label: 'Bᵀ g', rows, a: gradOut, w: params[m.index].b, out: u, n: rPad, k: m.dOut, transposed: false });

/** gradIn += (α/r) Aᵀ u. */
export const through = ({ gpu, rPad, scaling, params }: LowRank, m: AdaptedModule, rows: Rows, u: Tensor, gradIn: Tensor): Op[] =>
  matmul(gpu, { label: 'Aᵀ u', rows, a: u, w: params[m.index].a, out: gradIn, n: m.dIn, k: rPad, transposed: false, accumulate: true, scale: scaling });

/** dB += (α/r) gᵀ z and dA += (α/r) uᵀ x, over all rows or the open ones. */
export function gradients(r: LowRank, m: AdaptedModule, io: BackwardIO, over: Pick<LowRankGradParams, 'rows' | 'sums'>): Op[] {
  const { gradA, gradB } = r.params[m.index];
  const { x, gradOut, space: { z }, shared: { u, partial } } = io;
  return lowRankGrad(r.gpu, { gradOut, z, x, u, partial, gradA, gradB, dOut: m.dOut, dIn: m.dIn, rank: r.rPad, scaling: r.scaling, ...over });
}

export class Lora implements Method {
  readonly needsSquares = false;
  readonly #low: LowRank;

  constructor(low: LowRank) {
    this.#low = low;
  }

  forward(m: AdaptedModule, { rows, x, y, space, again }: ForwardIO): Op[] {
    return [...(again ? [] : down(this.#low, m, rows, x, space.z)), ...up(this.#low, m, rows, space.z, y)];
  }

  backward(m: AdaptedModule, io: BackwardIO): Op[] {
    const { rows, gradOut, gradIn, shared } = io;
    return [
      ...back(this.#low, m, rows, gradOut, shared.u),
      ...gradients(this.#low, m, io, { rows }),
      ...(gradIn ? through(this.#low, m, rows, shared.u, gradIn) : []),
    ];
  }

  begin(): Op[] { return []; }
  update(): Op[] { return []; }
  refresh(): Op[] { return []; }
  prepareUpdate(): void {}
  stats(): Tensor[] { return []; }
  readStats(): null { return null; }
  state(): [] { return []; }

  async thresholds(): Promise<null> { return null; }

  setThresholds(): void {
    throw new AdapterError('Plain LoRA has no thresholds.', 'Open this adapter as TS-LoRA.');
  }
}
