/** LoRA (Hu et al. 2021, arXiv 2106.09685): Δ = (α/r) B A x. */
import type { BufferScope, Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Op, RowCount } from '../../device/program';
import { dropout } from '../../kernels/dropout/dropout';
import type { DeltaSize } from '../../kernels/gate/gate';
import { gram, gramStride, gramTable, gramTableBytes } from '../../kernels/gram/gram';
import {
  type LowRankBackward,
  type LowRankForward,
  fitsOneCall,
  lowRankBackwardCpu,
  lowRankForwardCpu,
} from '../../kernels/lowRank/lowRank.cpu';
import { lowRankGrad } from '../../kernels/lowRankGrad/lowRankGrad';
import { matmul } from '../../kernels/matmul/matmul';
import type { MuTerms } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO, Scratch } from '../method';
import type { ShrunkUpdate, Update } from '../update';
import { ShrunkLora } from './shrunk';

/** Bytes of the tensors that ‖Δ‖ takes, by name; only where a gate asks for it. */
export const loraSizes = (modules: number, rPad: number, shrinks: boolean) => ({
  gram: modules * gramStride(rPad),
  gramTable: gramTableBytes(modules),
  ...(shrinks ? { moments: modules * gramStride(rPad) } : {}),
});

/** Whose gates will ask for ‖Δ‖, and who owns what that takes. */
interface Sized {
  modules: readonly AdaptedModule[];
  scope: BufferScope;
  /** Whether they are soft. */
  shrinks: boolean;
}

export class Lora implements Update {
  readonly usesBaseOutput = false;
  readonly #low: LowRank;
  /** BᵀB of every module, and where each B lies; null where no gate asks for ‖Δ‖. */
  readonly #gram: { all: Tensor; table: Tensor; modules: number } | null;
  readonly shrunk: ShrunkUpdate | null;

  constructor(low: LowRank, sized: Sized | null = null) {
    this.#low = low;
    const { gram: gramBytes, moments } = loraSizes(sized?.modules.length ?? 0, low.rPad, sized?.shrinks ?? false);
    this.#gram = sized && {
      all: sized.scope.alloc('gram', gramBytes),
      table: gramTable(
        sized.scope,
        sized.modules.map((m) => ({ offset: low.params[m.index].b.offset - low.flat.offset, dOut: m.dOut })),
      ),
      modules: sized.modules.length,
    };
    this.shrunk =
      sized && moments
        ? new ShrunkLora(low, this, { modules: sized.modules, moments: sized.scope.alloc('moments', moments) })
        : null;
  }

  init(): Op[] {
    return [];
  }

  /** z = A x, in training of x after dropout. */
  prepare(m: AdaptedModule, { rows, x, saved, scratch, record }: ForwardIO): Op[] {
    const { device, rPad, params } = this.#low;
    const { ops, input } = record ? this.#drop(m, rows, x, scratch) : { ops: [], input: x };
    return [
      ...ops,
      ...matmul(device, {
        label: 'A x',
        rows,
        a: input,
        w: params[m.index].a,
        out: saved.z,
        n: rPad,
        k: m.dIn,
        transposed: true,
      }),
    ];
  }

  get #drops(): boolean {
    return this.#low.dropout > 0 || this.#low.tokenDropout > 0;
  }

  /** What A gets to see: x, or where the run has dropout the shared copy, filled again. */
  #drop(m: AdaptedModule, rows: RowCount, x: Tensor, { dropped }: Scratch): { ops: Op[]; input: Tensor } {
    const { device, dropout: p, tokenDropout: ofRows } = this.#low;
    if (!this.#drops) return { ops: [], input: x };
    return {
      ops: [dropout(device, { rows, x, out: dropped!, width: m.dIn, p, ofRows, salt: m.salt })],
      input: dropped!,
    };
  }

  /** ‖Δ‖² = (α/r)² zᵀ(BᵀB)z: known before B is touched. */
  size(m: AdaptedModule, { saved }: ForwardIO): { ops: Op[]; size: DeltaSize } {
    const { rPad: rank, scaling } = this.#low;
    return { ops: [], size: { z: saved.z, gram: this.gramOf(m), rank, scaling } };
  }

  /** BᵀB of a module. */
  gramOf({ index }: AdaptedModule): Tensor {
    if (!this.#gram) throw new Error('this LoRA was made for no gate');
    const { rPad } = this.#low;
    return this.#gram.all.slice('gram', index * gramStride(rPad), 4 * rPad ** 2);
  }

  /** y += (α/r) B z. */
  add(m: AdaptedModule, { saved, y }: ForwardIO, rows: Rows): Op[] {
    const { device, rPad, scaling, params } = this.#low;
    return matmul(device, {
      label: 'B z',
      rows,
      a: saved.z,
      w: params[m.index].b,
      out: y,
      n: m.dOut,
      k: rPad,
      transposed: true,
      accumulate: true,
      scale: scaling,
    });
  }

  /** u = Bᵀ g. */
  back(m: AdaptedModule, { rows, gradOut, scratch }: BackwardIO): Op[] {
    const { device, rPad, params } = this.#low;
    return matmul(device, {
      label: 'Bᵀ g',
      rows,
      a: gradOut,
      w: params[m.index].b,
      out: scratch.u,
      n: rPad,
      k: m.dOut,
      transposed: false,
    });
  }

  /** μ = (α/r) u·z. */
  mu(_m: AdaptedModule, { saved, scratch }: BackwardIO): MuTerms {
    const { rPad: rank, scaling } = this.#low;
    return { u: scratch.u, z: saved.z, rank, scaling };
  }

  /** dB += (α/r) gᵀ z and dA += (α/r) uᵀ x. */
  gradients(m: AdaptedModule, { rows: all, x, gradOut, saved: { z }, scratch }: BackwardIO, rows: Rows): Op[] {
    const { device, rPad: rank, scaling, params } = this.#low;
    const { gradA, gradB } = params[m.index];
    const { u, partial } = scratch;
    const { ops, input } = this.#drop(m, all, x, scratch);
    return [
      ...ops,
      ...lowRankGrad(device, {
        gradOut,
        z,
        x: input,
        u,
        partial,
        gradA,
        gradB,
        dOut: m.dOut,
        dIn: m.dIn,
        rank,
        scaling,
        rows,
      }),
    ];
  }

  /** gradIn += (α/r) Aᵀ u, through the same mask as x. */
  through(m: AdaptedModule, { scratch: { u, dropped } }: BackwardIO, gradIn: Tensor, rows: Rows): Op[] {
    const { device, rPad, scaling, params, dropout: p, tokenDropout: ofRows } = this.#low;
    const product = {
      label: 'Aᵀ u',
      rows,
      a: u,
      w: params[m.index].a,
      n: m.dIn,
      k: rPad,
      transposed: false,
      scale: scaling,
    };
    if (!this.#drops) return matmul(device, { ...product, out: gradIn, accumulate: true });
    return [
      ...matmul(device, { ...product, out: dropped! }),
      dropout(device, { rows, x: dropped!, out: gradIn, width: m.dIn, p, ofRows, salt: m.salt, add: true }),
    ];
  }

  forwardInOne(
    m: AdaptedModule,
    { rows, x, y, saved: { z } }: ForwardIO,
    gate?: Omit<NonNullable<LowRankForward['gate']>, 'gram'>,
  ): CpuFunction | null {
    if (!this.#fitsOneCall(m, rows)) return null;
    return lowRankForwardCpu({
      ...this.#lowRankModule(m, rows),
      x,
      z,
      y,
      gate: gate && { ...gate, gram: this.gramOf(m) },
    });
  }

  backwardInOne(
    m: AdaptedModule,
    { rows, gradOut, gradIn, scratch: { u } }: BackwardIO,
    mu?: LowRankBackward['mu'],
  ): CpuFunction | null {
    if (!this.#fitsOneCall(m, rows)) return null;
    return lowRankBackwardCpu({ ...this.#lowRankModule(m, rows), gradOut, u, gradIn, mu });
  }

  #fitsOneCall({ dIn, dOut }: AdaptedModule, rows: RowCount): boolean {
    const { device, rPad: rank } = this.#low;
    return device.info.kind === 'cpu' && !this.#drops && fitsOneCall({ rows, rank, dIn, dOut });
  }

  #lowRankModule({ index, dIn, dOut }: AdaptedModule, rows: RowCount) {
    const { rPad: rank, scaling, params } = this.#low;
    const { a, b } = params[index];
    return { rows, a, b, rank, dIn, dOut, scaling };
  }

  frozenGradient(): Op[] {
    return [];
  }
  finish(): Op[] {
    return [];
  }

  refresh(): Op[] {
    if (!this.#gram) return [];
    const { device, flat, rPad } = this.#low;
    return [
      gram(device, {
        table: this.#gram.table,
        modules: this.#gram.modules,
        params: flat,
        out: this.#gram.all,
        rank: rPad,
      }),
    ];
  }

  afterStep(): Op[] {
    return [];
  }
  prepareStep(): void {}
  state(): [] {
    return [];
  }
}
