/**
 * LoRA behind a soft threshold: B goes by κ z, A by Bᵀ of the gradient of Δ, and B gets what that gradient has along Δ.
 */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { gramStride } from '../../kernels/gram/gram';
import type { ActiveRows } from '../../kernels/rows/rows';
import { addMoment, finishMoment, rankGradient, shrinkRows } from '../../kernels/soft/soft';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO } from '../method';
import type { Shrunk, ShrunkUpdate, Update } from '../update';

/** LoRA without a gate, and BᵀB of its modules. */
type Lora = Pick<Update, 'add' | 'gradients'> & { gramOf(m: AdaptedModule): Tensor };

export class ShrunkLora implements ShrunkUpdate {
  readonly #low: LowRank;
  readonly #lora: Lora;
  readonly #modules: readonly AdaptedModule[];
  /** Σ a z zᵀ of every module over the micro-batches of a step, [rPad, rPad] each: dB += s² B Σ a z zᵀ. */
  readonly #moments: Tensor;

  constructor(low: LowRank, lora: Lora, { modules, moments }: { modules: readonly AdaptedModule[]; moments: Tensor }) {
    this.#low = low;
    this.#lora = lora;
    this.#modules = modules;
    this.#moments = moments;
  }

  #momentOf({ index }: AdaptedModule): Tensor {
    const { rPad } = this.#low;
    return this.#moments.slice('moment', index * gramStride(rPad), 4 * rPad ** 2);
  }

  /** κ z lies where the backward will have u. */
  add(m: AdaptedModule, io: ForwardIO, rows: ActiveRows, by: Shrunk): Op[] {
    const { device, rPad: rank } = this.#low;
    const { saved, scratch } = io;
    return [
      shrinkRows(device, { ...by, rows, z: saved.z, out: scratch.u, rank }),
      ...this.#lora.add(m, { ...io, saved: { ...saved, z: scratch.u } }, rows),
    ];
  }

  frozenGradient(): Op[] {
    return [];
  }

  back(m: AdaptedModule, { saved: { z }, scratch }: BackwardIO, rows: ActiveRows, by: Shrunk): Op[] {
    const { device, rPad: rank, scaling } = this.#low;
    const { u, mu } = scratch;
    const along = scratch.along!;
    return [
      rankGradient(device, { ...by, rows, z, gram: this.#lora.gramOf(m), mu, u, along, rank, scaling }),
      addMoment(device, { rows, along, z, moment: this.#momentOf(m), rank }),
      // dB goes by κ z; nothing asks for z any more.
      shrinkRows(device, { ...by, rows, z: null, out: z, rank }),
    ];
  }

  gradients(m: AdaptedModule, io: BackwardIO, rows: ActiveRows): Op[] {
    return this.#lora.gradients(m, io, rows);
  }

  begin(): Op[] {
    return [{ clear: this.#moments }];
  }

  finish(): Op[] {
    const { device, rPad: rank, scaling, params } = this.#low;
    return this.#modules.map((m) => {
      const { b, gradB } = params[m.index];
      return finishMoment(device, { b, gradB, moment: this.#momentOf(m), dOut: m.dOut, rank, scaling });
    });
  }
}
