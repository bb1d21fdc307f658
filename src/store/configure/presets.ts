/**
 * Three ways to begin: quick look, balanced, thorough. Each adapts to the model, the data and the device, and says
 * where every number came from. Pure.
 */
import { type SessionConfig, type RunConfig, type TrainConfig, withFirstRanks } from '../../shared/config';
import type { PrepareReport } from '../../shared/data';
import { type Message, message } from '../../shared/message';
import { TRAIN } from '../../shared/settings/train';

export const PRESETS = ['quick', 'balanced', 'thorough'] as const;
export type Preset = (typeof PRESETS)[number];

type PresetDevice = 'gpu' | 'software' | 'cpu';

/** What a preset goes by. */
export interface Surroundings {
  /** Values of the model, and the longest text it reads. */
  parameters: number;
  context: number;
  /** Examples of the train and the validation split, and lengths in tokens before they are cut. */
  data: Pick<PrepareReport, 'train' | 'validation' | 'lengths'>;
  /** 'software': a CPU in the place of a GPU. */
  device: PresetDevice;
}

export interface PresetResult {
  train: Pick<
    TrainConfig,
    | 'steps'
    | 'learningRate'
    | 'warmupSteps'
    | 'batchSize'
    | 'gradientAccumulationSteps'
    | 'maxSequenceLength'
    | 'evalInterval'
    | 'evalExamples'
    | 'devShare'
    | 'loadBestCheckpoint'
    | 'patience'
  >;
  adapter: Pick<RunConfig, 'rank' | 'alpha'>;
  /** What each choice came from. */
  why: Message[];
}

interface Aim {
  /** Share of the examples that the context should hold whole. */
  whole: number;
  /**
   * Longest context, tokens of a step, and steps at least and at most, on a CPU (a software adapter is one) and on a
   * GPU.
   */
  context: readonly [number, number];
  tokens: readonly [number, number];
  steps: readonly [least: number, cpu: number, gpu: number];
  /** Times that every example is seen. */
  passes: number;
  rank: number;
  evaluations: number;
  evalExamples: number;
}

const AIMS: Record<Preset, Aim> = {
  quick: {
    whole: 0.5,
    context: [64, 128],
    tokens: [256, 1024],
    steps: [20, 40, 80],
    passes: 1,
    rank: 4,
    evaluations: 2,
    evalExamples: 16,
  },
  balanced: {
    whole: 0.9,
    context: [128, 512],
    tokens: [384, 2048],
    steps: [60, 200, 400],
    passes: 2,
    rank: 8,
    evaluations: 5,
    evalExamples: 32,
  },
  thorough: {
    whole: 1,
    context: [256, 1024],
    tokens: [512, 4096],
    steps: [120, 600, 2000],
    passes: 4,
    rank: 16,
    evaluations: 10,
    evalExamples: 128,
  },
};

/** Sequences in one micro-batch at most; more are accumulated. */
const MAX_BATCH = [8, 32] as const;
/** Examples that a dev split is worth setting aside from. */
const DEV_FROM = 60;

const clamp = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));

/**
 * Shortest length (a bin's end) that holds `share` of the examples whole; Infinity where the last, open bin is needed.
 */
export function lengthThatHolds({ width, counts }: PrepareReport['lengths'], share: number): number {
  const all = counts.reduce((a, b) => a + b, 0);
  let held = 0;
  for (const [b, count] of counts.entries()) {
    held += count;
    if (held >= share * all) return b === counts.length - 1 ? Infinity : (b + 1) * width;
  }
  return Infinity;
}

/** Share of the examples that are no longer than `limit`, by whole bins. */
function heldWhole({ width, counts }: PrepareReport['lengths'], limit: number): number {
  const all = counts.reduce((a, b) => a + b, 0);
  return all === 0
    ? 1
    : counts.reduce((sum, count, b) => sum + (b < counts.length - 1 && (b + 1) * width <= limit ? count : 0), 0) / all;
}

/** Larger models want smaller steps: rates that are usual for LoRA at each size. */
export function usualRate(parameters: number): number {
  return parameters < 2e7 ? 3e-3 : parameters < 2e8 ? 1e-3 : parameters < 1e9 ? 3e-4 : 2e-4;
}

export function presetFor(preset: Preset, { parameters, context, data, device }: Surroundings): PresetResult {
  const aim = AIMS[preset];
  const onCpu = device !== 'gpu';
  const pick = <T>([slow, fast]: readonly [T, T]): T => (onCpu ? slow : fast);

  const wanted = lengthThatHolds(data.lengths, aim.whole);
  const cap = Math.min(context, pick(aim.context));
  const maxSequenceLength = clamp(Math.min(Math.ceil(wanted / 8) * 8, cap), 8, context);
  const limit =
    maxSequenceLength === context && wanted > context
      ? 'model'
      : maxSequenceLength === cap && wanted > cap
        ? 'device'
        : null;

  const typical = Math.min(maxSequenceLength, lengthThatHolds(data.lengths, 0.5));
  const perStep = clamp(Math.round(pick(aim.tokens) / typical), 2, Math.max(2, Math.floor(data.train / 4)));
  const batchSize = Math.min(perStep, pick(MAX_BATCH));
  const gradientAccumulationSteps = Math.max(1, Math.round(perStep / batchSize));
  const examples = batchSize * gradientAccumulationSteps;

  const [least, slow, fast] = aim.steps;
  // A large model on a CPU takes seconds for each step.
  const most = onCpu && parameters > 5e7 ? Math.ceil(slow / 4) : onCpu ? slow : fast;
  const once = data.train / examples;
  const steps = clamp(Math.ceil(aim.passes * once), Math.min(least, most), most);
  const seen = steps / once;

  const halved = preset === 'thorough' && seen > 3;
  const learningRate = usualRate(parameters) * (halved ? 0.5 : 1);
  const warmupSteps = clamp(Math.round(steps / 10), 1, 100);

  const evalExamples = clamp(
    Math.min(aim.evalExamples, data.validation),
    1,
    pick([Math.min(aim.evalExamples, 64), aim.evalExamples]),
  );
  const evalInterval = Math.max(1, Math.round(steps / aim.evaluations));
  const allMeasured = evalExamples === data.validation && data.validation < aim.evalExamples;

  const dev = preset === 'thorough' && data.train >= DEV_FROM;
  const why = [
    message('store.preset.context', {
      tokens: maxSequenceLength,
      percent: Math.round(heldWhole(data.lengths, maxSequenceLength) * 100),
      limit,
      on: device,
    }),
    message('store.preset.batch', {
      batch: batchSize,
      gradientAccumulationSteps,
      tokens: examples * typical,
      typical,
      on: device,
    }),
    message('store.preset.steps', { steps, examples: data.train, seen, capped: steps === most, on: device }),
    message('store.preset.rate', { rate: learningRate, parameters, halved, warmup: warmupSteps }),
    message(`store.preset.rank.${preset}`, { rank: aim.rank }),
    message('store.preset.measured', { examples: evalExamples, every: evalInterval, all: allMeasured }),
    ...(preset === 'thorough'
      ? [dev ? message('store.preset.dev') : message('store.preset.noDev', { examples: data.train })]
      : []),
  ];
  return {
    train: {
      steps,
      learningRate,
      warmupSteps,
      batchSize,
      gradientAccumulationSteps,
      maxSequenceLength,
      evalInterval,
      evalExamples,
      devShare: dev ? 0.1 : TRAIN.devShare.default,
      loadBestCheckpoint: dev,
      patience: null,
    },
    adapter: { rank: aim.rank, alpha: 2 * aim.rank },
    why,
  };
}

/** The experiment with a preset's numbers; its runs, methods, gates and seed stay. */
export function applyPreset(draft: SessionConfig, { train, adapter }: PresetResult): SessionConfig {
  const merged = { ...draft.train, ...train };
  // A gate that takes μ from the dev split cannot do without one, nor can a run that is shrunk on it.
  if (merged.devShare === 0 && draft.runs.some((r) => r.gate.gradientFrom === 'dev' || r.shrink))
    merged.devShare = draft.train.devShare;
  return {
    train: merged,
    runs: draft.runs.map((r) => ({ ...r, ...adapter, ...withFirstRanks(r, adapter.rank, (_, usual) => usual) })),
  };
}

/** Whether the draft stands as the preset would make it. */
export const isPreset = (draft: SessionConfig, result: PresetResult): boolean =>
  JSON.stringify(applyPreset(draft, result)) === JSON.stringify(draft);
