/**
 * What Δ is: the update that an adapter adds to a frozen module's output. A method applies one to every token (`Plain`)
 * or to those whose gate is open (`Gated`), and knows it only through this.
 */
import type { Tensor } from '../device/buffers';
import type { CpuFunction } from '../device/cpu/cpu';
import type { Op } from '../device/program';
import type { DeltaSize } from '../kernels/gate/gate';
import type { LowRankBackward, LowRankForward } from '../kernels/lowRank/lowRank.cpu';
import type { MuTerms } from '../kernels/muStats/muStats';
import type { ActiveRows, Rows } from '../kernels/rows/rows';
import type { Shrinking } from '../kernels/soft/soft';
import type { AdaptedModule, BackwardIO, ForwardIO, FrozenGradientIO, StateTensor } from './method';

/** By what a soft threshold shrinks updates, and λ̄ of its penalty. */
export interface Shrunk extends Shrinking {
  lambdaBar: number;
}

/** What is different of an update behind a soft threshold: κ Δ of the open rows with κ = 1 − τ/r (kernels/soft). */
export interface ShrunkUpdate {
  /** y += κ Δ. */
  add(m: AdaptedModule, io: ForwardIO, rows: ActiveRows, by: Shrunk): Op[];
  frozenGradient(m: AdaptedModule, io: FrozenGradientIO, by: Shrunk): Op[];
  /** After `back` and μ: `through` then goes by the gradient of Δ, in the place of g. */
  back(m: AdaptedModule, io: BackwardIO, rows: ActiveRows, by: Shrunk): Op[];
  gradients(m: AdaptedModule, io: BackwardIO, rows: ActiveRows): Op[];
  /** Before a step's first micro-batch, and before its gradients are completed. */
  begin(): Op[];
  finish(): Op[];
}

export interface Update {
  /** There where the update was made for a soft threshold. */
  readonly shrunk?: ShrunkUpdate | null;
  /** See `Method`. */
  readonly usesBaseOutput: boolean;
  init(): Op[];
  /** For all rows: what Δ is made from (z = A x). It stays in `io.saved` for the backward. */
  prepare(m: AdaptedModule, io: ForwardIO): Op[];
  /** After `prepare`: ‖Δ_i‖ of all rows, as the gate reads it. Only where a gate asks for it. */
  size(m: AdaptedModule, io: ForwardIO): { ops: Op[]; size: DeltaSize };
  /** y += Δ for `rows`, from what `prepare` left. */
  add(m: AdaptedModule, io: ForwardIO, rows: Rows): Op[];
  /** out = what W0ᵀ is given instead of g; `open` is S, null where no gate closes. Only with `usesBaseOutput`. */
  frozenGradient(m: AdaptedModule, io: FrozenGradientIO, open: Tensor | null): Op[];
  /** For all rows: what μ and the gradients are made from (u = Bᵀ g). */
  back(m: AdaptedModule, io: BackwardIO): Op[];
  /** After `back`: μ_i = ⟨g_i, Δ_i⟩, as `muStats` computes it. */
  mu(m: AdaptedModule, io: BackwardIO): MuTerms;
  /** Adds the gradients of the parameters, from `rows`. */
  gradients(m: AdaptedModule, io: BackwardIO, rows: Rows): Op[];
  /** gradIn += the adapter's part of the input gradient, for `rows`. */
  through(m: AdaptedModule, io: BackwardIO, gradIn: Tensor, rows: Rows): Op[];
  /**
   * `prepare`, the gate (without one every row is open) and `add` as one call of the CPU; null where they cannot be.
   */
  forwardInOne?(
    m: AdaptedModule,
    io: ForwardIO,
    gate?: Omit<NonNullable<LowRankForward['gate']>, 'gram'>,
  ): CpuFunction | null;
  /** `back`, μ with its sums, and `through` as one call of the CPU; null where they cannot be. */
  backwardInOne?(m: AdaptedModule, io: BackwardIO, mu?: LowRankBackward['mu']): CpuFunction | null;
  /** At the step's end: completes the gradients. */
  finish(): Op[];
  /**
   * After the optimizer, before `refresh`: what else moves; and its host side, written before, `step` counting from 0.
   */
  afterStep(): Op[];
  prepareStep(step: number): void;
  /** After parameters changed: tensors derived from them. */
  refresh(): Op[];
  /** What a restored run needs besides the parameters and the optimizer's moments. */
  state(): StateTensor[];
}
