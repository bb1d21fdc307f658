/**
 * What the train worker tells of without being asked. `runId`: where it belongs to a run ('base' is the model without
 * an adapter).
 */
import type { LabelledSet, Predicted } from '../../shared/classification';
import type { WatchedPicture } from '../../shared/data';
import type { ErrorInfo } from '../../shared/errors';
import type { Message, MessageCode } from '../../shared/message';
import type { AdapterWork, GateStats, ModuleId } from '../../shared/types';

/** 'base' or the id of a run of the experiment. */
export type RunId = string;

export type Phase =
  | 'idle'
  | 'loading'
  | 'checking'
  | 'compiling'
  | 'training'
  | 'evaluating'
  | 'paused'
  | 'stopped'
  | 'finished'
  | 'failed';

/**
 * no-update: B is zero, so all r are 0 and below τ (the closing trap). harmful: its gate gradients say that its updates
 * would raise the loss. stuck: τ is above every r though the updates would help.
 */
export type SkipsAllReason = 'no-update' | 'harmful' | 'stuck';

/** A module, by its place among the run's, that has had no active token for many steps. */
export interface SkipsAll {
  module: number;
  reason: SkipsAllReason;
}

export type TrainEvent =
  | { type: 'progress'; phase: Phase; label: string | Message; loaded: number; total: number | null }
  | { type: 'phase'; phase: Phase }
  | {
      type: 'step';
      runId: RunId;
      /** 1-based: this many optimizer steps are done. */
      step: number;
      loss: number;
      learningRate: number;
      /** Before clipping. */
      gradNorm: number;
      tokens: number;
      supervised: number;
      /** Wall time since the previous event of this run, in ms. */
      ms: number;
      gate: GateStats | null;
      work: AdapterWork;
    }
  /** Mean loss over the supervised tokens of the validation examples. `gate` also covers validation tokens only. */
  | {
      type: 'eval';
      runId: RunId;
      step: number;
      loss: number;
      examples: number;
      supervised: number;
      gate: GateStats | null;
    }
  /** Validation examples whose label a run told rightly. On the way, of those that its loss is measured on. */
  | { type: 'accuracy'; runId: RunId; step: number; right: number; examples: number }
  /** At the end: what each run made of every labelled validation example. */
  | { type: 'classified'; set: LabelledSet; runs: Record<RunId, Predicted> }
  | {
      type: 'watch';
      runId: RunId;
      step: number;
      tokens: string[];
      /** What the tokens are patches of; absent for texts. */
      picture?: WatchedPicture;
      modules: ModuleId[];
      /** active[m × tokens + t]: 1 where module m applies the update of token t. */
      active: Uint8Array;
      /** r in the same layout. */
      ratio: Float32Array;
      /** The thresholds that decided, per module; null where the gate learns none. */
      tau: Float32Array | null;
    }
  /** Mean loss on the dev split that no run learns from, and the best adapter so far, with which the run ends. */
  | { type: 'dev'; runId: RunId; step: number; loss: number; best: { step: number; loss: number } }
  /**
   * After training: the scale that is best for a run's adapter on the dev split, with its loss there, and the loss at
   * scale 1.
   */
  | { type: 'shrunk'; runId: RunId; step: number; scale: number; loss: number; before: number }
  /** Passes of the attribution that was asked for. */
  | { type: 'attributing'; done: number; all: number }
  /** All modules of a run that skip every token for good, whenever that changes. */
  | { type: 'skips-all'; runId: RunId; step: number; modules: SkipsAll[] }
  /** What a run adapts, and how many values it trains. */
  | { type: 'modules'; runId: RunId; modules: ModuleId[]; parameters: number }
  /** How a run goes on from a prompt after `step` steps. `expected`: how the validation example does, if it is one. */
  | { type: 'sample'; runId: RunId; step: number; prompt: string; expected: string | null; text: string }
  /** Early stopping ended a run: its loss has not been better since `bestStep`. */
  | { type: 'stopped-early'; runId: RunId; step: number; bestStep: number; bestLoss: number }
  /** How much of the files that a run is exported as is written, in bytes. */
  | { type: 'exporting'; runId: RunId; written: number; total: number }
  | { type: 'generated'; requestId: number; runId: RunId; piece: string; done: boolean }
  | { type: 'warning'; runId: RunId | null; message: Message }
  /** What warnings of these codes said of a run holds no longer. */
  | { type: 'warning-over'; runId: RunId; codes: readonly MessageCode[] }
  | { type: 'run-failed'; runId: RunId; error: ErrorInfo }
  /** Nothing can go on. `thriftier`: the GPU is to be opened again, and what ran on it to go on in less memory. */
  | { type: 'fatal'; error: ErrorInfo; thriftier: boolean };
