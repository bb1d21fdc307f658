/**
 * What a gate rule is: it says which tokens a module keeps. Learned rules move a threshold τ after each step; the
 * others mark the rows to keep themselves.
 */
import type { GateConfig } from '../../../shared/config';
import type { BufferScope, Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { PassKind } from '../../device/dims';
import type { Dispatch, Op } from '../../device/program';
import type { Followed } from '../../kernels/select/select';
import type { AdaptedModule, BackwardIO, ForwardIO, StateTensor, TokenRecords, Trainable } from '../method';

/**
 * The batch whose μ the rule goes by: the step's own, in the pass that also gives the gradients; a batch of the dev
 * split, or the step's own once more, in a probe before it.
 */
export type GradientSource = 'train' | 'dev' | 'probe';

/** What a rule has to go by in a step. */
export interface GateGradients {
  /** Tokens of the batch that they come from. */
  tokens: number;
}

export interface ThresholdRule {
  /**
   * Where a choice among the tokens of a whole batch goes by, when batches may be cut: what every part leaves there.
   */
  readonly wholeBatch?: Tensor | null;
  /** Marks the rows to keep in `io.saved.open`; absent where τ decides. */
  mark?(m: AdaptedModule, io: ForwardIO): Dispatch[];
  /** Once μ of a module is there: what the rule keeps of it. */
  keep?(m: AdaptedModule, io: BackwardIO): Op[];
  /** Before the first micro-batch of the batch that μ comes from. */
  clear?(): Op[];
  /** After a step's last micro-batch. */
  update?(): Op[];
  /** Host side of `update` of step `step` (from 0); null: no gate gradients this time, so τ rests. */
  prepare?(gradients: GateGradients | null, step: number): void;
  state?(): StateTensor[];
  /** Of every token of the last batch, in a run that is measured. */
  readonly tokens?: TokenRecords;
  /** A module's past is forgotten: its τ was set from outside. */
  forget?(module: number): void;
}

/** What a rule is made from. */
export interface RuleContext extends RuleExtent {
  device: Device;
  scope: BufferScope;
  slots: Tensor;
  /** StatSlots of the batch that gate gradients come from. */
  stats: Tensor;
  /** StatSlots of the pass that runs, to which `keep` adds. */
  passStats: Tensor;
  /** f32[4]: ρ_t and step size (step rules write them), λ as used. */
  shown: Tensor;
  config: GateConfig;
  /** The passes whose μ the rule keeps. */
  kind: PassKind;
  /** Optimizer steps of the run, and those in which τ moves. */
  steps: number;
  updates: number;
  seed: number;
  /** What skipped tokens get, by module; null where they get nothing. */
  constants: readonly Trainable[] | null;
  /** Where the followed run notes the counts of a module; null where there is none. */
  followed(m: AdaptedModule): Followed | null;
}

/** What a rule's tensors must have room for. */
export interface RuleExtent {
  modules: number;
  /** Tokens of the largest batch that gate gradients come from. */
  capacity: number;
  /** Whether batches may be cut into parts. */
  cut: boolean;
}

/** A rule as it is listed. What the page knows of it is in `shared/rules`. */
export interface RuleEntry {
  name: string;
  /** It wants μ of the step's own batch before the step, with all gates open. */
  probes?: true;
  /** Bytes of its own tensors, by name. */
  sizes?(extent: RuleExtent): Record<string, number>;
  create(context: RuleContext): ThresholdRule;
}

/** λ: the sparsity penalty of an active token of a batch whose loss is a mean. */
export const lambdaOf = (
  { sparsityPenalty }: Pick<GateConfig, 'sparsityPenalty'>,
  gradients: GateGradients | null,
): number => (gradients && gradients.tokens > 0 ? sparsityPenalty / gradients.tokens : 0);
