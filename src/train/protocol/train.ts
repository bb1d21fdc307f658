/**
 * Everything the page and its workers say to each other, as discriminated unions.
 * Requests carry a `requestId`; exactly one `reply` or `failed` answers each. Events come unasked and carry
 * a `runId` where they belong to a run ('base' is the untouched model). Errors cross as `ErrorInfo`.
 */
import type { LabelledSet, Predicted, Written } from '../shared/classification';
import type { Attributed, Attribution } from '../shared/attribution';
import type { Message } from '../shared/message';
import type { SessionConfig, TrainConfig } from '../shared/config';
import type { DataRecipe, SourceFile } from '../shared/dataRecipe';
import type {
  ChatTemplate,
  Detection,
  ListedRow,
  LostRow,
  Mapping,
  OwnFile,
  PrepareOptions,
  PrepareReport,
  PreviewExample,
  PromptTemplate,
  ReadChoices,
  RenderedChat,
  Repairs,
  RowDetail,
  RowQuery,
  Segment,
  TableInfo,
  Turn,
  WatchedPicture,
} from '../shared/data';
import type { ErrorInfo } from '../shared/errors';
import type { ExportKind, ValueType } from '../shared/exports';
import type { ModuleMeasure, TokenClassRow } from '../shared/experiment';
import type { MethodName } from '../shared/methods';
import type { ModelDescription } from '../shared/model';
import type { PushFile, PushTarget } from '../shared/repository';
import type { SieveInfo, SievePoint, SieveWay } from '../shared/sieve';
import type {
  AdapterWork,
  DeviceChoice,
  DeviceInfo,
  GateStats,
  GradientCheck,
  KernelProfile,
  LogitCheck,
  KeptModel,
  ModelFile,
  ModelSource,
  OpeningMemory,
  ModuleId,
  PlanItem,
  Prompt,
  TokenSet,
  UsedDevice,
} from '../shared/types';

export type { ModelSource };

/** 'base' or the id of a run of the experiment. */
export type RunId = string;

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
  /** null on the CPU, which GPUs are held against. */
  gradients: GradientCheck | null;
  device: DeviceInfo;
}

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
  /** What opening the model takes before that, given back since; null where the file's size is not known. Absent in earlier plans. */
  opening?: OpeningMemory | null;
  limitBytes: number | null;
  /** Whether all of it, and every single buffer, stays within the limits. Where not even the thriftiest layout does, it is tried all the same. */
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
  /** Sampled at each evaluation, in the template already; null = a prompt of the validation data; absent = no samples. */
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

// ---- train worker ----------------------------------------------------------------------------------

export type TrainRequest =
  /**
   * On the device that is open where it fits `device` ('auto' unless given); else on another, and what was open stays until
   * the model is ready there, or for good when it cannot be opened. Then all runs and adapters are gone with the old one.
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
  /** Times `steps` steps as `start` would train them; learns nothing. Ended by `cancel-timing` and whatever starts or frees a session. */
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
   * The run for another runtime, as one zip. `values`: how merged weights are written. With `repository` (here and above) the
   * files are laid out for it, and their README names it.
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
  /** Loads an exported adapter as a run of its own, for Compare; needs an open model. With `as`, it answers as that run of the experiment on the page until the next `reset`. */
  | { type: 'import'; files: AdapterFile[]; as: RunId | null; name?: string }
  /**
   * Prepares a finished adapter without gates to have some, see `shared/sieve.ts`; closes the one before. `data`: what to choose
   * and measure with; null for a run of the session, which has its own.
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
  /** What a finished run's updates are worth, at so many points of the way; events say how far it is. `data` as for `sieve-open`. */
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
  /** How often each run writes the expected answer to `examples` validation prompts; null where the data has no short answers. */
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
  /** `template` is the one it was trained with, where its files tell; `gated`: it skips tokens. */
  import: { runId: RunId; name: string; template: PromptTemplate | null; gated: boolean; method: MethodName };
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

/** Opaque outside train/: a structured-cloneable snapshot (A, B, τ, moments, λ, RNG, data cursor, step). */
export interface SessionState {
  /** 1: modules' salts as they were then. 3: today's names, see `todaysState`. */
  version: 1 | 2 | 3;
  config: SessionConfig;
  step: number;
  /** Step of the last evaluation on the way that is complete; −1 before the base's. */
  evaluated: number;
  /** Its runs have gone back to their best adapters already. */
  tookBest: boolean;
  /** It was told to stop, and its end is not complete. */
  stopping: boolean;
  /** Runs that have ended with an error. */
  failed: RunId[];
  /** The matmul variants that were used; others may round differently. */
  tuning: Record<string, string>;
  /** How it lay in memory. */
  layout: unknown;
  /** Rng states and cursors of the data orders. */
  data: unknown;
  runs: Record<RunId, unknown>;
  /** Records of early stopping. */
  early: unknown;
  /** What the signs of trouble of each run have seen so far. */
  signs: Record<RunId, unknown>;
}

type Buffers = Record<string, ArrayBuffer>;

/** Buffers of the runs' tensors, and of what they go back to; the snapshot's own: whoever sends it hands them over. */
export const stateBuffers = ({ runs, signs }: Pick<SessionState, 'runs' | 'signs'>): ArrayBuffer[] => [
  ...(Object.values(runs) as { tensors?: Buffers }[]).flatMap(({ tensors = {} }) => Object.values(tensors)),
  ...(Object.values(signs) as { good?: { point?: Buffers } }[]).flatMap(({ good }) => Object.values(good?.point ?? {})),
];

/**
 * no-update: B is zero, so all r are 0 and below τ (the closing trap). harmful: its gate gradients say that its updates would raise
 * the loss. stuck: τ is above every r though the updates would help.
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
  /** After training: the scale that is best for a run's adapter on the dev split, with its loss there, and the loss at scale 1. */
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
  | { type: 'run-failed'; runId: RunId; error: ErrorInfo }
  /** Nothing can go on. `thriftier`: the GPU is to be opened again, and what ran on it to go on in less memory. */
  | { type: 'fatal'; error: ErrorInfo; thriftier: boolean };

// ---- data worker -----------------------------------------------------------------------------------

export type DataRequest =
  /** Tokeniser of the model in use. Must come before `prepare`. Ends opening another, and what is made with the last one. */
  | { type: 'open-tokenizer'; source: ModelSource; files?: FolderFiles }
  /** Ends opening one; there is none then. */
  | { type: 'close-tokenizer' }
  /** What the first row becomes, whatever is under way; ends the same question about another template. Needs `parse`; a model's own template needs `open-tokenizer`. */
  | { type: 'try-template'; mapping: Mapping; template: PromptTemplate }
  /** Chats as prompts in a model's own template, whatever is under way. */
  | { type: 'applyChatTemplate'; template: ChatTemplate; chats: Turn[][] }
  /** Reads files, packed or not. Ends every parse, prepare and list that is under way. What was read before stays where it fails. */
  | { type: 'parse'; files: OwnFile[]; choices: ReadChoices }
  /** What the columns mean once these repairs are made. Needs `parse`. */
  | { type: 'detect'; repairs: Repairs }
  /** Ends a prepare or list that is under way. */
  | { type: 'prepare'; options: PrepareOptions }
  /** Examples `from … from+count`, as token chips. Needs `prepare`, as do all below. */
  | { type: 'preview'; from: number; count: number }
  /** Rows that match, `from … from+count` of them. Ends a list that is under way. */
  | ({ type: 'list' } & RowQuery)
  | { type: 'detail'; item: number }
  /** Rows that cannot be read. */
  | { type: 'lost' }
  /** Every row that is not used, with the reasons, as JSON lines; `why` has those of `lost` in words, in their order. */
  | { type: 'rejected'; why: string[] }
  /** Ends reading, preparing and listing; they fail with `Cancelled`. Answered once they have. */
  | { type: 'cancel' };

export interface DataReplies {
  /** The chat templates that the model brings, the usual one first. */
  'open-tokenizer': { templates: ChatTemplate[] };
  'try-template': { segments: Segment[] };
  applyChatTemplate: { prompts: Prompt[] };
  /** `repairs` are those without which hardly a row could be read; `empty` names columns without any value among the first rows. */
  parse: {
    table: TableInfo;
    sample: string[][];
    rowCount: number;
    repairs: Repairs;
    empty: string[];
  } & DataReplies['detect'];
  detect: { detection: Detection; template: PromptTemplate };
  /** Both sets are empty where the report names a problem. */
  prepare: { report: PrepareReport; preview: PreviewExample[]; train: TokenSet; validation: TokenSet };
  preview: { examples: PreviewExample[] };
  list: { total: number; rows: ListedRow[] };
  detail: RowDetail | null;
  lost: { rows: LostRow[] };
  rejected: { file: Blob };
  'close-tokenizer': null;
  cancel: null;
}

export type DataEvent =
  /** How far a parse or prepare is; `total` is null where it is not known. */
  { type: 'progress'; label: Message; loaded: number; total: number | null };

// ---- template worker -------------------------------------------------------------------------------

/** The data worker asks it; whatever it does not answer in time it is ended over. */
export interface TemplateRequest {
  template: ChatTemplate;
  chats: readonly (readonly Turn[])[];
  as: 'chat' | 'prompt';
}

export type TemplateEvent =
  /** After each rendering. */
  | { kind: 'alive' }
  /** Each chat, in order. */
  | { kind: 'rendered'; chat: RenderedChat }
  /** Instead of what is left. */
  | { kind: 'failed'; error: ErrorInfo };

// ---- keep worker -----------------------------------------------------------------------------------

/** What the page is told of an interrupted run before it asks for all of it. */
export interface CheckpointInfo {
  savedAt: number;
  startedAt: number;
  step: number;
  config: SessionConfig;
  model: ModelSource;
  /** What it ran on, in order: on another than the last, the last bits may differ. None where nobody knows. */
  devices: UsedDevice[];
  /** SHA-256 of the token sets, which lie beside the checkpoint. */
  dataHash: string;
  /** What the data were called and made from; absent in checkpoints of before it was kept. */
  data?: { name: string; recipe: DataRecipe | null };
}

/** Everything to go on from: the worker's snapshot, and the page's own (curves, template; opaque to the worker). */
export interface Checkpoint {
  info: CheckpointInfo;
  state: SessionState;
  page: unknown;
}

/** The worker that writes to the origin's private file system; exported files aside, which the train worker makes there. */
export type KeepRequest =
  /** Writes the token sets of a run that begins, unless they lie there already. */
  | { type: 'save-data'; train: TokenSet; validation: TokenSet }
  /** Into the older of two slots. */
  | { type: 'save-checkpoint'; checkpoint: Checkpoint }
  | { type: 'checkpoint-info' }
  | { type: 'load-checkpoint' }
  | { type: 'clear-checkpoint' }
  /** A saved session as one zip. */
  | { type: 'write-run'; id: string; files: AdapterFile[] }
  | { type: 'delete-run'; id: string }
  /** Hashes the files that a data set is made from, and with `write` keeps them. */
  | { type: 'keep-sources'; files: OwnFile[]; write: boolean }
  | { type: 'open-sources'; files: SourceFile[] }
  /** Deletes all files that are not `wanted`, nor the checkpoint's; where those are too large, the last of them too. */
  | { type: 'sweep-sources'; wanted: string[] };

export interface KeepReplies {
  'save-data': { hash: string };
  'save-checkpoint': { bytes: number };
  /** `damaged`: slots whose checksum is wrong; the other one, older, is used then. */
  'checkpoint-info': { info: CheckpointInfo | null; damaged: number };
  'load-checkpoint': { checkpoint: Checkpoint; train: TokenSet; validation: TokenSet };
  'write-run': { bytes: number };
  /** `kept`: they lie in this browser now. */
  'keep-sources': { files: SourceFile[]; kept: boolean };
  /** Null where one is not there any more. */
  'open-sources': OwnFile[] | null;
}

/** The worker that pushes files to a hub; its events are `PushProgress`. */
export type PushRequest = { type: 'push'; target: PushTarget; token: string; title: string; files: PushFile[] };

export interface PushReplies {
  /** Where they are. */
  push: { url: string };
}

// ---- envelope --------------------------------------------------------------------------------------

export type Envelope<R> = R & { requestId: number };
export type FromWorker<E> =
  | { kind: 'reply'; requestId: number; value: unknown }
  | { kind: 'failed'; requestId: number; error: ErrorInfo }
  | { kind: 'event'; event: E };
