/**
 * What an adapter method is. The model, the session, the page and the export know methods only through this:
 * a method adds operations after a frozen module's forward and around its backward, and keeps its own state.
 */
import type { ModelModule } from '../../shared/model';
import type { GateStats } from '../../shared/types';
import type { Tensor } from '../device/buffers';
import type { Op, RowCount } from '../device/program';

/** A linear layer of the model that a run adapts. */
export interface AdaptedModule extends ModelModule {
  /** Place among the run's adapted modules, bottom up. */
  index: number;
  /** Tells its random numbers from other modules': its first values, its dropout and what a random gate draws. */
  salt: number;
}

/** What is trained, and its gradients: slices of the run's flat buffers. rPad = rank rounded up to a multiple of 4. */
export interface ModuleParams {
  /** [rPad, dIn], rows beyond the rank are zero */
  a: Tensor;
  /** [dOut, rPad], columns beyond the rank are zero */
  b: Tensor;
  gradA: Tensor;
  gradB: Tensor;
  /** [dOut]: what skipped tokens get, where they get something. */
  constant?: Trainable;
  /** What the method trains besides (see `ExtraKind`). */
  extra?: Trainable;
}

/** A vector that is trained, and its gradient. */
export interface Trainable {
  value: Tensor;
  grad: Tensor;
}

/** What a module's forward leaves for its backward. One for every run that shares the pass. */
export interface SavedActivations {
  /** [rows, rPad]: A x */
  z: Tensor;
  /** [rows] f32: r_i */
  ratio: Tensor;
  /** [rows] u32: S_i */
  open: Tensor;
  /** [1 + rows] u32: number of active rows, then their indices */
  list: Tensor;
  /** [rows, dOut]: y = W0 x; there where the method `usesBaseOutput`. */
  base?: Tensor;
}

/** Scratch that one module at a time uses. */
export interface Scratch {
  /** [rows, rPad]: Bᵀ g. A run's own, since gradients may come after all runs' `through`. */
  u: Tensor;
  /** [rows] f32: μ_i */
  mu: Tensor;
  /** Partial sums of the low-rank gradients */
  partial: Tensor;
  /** [rows, dIn]: the module's input after dropout; there when a run has dropout. */
  dropped?: Tensor;
  /**
   * [rows, dOut]: a part of Δ whose size is asked for; and [rows] f32: a number for each. There when a gated run
   * `usesBaseOutput`.
   */
  delta?: Tensor;
  rowTerm?: Tensor;
  /** [rows] f32: see kernels/soft; there when a run has a soft threshold. `delta` is then a run's own. */
  along?: Tensor;
}

export interface ForwardIO {
  rows: RowCount;
  /** [rows, dIn] */
  x: Tensor;
  /** [rows, dOut]: the frozen module's output; becomes the module's output h. */
  y: Tensor;
  /** f32 [rows, parts]: partial sums of y² of each row; there when the method `needsRowNorms`. */
  rowNormSquared?: { tensor: Tensor; parts: number };
  saved: SavedActivations;
  scratch: Scratch;
  /** Whether statistics are kept (training, evaluation) or not (decoding). */
  record: boolean;
  /** The pass only fills `wholeBatch`: statistics are not kept. */
  choosing?: boolean;
  /** The backward recomputes the layer: what `saved` kept of the first time is still there, nothing counts twice. */
  recompute: boolean;
}

export interface BackwardIO {
  rows: RowCount;
  x: Tensor;
  /** [rows, dOut]: g = ∂L/∂h */
  gradOut: Tensor;
  /** [rows, dIn]: W0ᵀg is there already, the adapter's part is added; null when nothing below needs it. */
  gradIn: Tensor | null;
  saved: SavedActivations;
  scratch: Scratch;
}

/** A module's backward. */
export interface ModuleBackward {
  /** What `gradIn` gets, and what the method notes of g. Reads no `x`. */
  through: Op[];
  /** After `through`, perhaps after other runs': the gradients of the parameters. */
  gradients: Op[];
}

/** What goes back through a frozen module. */
export interface FrozenGradientIO {
  rows: RowCount;
  /** [rows, dOut]: g = ∂L/∂h */
  gradOut: Tensor;
  saved: SavedActivations;
  scratch: Scratch;
  /** [rows, dOut]: what W0ᵀ is to be given instead. */
  out: Tensor;
}

/** A tensor that belongs to the method's state, by name. */
export interface StateTensor {
  name: string;
  tensor: Tensor;
}

/** Where a run stands: what its tensors must have room for. */
export interface Place {
  /** Tokens of the largest micro-batch, and micro-batches of a step. */
  rows: number;
  microBatches: number;
  /** Micro-batches that one batch may be cut into. */
  split: number;
  /** Another run's random gate keeps as many tokens as this run's gate. */
  followed: boolean;
  /** The best adapter so far is kept beside the one that learns. */
  loadBestCheckpoint: boolean;
  /** Optimizer steps, at most. */
  steps: number;
  /** See `Layout`. */
  measures?: true;
  salts?: 'version 1';
}

/** An adapter that is not trained. */
export const UNTRAINED: Place = {
  rows: 0,
  microBatches: 0,
  split: 1,
  followed: false,
  loadBestCheckpoint: false,
  steps: 0,
};

/** What the gate of a run that is measured keeps of every token of a batch, by module, and how it is held. */
export interface TokenRecords {
  /** f32 [modules, capacity, 2]: r and μ = ⟨g, Δ⟩. */
  pairs: Tensor;
  /** The same of what skipped tokens get: r and ⟨g, b⟩; null where they get nothing. */
  skipped: Tensor | null;
  capacity: number;
  /** u32 [modules, heldCapacity]: 1 skips a token, 2 keeps it, 0 leaves it to τ; see kernels/select. */
  held: Tensor;
  heldCapacity: number;
}

export interface Method {
  /**
   * What a gate that chooses among the tokens of a whole batch goes by, where batches may be cut; null elsewhere.
   * Passes over all parts fill it, and it is right once another round of them leaves it as it was.
   */
  readonly wholeBatch: Tensor | null;
  /** Where what is known of every token of a training batch is; null or absent where the run is not measured. */
  readonly tokenRecords?: TokenRecords | null;
  /** Whether `forward` reads `rowNormSquared`. */
  readonly needsRowNorms: boolean;
  /** Whether Δ depends on y = W0 x: it is kept in `saved.base`, and W0ᵀ gets what `frozenGradient` makes of g. */
  readonly usesBaseOutput: boolean;
  /** Once, before anything else: what depends on the frozen base alone. */
  init(): Op[];
  forward(module: AdaptedModule, io: ForwardIO): Op[];
  frozenGradient(module: AdaptedModule, io: FrozenGradientIO): Op[];
  backward(module: AdaptedModule, io: BackwardIO): ModuleBackward;
  /** Before the first micro-batch of an optimizer step: statistics start at zero. */
  begin(): Op[];
  /** After the last micro-batch: gradients are completed, before they are clipped. */
  finish(): Op[];
  /** After the optimizer: the method's own state moves (A and B are the optimizer's). */
  update(): Op[];
  /** After A or B changed: tensors derived from them. */
  refresh(): Op[];
  /**
   * Whether step `step` (from 0) wants a probe before it: a forward and a backward that learn nothing, over a batch of
   * the dev split or over the step's own micro-batches.
   */
  probe(step: number): 'dev' | 'step' | null;
  /** Around a probe, as `begin` and `update` around a step. */
  beginProbe(): Op[];
  endProbe(): Op[];
  /**
   * Host side of `update`, written before it runs. `step` counts from 0; `devTokens` null where no dev batch was
   * probed.
   */
  prepareUpdate(step: number, tokens: number, devTokens: number | null): void;
  /** What comes back once a step, and how to read it. Empty and null for a method without statistics. */
  stats(): Tensor[];
  readStats(bytes: ArrayBuffer): MethodStats | null;
  /** All that `restore` needs besides A, B and the optimizer's moments. */
  state(): StateTensor[];
  /** Thresholds from outside (an imported adapter), one per module. Throws where the method has none. */
  setThresholds(tau: Float32Array): void;
  /** Opens all tokens of a module again. @throws {AdapterError} where the method has no threshold */
  resetTau(module: number): void;
  /** Thresholds as they are now, one per module; null where tokens are not kept by one. */
  thresholds(): Promise<Float32Array | null>;
}

export interface MethodStats {
  gate: GateStats;
  /**
   * Rows that the products over active rows computed (a GPU rounds up to whole tiles), per module: B z, dx, dA and dB.
   */
  forwardRows: Uint32Array;
  dxRows: Uint32Array;
  gradRows: Uint32Array;
}
