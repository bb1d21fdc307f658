/** LoRA (Hu et al. 2021, arXiv 2106.09685): Δ = (α/r) B A x. */
import type { BufferScope, Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Op } from '../../gpu/program';
import type { ActiveGroups, DeltaSize } from '../../kernels/gate/gate';
import { gram, gramStride, gramTable, gramTableBytes } from '../../kernels/gram/gram';
import { lowRankGrad, lowRankGroups } from '../../kernels/lowRankGrad/lowRankGrad';
import { matmul, matmulTile } from '../../kernels/matmul/matmul';
import type { MuTerms } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import type { AdaptedModule, BackwardIO, ForwardIO, ModuleParams } from '../method';
import type { GradientRows, Update } from '../update';

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

/** Bytes of the tensors that ‖Δ‖ takes, by name; only where a gate asks for it. */
export const loraSizes = (modules: number, rPad: number) => ({
  gram: modules * gramStride(rPad),
  gramTable: gramTableBytes(modules),
});

export class Lora implements Update {
  readonly #low: LowRank;
  /** BᵀB of every module, and where each B lies; null where no gate asks for ‖Δ‖. */
  readonly #gram: { all: Tensor; table: Tensor; modules: number } | null;

  /** @param sized where a gate will ask for ‖Δ‖: the run's modules, and who owns what that takes */
  constructor(low: LowRank, sized: { modules: readonly AdaptedModule[]; scope: BufferScope } | null = null) {
    this.#low = low;
    this.#gram = sized && {
      all: sized.scope.alloc('gram', loraSizes(sized.modules.length, low.rPad).gram),
      table: gramTable(sized.scope, sized.modules.map((m) => ({ offset: low.params[m.index].b.offset - low.flat.offset, dOut: m.dOut }))),
      modules: sized.modules.length,
    };
  }

  /** z = A x. */
  prepare(m: AdaptedModule, { rows, x, space }: ForwardIO): Op[] {
    const { gpu, rPad, params } = this.#low;
    return matmul(gpu, { label: 'A x', rows, a: x, w: params[m.index].a, out: space.z, n: rPad, k: m.dIn, transposed: true });
  }

  /** ‖Δ‖² = (α/r)² zᵀ(BᵀB)z: known before B is touched. */
  size(m: AdaptedModule, { space }: ForwardIO): { ops: Op[]; size: DeltaSize } {
    if (!this.#gram) throw new Error('this LoRA was made for no gate');
    const { rPad: rank, scaling } = this.#low;
    return { ops: [], size: { z: space.z, gram: this.#gram.all.slice('gram', m.index * gramStride(rank), 4 * rank ** 2), rank, scaling } };
  }

  /** y += (α/r) B z. */
  add(m: AdaptedModule, { space, y }: ForwardIO, rows: Rows): Op[] {
    const { gpu, rPad, scaling, params } = this.#low;
    return matmul(gpu, { label: 'B z', rows, a: space.z, w: params[m.index].b, out: y, n: m.dOut, k: rPad, transposed: true, accumulate: true, scale: scaling });
  }

  groups(m: AdaptedModule): ActiveGroups {
    const { gpu, rPad } = this.#low;
    return { delta: matmulTile(gpu, m.dOut), dx: matmulTile(gpu, m.dIn), grads: lowRankGroups(gpu, { ...m, rank: rPad }) };
  }

  /** u = Bᵀ g. */
  back(m: AdaptedModule, { rows, gradOut, shared }: BackwardIO): Op[] {
    const { gpu, rPad, params } = this.#low;
    return matmul(gpu, { label: 'Bᵀ g', rows, a: gradOut, w: params[m.index].b, out: shared.u, n: rPad, k: m.dOut, transposed: false });
  }

  /** μ = (α/r) u·z. */
  mu(_m: AdaptedModule, { space, shared }: BackwardIO): MuTerms {
    const { rPad: rank, scaling } = this.#low;
    return { u: shared.u, z: space.z, rank, scaling };
  }

  /** dB += (α/r) gᵀ z and dA += (α/r) uᵀ x. */
  gradients(m: AdaptedModule, { x, gradOut, space: { z }, shared: { u, partial } }: BackwardIO, over: GradientRows): Op[] {
    const { gpu, rPad: rank, scaling, params } = this.#low;
    const { gradA, gradB } = params[m.index];
    return lowRankGrad(gpu, { gradOut, z, x, u, partial, gradA, gradB, dOut: m.dOut, dIn: m.dIn, rank, scaling, ...over });
  }

  /** gradIn += (α/r) Aᵀ u. */
  through(m: AdaptedModule, { shared }: BackwardIO, gradIn: Tensor, rows: Rows): Op[] {
    const { gpu, rPad, scaling, params } = this.#low;
    return matmul(gpu, { label: 'Aᵀ u', rows, a: shared.u, w: params[m.index].a, out: gradIn, n: m.dIn, k: rPad, transposed: false, accumulate: true, scale: scaling });
  }

  refresh(): Op[] {
    if (!this.#gram) return [];
    const { gpu, flat, rPad } = this.#low;
    return [gram(gpu, { table: this.#gram.table, modules: this.#gram.modules, params: flat, out: this.#gram.all, rank: rPad })];
  }

  state(): [] { return []; }
}
