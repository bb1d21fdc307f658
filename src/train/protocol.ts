/**
 * Everything the page and its two workers say to each other, as discriminated unions.
 * Requests carry a `requestId`; exactly one `reply` or `failed` answers each. Events come unasked and carry
 * a `runId` where they belong to a run ('base' is the untouched model). Errors cross as `ErrorInfo`.
 */
import type { ExperimentConfig } from '../shared/config';
import type { Detection, ParsedTable, PrepareOptions, PrepareReport, PreviewExample, PromptTemplate } from '../shared/data';
import type { ErrorInfo } from '../shared/errors';
import type { AdapterWork, GateStats, GpuInfo, KernelProfile, LlamaConfig, LogitCheck, ModelSource, ModuleId, PlanItem, TokenSet } from '../shared/types';

export type { ModelSource };

/** 'base' or the id of a run of the experiment. */
export type RunId = string;

export interface ModelInfo {
  source: ModelSource;
  config: LlamaConfig;
  parameters: number;
  /** Bytes of frozen weights on the GPU. */
  weightBytes: number;
  check: LogitCheck;
  gpu: GpuInfo;
}

export type Phase = 'idle' | 'loading' | 'checking' | 'compiling' | 'training' | 'evaluating' | 'paused' | 'stopped' | 'finished' | 'failed';

export interface Sampling {
  seed: number;
  maxNewTokens: number;
  /** 0 = greedy. */
  temperature: number;
  topP: number;
}

export interface MemoryPlan {
  items: PlanItem[];
  totalBytes: number;
  limitBytes: number | null;
}

/** Tokens of a sample, and prompts that are sampled, at most. */
export const SAMPLE_TOKENS = 24;
export const MAX_SAMPLE_PROMPTS = 4;

/** One file of an exported adapter (PEFT layout). */
export interface AdapterFile {
  name: string;
  bytes: Uint8Array;
}

/** What a session reads, besides its configuration. */
export interface RunInput {
  train: TokenSet;
  heldOut: TokenSet;
  /** Sampled at each evaluation, in the template already; null = a prompt of the held-out data; absent = no samples. */
  samplePrompts?: string[] | null;
}

// ---- train worker ----------------------------------------------------------------------------------

export type TrainRequest =
  | { type: 'open-model'; source: ModelSource }
  /** Plans memory without allocating. */
  | { type: 'plan'; experiment: ExperimentConfig }
  /** Compiles, allocates and starts. Events follow; the reply comes once the first step may begin. */
  | ({ type: 'start'; experiment: ExperimentConfig } & RunInput)
  | { type: 'pause' }
  | { type: 'resume' }
  /** Ends the run and keeps what was learnt. */
  | { type: 'stop' }
  /** Answers `prompt` with each of `runs`, same sampling seed; pieces come as events. */
  | { type: 'generate'; runs: RunId[]; prompt: string; sampling: Sampling }
  | { type: 'cancel-generate' }
  /** The text whose tokens are watched; null = the first held-out example. Sent again at any time. */
  | { type: 'watch-text'; text: string | null }
  /** Prompts that every run answers at each evaluation, see `RunInput`. Sent again at any time. */
  | { type: 'sample-prompts'; prompts: string[] | null }
  | { type: 'export'; runId: RunId; template: PromptTemplate }
  /** Loads an exported adapter as a run of its own, for Compare; needs an open model. */
  | { type: 'import'; files: AdapterFile[] }
  /** Everything a run needs to go on bit-identically, and its counterpart. */
  | { type: 'state' }
  | ({ type: 'restore'; state: SessionState } & RunInput)
  /** Frees everything of the experiment; the model stays. */
  | { type: 'reset' }
  /** Times every kernel of one step; learns nothing. */
  | { type: 'profile' }
  | { type: 'counts' };

/** Reply by request type. Requests not named here are answered with null. */
export interface TrainReplies {
  'open-model': ModelInfo;
  plan: MemoryPlan;
  start: MemoryPlan;
  generate: { texts: Record<RunId, string> };
  export: { files: AdapterFile[] };
  /** `template` is the one it was trained with, where its files tell. */
  import: { runId: RunId; name: string; template: PromptTemplate | null };
  state: SessionState;
  profile: KernelProfile;
  counts: { buffers: number; bytes: number };
}

/** Opaque outside train/: a structured-cloneable snapshot (A, B, τ, moments, λ, RNG, data cursor, step). */
export interface SessionState {
  version: 1;
  experiment: ExperimentConfig;
  step: number;
  /** The matmul variants that were used; others may round differently. */
  tuning: Record<string, string>;
  /** How it lay in memory. */
  layout: unknown;
  /** Rng state and cursor of the data order. */
  data: unknown;
  runs: Record<RunId, unknown>;
  /** Records of early stopping. */
  early: unknown;
}

export type TrainEvent =
  | { type: 'progress'; phase: Phase; label: string; loaded: number; total: number | null }
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
  /** Mean loss over the supervised tokens of the held-out examples. `gate` also covers held-out tokens only. */
  | { type: 'eval'; runId: RunId; step: number; loss: number; examples: number; supervised: number; gate: GateStats | null }
  | {
      type: 'watch';
      runId: RunId;
      step: number;
      tokens: string[];
      modules: ModuleId[];
      /** kept[m × tokens + t]: 1 where module m keeps the update of token t. */
      kept: Uint8Array;
      /** r in the same layout. */
      ratio: Float32Array;
      /** The thresholds that decided, per module; null where the method has none. */
      tau: Float32Array | null;
    }
  /** How a run goes on from a prompt after `step` steps. `expected`: how the held-out example does, if it is one. */
  | { type: 'sample'; runId: RunId; step: number; prompt: string; expected: string | null; text: string }
  /** Early stopping ended a run: its loss has not been better since `bestStep`. */
  | { type: 'stopped-early'; runId: RunId; step: number; bestStep: number; bestLoss: number }
  | { type: 'modules'; runId: RunId; modules: ModuleId[] }
  | { type: 'generated'; requestId: number; runId: RunId; piece: string; done: boolean }
  | { type: 'warning'; runId: RunId | null; message: string }
  | { type: 'run-failed'; runId: RunId; error: ErrorInfo }
  | { type: 'fatal'; error: ErrorInfo };

// ---- data worker -----------------------------------------------------------------------------------

export type DataRequest =
  /** Tokeniser of the model in use. Must come before `prepare`. */
  | { type: 'open-tokenizer'; source: ModelSource }
  | { type: 'parse'; fileName: string; bytes: ArrayBuffer; header: 'auto' | 'yes' | 'no' }
  | { type: 'prepare'; options: PrepareOptions }
  /** Examples `from … from+count`, as token chips. Needs `prepare`. */
  | { type: 'preview'; from: number; count: number };

export interface DataReplies {
  'open-tokenizer': null;
  parse: { table: Omit<ParsedTable, 'rows'>; sample: string[][]; rowCount: number; detection: Detection; template: PromptTemplate };
  prepare: { report: PrepareReport; preview: PreviewExample[]; train: TokenSet; heldOut: TokenSet };
  preview: { examples: PreviewExample[] };
}

// ---- envelope --------------------------------------------------------------------------------------

export type Envelope<R> = R & { requestId: number };
export type FromWorker<E> =
  | { kind: 'reply'; requestId: number; value: unknown }
  | { kind: 'failed'; requestId: number; error: ErrorInfo }
  | { kind: 'event'; event: E };


