/** What the page asks the train worker for, and what it answers. */
import type { Attributed, Attribution } from '../../shared/attribution';
import type { Written } from '../../shared/classification';
import type { SessionConfig, TrainConfig } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
import type { ModuleMeasure, TokenClassRow } from '../../shared/experiment';
import type { ExportKind, ValueType } from '../../shared/exports';
import type { MethodName } from '../../shared/methods';
import type { ModelDescription } from '../../shared/model';
import type { SieveInfo, SievePoint, SieveWay } from '../../shared/sieve';
import type {
  DeviceChoice,
  DeviceInfo,
  GradientCheck,
  KeptModel,
  KernelProfile,
  LogitCheck,
  ModelFile,
  ModelSource,
  OpeningMemory,
  PlanItem,
  Prompt,
  TokenSet,
} from '../../shared/types';
import type { RunId } from './events';
import type { SessionState } from './sessionState';

/** Files of a source that is a folder, by path. */
export type FolderFiles = ReadonlyMap<string, Blob>;

export interface ModelInfo {
  source: ModelSource;
  /** What of the source was opened. */
  file: ModelFile;
  config: ModelDescription;
  parameters: number;
  /** Bytes of frozen weights on the device. */
  weightBytes: number;
  check: LogitCheck;
  /** null on the CPU, with which GPUs are compared. */
  gradients: GradientCheck | null;
  device: DeviceInfo;
}

export interface Sampling {
  seed: number;
  maxNewTokens: number;
  /** 0 = greedy. */
  temperature: number;
  topP: number;
}

export interface MemoryPlan {
  /** What training takes at the same time, and their sum. */
  items: PlanItem[];
  totalBytes: number;
  /**
   * What opening the model takes before that, given back since; null where the file's size is not known. Absent in
   * earlier plans.
   */
  opening?: OpeningMemory | null;
  limitBytes: number | null;
  /**
   * Whether all of it, and every single buffer, stays within the limits. Where not even the thriftiest layout does, it
   * is tried all the same.
   */
  fits: boolean;
}

/** Timed steps, all runs together, and one evaluation batch of all runs, in ms. */
export interface StepTimes {
  stepMs: number[];
  evalMs: number;
}

/** Tokens of a sample, and prompts that are sampled, at most. */
export const SAMPLE_TOKENS = 24;
export const MAX_SAMPLE_PROMPTS = 4;

/** One file of an exported adapter (PEFT layout). */
export interface AdapterFile {
  name: string;
  bytes: Uint8Array;
}

/** What the page knows of how a run was trained, for the card of an exported model. */
export interface RunFacts {
  data: { name: string; files: readonly { path: string; hash: string }[] };
  split: { validationShare: number; seed: number } | null;
  steps: number;
  /** Nats per token; null where nothing was measured. */
  losses: { base: number | null; validation: number | null; train: number | null };
  train: TrainConfig;
}

/** What a session reads, besides its configuration. */
export interface RunInput {
  train: TokenSet;
  validation: TokenSet;
  /**
   * Sampled at each evaluation, in the template already; null = a prompt of the validation data; absent = no samples.
   */
  samplePrompts?: Prompt[] | null;
  /** Measures the gates' μ on validation tokens at every evaluation instead of only at the last. */
  measureGates?: boolean;
}

/** What a finished adapter is looked at with, where no session has it. */
export interface FinishedData {
  train: TokenSet;
  validation: TokenSet;
  settings: TrainConfig;
}

export type TrainRequest =
  /**
   * On the device that is open where it fits `device` ('auto' unless given); else on another, and what was open stays
   * until the model is ready there, or for good when it cannot be opened. Then all runs and adapters are gone with the
   * old one.
   */
  | { type: 'open-model'; source: ModelSource; device?: DeviceChoice; files?: FolderFiles }
  /** Ends opening a model. */
  | { type: 'cancel-open' }
  /** The model that is open. */
  | { type: 'opened' }
  /** The forms in which a source holds its weights. */
  | { type: 'list-files'; source: ModelSource }
  /** Models of which files are kept in this browser, and forgetting one. */
  | { type: 'kept-models' }
  | { type: 'drop-kept-model'; model: KeptModel }
  /** Plans memory without allocating. `data`: bytes of the token sets that are there; 0 where none are. */
  | { type: 'plan'; config: SessionConfig; data: number }
  /**
   * Times `steps` steps as `start` would train them; learns nothing. Ended by `cancel-timing` and whatever starts or
   * frees a session.
   */
  | { type: 'time-steps'; config: SessionConfig; train: TokenSet; validation: TokenSet; steps: number }
  | { type: 'cancel-timing' }
  /** Compiles, allocates and starts. Events follow; the reply comes once the first step may begin. */
  | ({ type: 'start'; config: SessionConfig } & RunInput)
  | { type: 'pause' }
  | { type: 'resume' }
  /** Ends the run and keeps what was learnt. */
  | { type: 'stop' }
  /** Answers `prompt` with each of `runs`, same sampling seed; pieces come as events. */
  | { type: 'generate'; runs: RunId[]; prompt: Prompt; sampling: Sampling }
  | { type: 'cancel-generate' }
  /** The text whose tokens are watched; null = the first validation example. Sent again at any time. */
  | { type: 'watch-text'; text: string | null }
  /** The validation example whose tokens are watched, for a model that reads no texts; 0 unless asked. */
  | { type: 'watch-example'; example: number }
  /** Prompts that every run answers at each evaluation, see `RunInput`. Sent again at any time. */
  | { type: 'sample-prompts'; prompts: Prompt[] | null }
  /** With `check`, the logits of a short text come with it, for whoever loads the files elsewhere. */
  | { type: 'export'; runId: RunId; template: PromptTemplate; check: boolean; repository?: string }
  /**
   * The run for another runtime, as one zip. `values`: how merged weights are written. With `repository` (here and
   * above) the files are laid out for it, and their README names it.
   */
  | {
      type: 'export-files';
      runId: RunId;
      kind: ExportKind;
      values: ValueType;
      template: PromptTemplate;
      facts: RunFacts | null;
      repository?: string;
    }
  /** What the session goes on with elsewhere, as files: `handOver.ts`. */
  | { type: 'hand-over'; template: PromptTemplate }
  /**
   * Loads an exported adapter as a run of its own, for Compare; needs an open model. With `as`, it answers as that run
   * of the experiment on the page until the next `reset`.
   */
  | { type: 'import'; files: AdapterFile[]; as: RunId | null; name?: string }
  /**
   * Prepares a finished adapter without gates to have some, see `shared/sieve.ts`; closes the one before. `data`: what
   * to choose and measure with; null for a run of the session, which has its own.
   */
  | { type: 'sieve-open'; runId: RunId; data: FinishedData | null }
  /** What skipping a share of its updates does. */
  | { type: 'sieve-at'; way: SieveWay; share: number; preview: boolean }
  /** The adapter with these gates, as files. */
  | {
      type: 'sieve-export';
      way: SieveWay;
      share: number;
      name: string;
      template: PromptTemplate;
      check: boolean;
    }
  | { type: 'sieve-close' }
  /**
   * What a finished run's updates are worth, at so many points of the way; events say how far it is. `data` as for
   * `sieve-open`.
   */
  | { type: 'attribute'; runId: RunId; data: FinishedData | null; of: Attributed; points: number }
  /** Ends that: it is answered with null. */
  | { type: 'cancel-attribution' }
  /** Frees an adapter that was imported as a run of its own. */
  | { type: 'release'; runId: RunId }
  /** Everything a run needs to go on bit-identically, and its counterpart. */
  | { type: 'state' }
  | ({ type: 'restore'; state: SessionState; thriftier?: boolean } & RunInput)
  /** Sets a module's threshold to 0, so that all its tokens are active again. `module`: its place among the run's. */
  | { type: 'reset-tau'; runId: RunId; module: number }
  /** Frees everything of the experiment; the model stays. */
  | { type: 'reset' }
  /**
   * How often each run writes the expected answer to `examples` validation prompts; null where the data has no short
   * answers.
   */
  | { type: 'written-answers'; runs: RunId[]; examples: number }
  /** Which kinds of tokens of `examples` validation examples each of `runs` skips; they must have gates. */
  | { type: 'token-classes'; runs: RunId[]; examples: number }
  /** Norms of every adapted module: frozen weight, what was learnt, gradient on `examples` training examples. */
  | { type: 'module-measures'; runId: RunId; examples: number }
  /** Times every kernel of one step; learns nothing. */
  | { type: 'profile' }
  | { type: 'counts' };

/** Reply by request type. Requests not named here are answered with null. */
export interface TrainReplies {
  'open-model': ModelInfo;
  /** Whether the model that was open before still is. */
  'cancel-open': { kept: boolean };
  opened: ModelInfo | null;
  'list-files': ModelFile[];
  'kept-models': KeptModel[];
  plan: MemoryPlan;
  start: MemoryPlan;
  'time-steps': StepTimes;
  generate: { texts: Record<RunId, string> };
  export: { files: AdapterFile[] };
  'export-files': { zip: Blob };
  'hand-over': { files: AdapterFile[] };
  /**
   * `template` is the one it was trained with, where its files tell; `gated`: it skips tokens; `labels`: what its head
   * tells apart.
   */
  import: {
    runId: RunId;
    name: string;
    template: PromptTemplate | null;
    gated: boolean;
    method: MethodName;
    labels: readonly string[] | null;
  };
  /** null where another session, or another look, has ended it. */
  'sieve-open': SieveInfo | null;
  'sieve-at': SievePoint | null;
  'sieve-export': { files: AdapterFile[] };
  attribute: Attribution | null;
  state: SessionState;
  'written-answers': { runs: Record<RunId, Written> | null };
  'token-classes': Record<RunId, TokenClassRow[]>;
  /** `active` is left null: it is known from the steps. */
  'module-measures': { modules: ModuleMeasure[] };
  profile: KernelProfile;
  counts: { buffers: number; bytes: number };
}
