/**
 * DoRA behind a soft threshold. The gradient of Δ is as wide as the output, since Δ has a part along W0 x: it is made
 * once and stands in g's place for A, B̂, m and W0.
 */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { columnDots } from '../../kernels/dora/dora';
import type { ActiveRows } from '../../kernels/rows/rows';
import { addPart, partGradient, shrinkRows, wideGradient } from '../../kernels/soft/soft';
import type { Lora } from '../lora/lora';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO, FrozenGradientIO } from '../method';
import type { Shrunk, ShrunkUpdate } from '../update';

interface Parts {
  low: LowRank;
  /** LoRA with B̂. */
  lora: Lora;
  /** c of a module's outputs. */
  changeOf: (m: AdaptedModule) => Tensor;
  /** scratch.delta = s B̂ z of all rows. */
  lowRankPart: (m: AdaptedModule, io: Pick<FrozenGradientIO, 'rows' | 'saved' | 'scratch'>) => Op[];
}

export class ShrunkDora implements ShrunkUpdate {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(m: AdaptedModule, io: ForwardIO, rows: ActiveRows, by: Shrunk): Op[] {
    const { low, lora, changeOf } = this.#parts;
    const { saved, scratch, y } = io;
    return [
      shrinkRows(low.device, { ...by, rows, z: saved.z, out: scratch.u, rank: low.rPad }),
      ...lora.add(m, { ...io, saved: { ...saved, z: scratch.u } }, rows),
      addPart(low.device, { ...by, rows, change: changeOf(m), base: saved.base!, y, width: m.dOut }),
    ];
  }

  /** scratch.delta = dL/dΔ, 0 where a gate is closed. */
  #gradient(m: AdaptedModule, io: Omit<FrozenGradientIO, 'out'>, by: Shrunk): Op[] {
    const { low, changeOf, lowRankPart } = this.#parts;
    const { rows, gradOut, saved, scratch } = io;
    return [
      ...lowRankPart(m, io),
      wideGradient(low.device, {
        ...by,
        rows,
        gradOut,
        change: changeOf(m),
        base: saved.base!,
        open: saved.open,
        other: scratch.delta!,
        width: m.dOut,
      }),
    ];
  }

  frozenGradient(m: AdaptedModule, io: FrozenGradientIO, by: Shrunk): Op[] {
    const { low, changeOf } = this.#parts;
    const { rows, gradOut, scratch, out } = io;
    const own = scratch.delta!;
    return [
      ...this.#gradient(m, io, by),
      partGradient(low.device, { rows, change: changeOf(m), gradOut, own, out, width: m.dOut }),
    ];
  }

  /** Where something below needs a gradient, `frozenGradient` has made that of Δ. */
  back(m: AdaptedModule, io: BackwardIO, _rows: ActiveRows, by: Shrunk): Op[] {
    return [...(io.gradIn ? [] : this.#gradient(m, io, by)), ...this.#parts.lora.back(m, this.#ofDelta(io))];
  }

  #ofDelta = (io: BackwardIO): BackwardIO => ({ ...io, gradOut: io.scratch.delta! });

  gradients(m: AdaptedModule, io: BackwardIO, rows: ActiveRows): Op[] {
    const { low, lora } = this.#parts;
    const own = this.#ofDelta(io);
    const { gradOut, saved } = own;
    const sums = low.params[m.index].extra!.grad;
    return [
      ...lora.gradients(m, own, rows),
      columnDots(low.device, { rows, gradOut, base: saved.base!, sums, width: m.dOut }),
    ];
  }

  begin(): Op[] {
    return [];
  }
  finish(): Op[] {
    return [];
  }
}
