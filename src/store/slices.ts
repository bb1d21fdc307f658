/** The state of the page: slices of plain data. Changed only by `studio.ts`. */
import type { Written } from '../shared/classification';
import type { Language } from '../shared/texts';
import { type SessionConfig, type Problem, defaultSession } from '../shared/config';
import {
  type ChatTemplate,
  type Mapping,
  type PrepareReport,
  type PreviewExample,
  type PromptTemplate,
  READ_AUTO,
  type ReadChoices,
  REPAIRS,
  type Repairs,
  type RowEdits,
  type SampleSet,
  type Shipped,
} from '../shared/data';
import type { DataOrigin, DataRecipe } from '../shared/dataRecipe';
import type { ErrorInfo } from '../shared/errors';
import type { ExportKind } from '../shared/exports';
import type { PushProgress } from '../shared/repository';
import type { Message } from '../shared/message';
import type { SavedSession } from '../shared/savedSession';
import type { DeviceChoice, KernelProfile, TokenSet, UsedDevice } from '../shared/types';
import type {
  CheckpointInfo,
  DataReplies,
  MemoryPlan,
  ModelInfo,
  ModelSource,
  Phase,
  RunId,
  Sampling,
  TrainReplies,
} from '../train/protocol';
import type { Cell, Experiment } from '../shared/experiment';
import type { Ballot } from './compare/vote';
import type { Preset, PresetResult } from './configure/presets';
import type { Thriftier } from './configure/thriftier';
import type { Timing } from './configure/timing';
import type { DeviceKind, GpuFound } from './device';
import type { MetricLog } from './metricLog';
import { type AttributionSlice, NO_ATTRIBUTION, NO_SIEVE, type SieveSlice } from './sieve/slices';
import type { OfflineState } from './offline';
import type { HubModel } from './pageUrl';
import { FIRST_ROUTE, NO_SELECTION, type Route, type Selection } from './route';
import type { StorageMode } from './storageLock';

/** Types of the protocol that the page shows; `ui` knows them through the store. */
export type { ModelInfo, Phase } from '../train/protocol';
export { MAX_SAMPLE_PROMPTS } from '../train/protocol';

export type Section = 'model' | 'data' | 'configure' | 'train' | 'inspect' | 'compare' | 'experiment' | 'history';

export interface Progress {
  /** What is done, or the file that comes. */
  label: Message | string;
  loaded: number;
  total: number | null;
}

interface ModelSlice {
  /** The models that ship with the page; null until their list is here. */
  shipped: Shipped[] | null;
  status: 'none' | 'opening' | 'ready' | 'failed';
  source: ModelSource | null;
  info: ModelInfo | null;
  /** 'loading', 'checking' or 'compiling', with how far it is. */
  phase: Phase;
  progress: Progress | null;
  /** What WebGPU gave the page, found before a worker is asked; null until then. */
  gpu: GpuFound | null;
  /** What the user wants to compute on. */
  choice: DeviceChoice;
  /** The kind of device that the open model is being opened on as well; it stays where it is until that is done. */
  moving: DeviceKind | null;
}

export type { DataOrigin } from '../shared/dataRecipe';

/** The data set of a run, which is not open (yet): it is being read again, or its files are not here. */
export interface WantedData {
  name: string;
  recipe: DataRecipe;
  state: 'reading' | 'missing';
}

/** What a person has decided about single rows and kinds of issues; each change can be undone. */
export interface Decisions {
  repairs: Repairs;
  edits: RowEdits;
}

/** One change of the decisions. */
export type Action =
  | { did: 'exclude' | 'include' | 'edit'; issue?: undefined }
  | { did: 'repair' | 'unrepair'; issue: keyof Repairs };

export interface DatasetSlice {
  samples: SampleSet[];
  status: 'empty' | 'reading' | 'ready' | 'failed';
  /** How far reading or preparing is. */
  progress: Progress | null;
  origin: DataOrigin | null;
  /** The data set that belongs in the place of what is open; null where that is open, or the page has no such run. */
  wanted: WantedData | null;
  /** How the file is read, as far as a person has chosen. */
  choices: ReadChoices;
  parsed: DataReplies['parse'] | null;
  /** What the user has chosen; starts as detected. */
  mapping: Mapping | null;
  /** Whether a person has chosen what the columns mean: it is not guessed again then. */
  ownMapping: boolean;
  template: PromptTemplate;
  /** What the model that is open brings for chats, and the name of the one that is wanted; null = none of them. */
  chatTemplates: ChatTemplate[];
  chatChoice: string | null;
  completionOnly: boolean;
  validationShare: number;
  seed: number;
  maxExamples: number;
  stratify: boolean;
  decisions: Decisions;
  /** Earlier decisions, the latest last. */
  past: { action: Action; before: Decisions }[];
  /** Counts the times the data was prepared: lists of its rows are out of date when it has moved on. */
  version: number;
  /** A change is on its way through the tokenizer. */
  preparing: boolean;
  report: PrepareReport | null;
  preview: PreviewExample[];
  previewFrom: number;
  train: TokenSet | null;
  validation: TokenSet | null;
}

/** An experiment that was started: what it was started with, and what came of it. */
export interface SessionView {
  config: SessionConfig;
  template: PromptTemplate;
  mapping: Mapping | null;
  /** What its data were called; empty where nobody knows. */
  dataName: string;
  /** Where they came from; absent where nobody knows. */
  dataOrigin?: DataOrigin;
  /** What its data were made from; absent or null where nobody knows. */
  recipe?: Promise<DataRecipe | null>;
  /** The classes of its examples; absent where they have none, and where nobody knows. */
  classes?: readonly string[];
  plan: MemoryPlan | null;
  /** What it was computed on, in order: another one where it was interrupted and went on there. */
  devices: UsedDevice[];
  /** Run ids in order, 'base' first. */
  metricLogs: Map<RunId, MetricLog>;
  failed: Map<RunId, ErrorInfo>;
  startedAt: number;
  /**
   * The runs whose adapter is not on the device: those that a saved session does not hold, or that could not go to
   * another device.
   */
  gone?: ReadonlySet<RunId>;
}

export interface Answer {
  text: string;
  done: boolean;
}

/** An adapter that came as a file. */
export type Imported = TrainReplies['import'];

export interface RunsSlice {
  /** As typed into the form; may be invalid. */
  draft: SessionConfig;
  /** Everything that is wrong with it, and the first of that in words; null where it can be trained. */
  problems: Problem[];
  draftError: Message | null;
  plan: MemoryPlan | null;
  planError: ErrorInfo | null;
  /**
   * The preset taken last, as it was then: once the data are cut to its context, they would suggest slightly other
   * numbers.
   */
  preset: { preset: Preset; result: PresetResult } | null;
  /** The mildest change that would fit, where the plan does not. */
  fix: Thriftier | null;
  /** Steps that were timed for the expected time, and whether some are being timed. */
  timing: Timing | null;
  measuring: boolean;
  phase: Phase;
  progress: Progress | null;
  session: SessionView | null;
  /** What a session broke off with, and whether the next one is to take less memory; null since one began. */
  broke: { error: ErrorInfo; thriftier: boolean } | null;
  /** Where a step's time goes, once it was asked for. */
  profile: KernelProfile | null;
  profiling: boolean;
  /** Counts up whenever metricLogs have changed; they are mutated in place. */
  version: number;
  imported: Imported[];
  /** What is being written for another runtime, in bytes of so many; null where nothing is. */
  exporting: { runId: RunId; kind: ExportKind | 'peft'; written: number; total: number | null } | null;
  /** How far a push to a hub is; null where none is going on. */
  pushing: PushProgress | null;
  answers: Record<RunId, Answer>;
  /** What they were asked, as typed; null where nothing was. */
  asked: string | null;
  /** Several prompts, and for each that is through what every run has written; null where none were asked. */
  batch: { prompts: readonly string[]; answers: readonly Readonly<Record<RunId, string>>[] } | null;
  /**
   * How often the runs of this session write the expected answer; `runs` is null where answers are none or long. Null
   * until it is asked for.
   */
  written: { runs: Readonly<Record<RunId, Written>> | null } | null;
  /** Request whose pieces are shown; null when nobody is writing. */
  generating: number | null;
  sampling: Sampling;
  watchText: string | null;
  /** Prompts sampled at each evaluation, as typed; null = one of the validation data. */
  samplePrompts: string[] | null;
}

/** What this browser keeps. */
export interface KeepSlice {
  mode: StorageMode;
  /** A run that was interrupted and can go on. */
  offer: CheckpointInfo | null;
  /** The newest checkpoint was damaged: the offer is the one before it, or there is none any more. */
  damaged: boolean;
  resuming: boolean;
  /** The last checkpoint of the run that is going on; `paused` where the run stood still, so that nothing is newer. */
  saved: { step: number; paused: boolean } | null;
  /** Why nothing is saved at the moment. */
  problem: ErrorInfo | null;
  /**
   * How long the tab was hidden, and what the run did meanwhile; `slower`: as a share of its pace before, where it was
   * held back.
   */
  away: { ms: number; steps: number; slower: number | null } | null;
  /** saved sessions, newest first, and how many records could not be read. */
  runs: SavedSession[];
  unreadable: number;
  /** Why the list could not be read at all. */
  unlisted: ErrorInfo | null;
  /** Of this page's storage, in bytes; `persisted`: the browser will not clear it by itself. */
  quota: { usage: number; quota: number; persisted: boolean } | null;
  /** The saved session that something is done with. */
  busy: string | null;
}

export interface Notice {
  id: number;
  section: Section;
  kind: 'error' | 'warning';
  info: ErrorInfo;
}

export interface UiSlice {
  notices: Notice[];
  theme: 'auto' | 'light' | 'dark' | 'contrast';
  language: Language;
  offline: OfflineState;
  route: Route;
  /** The run that the export dialog is open for. */
  exportOf: RunId | null;
  /** For a projector: larger, with nothing but the pictures. */
  presenting: boolean;
  /**
   * What the link that the page was opened with has set, by name, and a model of the hub that it asks for; null once
   * that is known.
   */
  link: { settings: boolean; model: string | null; data: string | null; hub: HubModel | null } | null;
}

/** What all charts show the same of. */
interface SelectionSlice extends Selection {
  /** The step and the token under the pointer, for as long as it is there: shown in the place of what is selected. */
  pointed: Pick<Selection, 'step' | 'token'>;
}

/** A saved session that was added to Compare, as its file has it. */
export interface AddedRun {
  record: SavedSession;
  metricLogs: ReadonlyMap<RunId, MetricLog>;
  /** Runs whose adapter lies in the file. */
  adapters: ReadonlySet<RunId>;
  /** What the worker calls the adapters that were loaded on the open model, by run. */
  loaded: Readonly<Record<RunId, RunId>>;
  /** Why one could not be loaded, by run. */
  refused: Readonly<Record<RunId, Message>>;
}

/** What is held side by side, and the blind vote. Answers are with the runs. */
export interface CompareSlice {
  /** saved sessions beside those of the session, in the order in which they were added. */
  added: AddedRun[];
  /** Keys of what is left out; everything else is compared. */
  off: ReadonlySet<string>;
  /** Key of what the others are compared with; null = the first. */
  reference: string | null;
  /** The saved session that is being read. */
  reading: string | null;
  /** What is being written at the moment. */
  writing: 'answers' | 'batch' | 'written' | 'vote' | null;
  ballot: Ballot | null;
  /** The round that waits for a vote: its answers as they stand, first and second. */
  round: { prompt: string; answers: [string, string] } | null;
  /** Why no further round came. */
  voteNote: Message | null;
}

/** Experiments over seeds, as the browser keeps them. */
interface ExperimentsSlice {
  /** Whether what was kept has been read. */
  loaded: boolean;
  /** Newest first. */
  list: { experiment: Experiment; cells: Cell[] }[];
  selected: string | null;
  /** The one whose queue moves in this tab, and what it does beyond training. */
  running: string | null;
  activity: 'modules' | 'answers' | 'tokens' | null;
}

export interface State {
  model: ModelSlice;
  dataset: DatasetSlice;
  runs: RunsSlice;
  experiments: ExperimentsSlice;
  keep: KeepSlice;
  compare: CompareSlice;
  sieve: SieveSlice;
  attribution: AttributionSlice;
  selection: SelectionSlice;
  ui: UiSlice;
}

/**
 * Examples that are used at most, unless a person asks for more: what a tab trains on in an hour, several times over.
 */
export const MAX_EXAMPLES = 20_000;

export const noDecisions = (): Decisions => ({
  repairs: Object.fromEntries(REPAIRS.map((repair) => [repair, false])) as Repairs,
  edits: { excluded: [], changed: [] },
});

export function initialState(): State {
  return {
    model: {
      shipped: null,
      status: 'none',
      source: null,
      info: null,
      phase: 'idle',
      progress: null,
      gpu: null,
      choice: 'auto',
      moving: null,
    },
    dataset: {
      samples: [],
      status: 'empty',
      origin: null,
      wanted: null,
      choices: READ_AUTO,
      parsed: null,
      mapping: null,
      ownMapping: false,
      template: { prompt: '', completion: '' },
      chatTemplates: [],
      chatChoice: 'default',
      completionOnly: true,
      validationShare: 0.1,
      seed: 1,
      maxExamples: MAX_EXAMPLES,
      stratify: true,
      decisions: noDecisions(),
      past: [],
      progress: null,
      version: 0,
      preparing: false,
      report: null,
      preview: [],
      previewFrom: 0,
      train: null,
      validation: null,
    },
    runs: {
      draft: defaultSession(),
      problems: [],
      draftError: null,
      plan: null,
      planError: null,
      preset: null,
      fix: null,
      timing: null,
      measuring: false,
      phase: 'idle',
      progress: null,
      session: null,
      broke: null,
      profile: null,
      profiling: false,
      version: 0,
      imported: [],
      exporting: null,
      pushing: null,
      answers: {},
      asked: null,
      batch: null,
      written: null,
      generating: null,
      sampling: { seed: 1, maxNewTokens: 64, temperature: 0.7, topP: 0.95 },
      watchText: null,
      samplePrompts: null,
    },
    experiments: { loaded: false, list: [], selected: null, running: null, activity: null },
    keep: {
      mode: 'unknown',
      offer: null,
      damaged: false,
      resuming: false,
      saved: null,
      problem: null,
      away: null,
      runs: [],
      unreadable: 0,
      unlisted: null,
      quota: null,
      busy: null,
    },
    compare: {
      added: [],
      off: new Set(),
      reference: null,
      reading: null,
      writing: null,
      ballot: null,
      round: null,
      voteNote: null,
    },
    sieve: NO_SIEVE,
    attribution: NO_ATTRIBUTION,
    selection: { ...NO_SELECTION, pointed: { step: null, token: null } },
    ui: {
      notices: [],
      theme: 'auto',
      language: 'en',
      offline: 'off',
      route: FIRST_ROUTE,
      exportOf: null,
      presenting: false,
      link: null,
    },
  };
}

/**
 * The runs with another session in the place of the last one, or with none: what was said, measured and sampled of the
 * last one goes. Every session comes this way: one that starts, is resumed or opened from those that are kept, and
 * none, where another model opens (see `withoutModel`).
 */
export const withSession = (runs: RunsSlice, session: SessionView | null, phase: Phase): RunsSlice => ({
  ...runs,
  session,
  phase,
  profile: null,
  progress: null,
  answers: {},
  asked: null,
  batch: null,
  written: null,
  generating: null,
  version: runs.version + 1,
});

/** The runs without what holds only for a model on the device where it was: adapters beside it, its plan, its times. */
export const withoutModel = (runs: RunsSlice): RunsSlice => ({
  ...runs,
  imported: [],
  profile: null,
  plan: null,
  fix: null,
  timing: null,
  generating: null,
});

/** Optimizer steps done by the run that is furthest, of how many. */
export function stepsOf(session: SessionView): { done: number; total: number } {
  const done = session.config.runs
    .map((r) => session.metricLogs.get(r.id))
    .map((h) => (h && h.step.length > 0 ? h.step.at(-1) : 0));
  return { done: Math.max(0, ...done), total: session.config.train.steps };
}

/** A run is on the device and moving, or waiting to move. */
export function isLive(phase: Phase): boolean {
  return phase === 'compiling' || phase === 'training' || phase === 'evaluating' || phase === 'paused';
}
