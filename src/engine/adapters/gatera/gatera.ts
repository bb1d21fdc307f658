/**
 * GateRA (Ou et al., AAAI 2026, arXiv 2511.17582) over LoRA: Δ = g(x) (α/r) B A x with a gate g = σ(w·x) for each token
 * and module, and a penalty on the gate's entropy that pushes it towards 0 and 1. The gate's form, its start (w = 0, so
 * g = ½) and the penalty's mean over tokens and modules are reconstructed: the paper's code was not available. Every
 * token's Δ is computed: unlike a threshold it saves no work. The penalty is not part of the loss that is shown.
 */
import type { Op } from '../../device/program';
import type { DeltaSize } from '../../kernels/gate/gate';
import type { MuTerms } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import { addOuter, gateBack, gateGradient, gateLogits, weighRows } from '../../kernels/tokenGate/tokenGate';
import type { Tensor } from '../../device/buffers';
import type { UpdateContext } from '../adapterMethod';
import { Lora } from '../lora/lora';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO } from '../method';
import type { ExtraKind } from '../parameters';
import type { Update } from '../update';

/** w. */
export const GATE_WEIGHTS: ExtraKind = { symbol: 'w', peft: 'lora_gate', per: 'input', asB: true };

export class GateRa implements Update {
  readonly usesBaseOutput = false;
  readonly #low: LowRank;
  readonly #lora: Lora;
  /** λ of a module's entropies times the tokens of a step. */
  readonly #entropy: number;

  constructor({ run, low, modules }: UpdateContext) {
    this.#low = low;
    this.#lora = new Lora(low);
    this.#entropy = run.gatera.entropyWeight / modules.length;
  }

  #w({ index }: AdaptedModule) {
    return this.#low.params[index].extra!;
  }

  init(): Op[] {
    return [];
  }

  /** z, and the logits w·x in the place of r, which only gates with a threshold have. */
  prepare(m: AdaptedModule, io: ForwardIO): Op[] {
    const { rows, x, saved } = io;
    return [
      ...this.#lora.prepare(m, io),
      gateLogits(this.#low.device, { rows, x, w: this.#w(m).value, logit: saved.ratio, width: m.dIn }),
    ];
  }

  size(m: AdaptedModule, io: ForwardIO): { ops: Op[]; size: DeltaSize } {
    return this.#lora.size(m, io);
  }

  /** g z lies where the backward will have u. */
  add(m: AdaptedModule, io: ForwardIO, rows: Rows): Op[] {
    const { device, rPad: rank } = this.#low;
    const { saved, scratch } = io;
    return [
      weighRows(device, { rows: io.rows, logit: saved.ratio, z: saved.z, out: scratch.u, rank }),
      ...this.#lora.add(m, { ...io, saved: { ...saved, z: scratch.u } }, rows),
    ];
  }

  frozenGradient(): Op[] {
    return [];
  }

  back(m: AdaptedModule, io: BackwardIO): Op[] {
    const { device, rPad: rank, scaling } = this.#low;
    const { rows, saved, scratch } = io;
    return [
      ...this.#lora.back(m, io),
      gateBack(device, { rows, z: saved.z, u: scratch.u, logit: saved.ratio, rank, scaling, entropy: this.#entropy }),
    ];
  }

  mu(m: AdaptedModule, io: BackwardIO): MuTerms {
    return this.#lora.mu(m, io);
  }

  gradients(m: AdaptedModule, io: BackwardIO, rows: Rows): Op[] {
    const { rows: all, x, saved } = io;
    return [
      ...this.#lora.gradients(m, io, rows),
      gateGradient(this.#low.device, {
        rows: all,
        gradLogit: saved.ratio,
        x,
        gradW: this.#w(m).grad,
        width: m.dIn,
      }),
    ];
  }

  through(m: AdaptedModule, io: BackwardIO, gradIn: Tensor, rows: Rows): Op[] {
    const { rows: all, saved } = io;
    return [
      ...this.#lora.through(m, io, gradIn, rows),
      addOuter(this.#low.device, { rows: all, gradLogit: saved.ratio, w: this.#w(m).value, gradIn, width: m.dIn }),
    ];
  }

  finish(): Op[] {
    return [];
  }
  afterStep(): Op[] {
    return [];
  }
  prepareStep(): void {}
  refresh(): Op[] {
    return [];
  }
  state(): [] {
    return [];
  }
}
