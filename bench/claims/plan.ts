/**
 * What docs/claims/plan.md says of the runs, as data: methods, sets, models, seeds, rates, and what is common to all.
 */
import { type GateConfig, type RunConfig, type TrainConfig, paperGate } from '../../src/shared/config';
import { SIEVE_WAYS, type SieveWay } from '../../src/shared/sieve';

/** In the order in which they are trained: what is soon done comes first. */
export const MODELS = ['sieve-stories-nano', 'sieve-stories-4m', 'tinystories-656k', 'smollm2-135m'] as const;
export type ClaimModel = (typeof MODELS)[number];
/** Those of tables, and those that a learning rate is chosen by, which are in no table. */
export const SEEDS = [1, 2, 3, 4, 5];
export const TUNING_SEEDS = [101, 102, 103];
/** Thirds of a decade. */
export const RATES = [2.15e-4, 4.64e-4, 1e-3, 2.15e-3, 4.64e-3, 1e-2, 2.15e-2, 4.64e-2];

/**
 * How a method's rate is found: the search begins at `first` on the first of `seeds` and goes on until both neighbours
 * of the best are worse; so many `finalists` are trained on the other seeds, and the mean over all of them decides.
 */
export interface Search {
  first: readonly number[];
  seeds: readonly number[];
  finalists: number;
  /** The one method that is searched for all of a tier; each for itself where it names none. */
  by?: ClaimMethod;
}
const SEARCH: Search = { first: [2.15e-3, 4.64e-3, 1e-2], seeds: TUNING_SEEDS, finalists: 2 };

export const TRAIN: Partial<TrainConfig> = {
  warmupSteps: 15,
  schedule: 'linear',
  maxSequenceLength: 96,
  // Looked at on the dev split; the validation examples are measured once, at the end.
  evalExamples: 512,
  loadBestCheckpoint: true,
};

/** What a cell is trained and measured with. */
export interface Budget extends Pick<TrainConfig, 'steps' | 'batchSize' | 'evalInterval' | 'patience'> {
  /** Examples of the dev split, at least, and of the validation split. */
  dev: number;
  validation: number;
}
export const VALIDATION_EXAMPLES = 512;
const BUDGET: Budget = {
  steps: 300,
  batchSize: 8,
  evalInterval: 25,
  patience: 4,
  dev: 128,
  validation: VALIDATION_EXAMPLES,
};

/** The first tier, in the order in which it is trained. */
const CORE = {
  lora: { method: 'lora' },
  'ts-50': { method: 'ts-lora', gate: { targetSparsity: 0.5 } },
  coin: { method: 'ts-lora', gate: { rule: 'coin' } },
  reconstructed: { method: 'ts-lora' },
  random: { method: 'ts-lora', gate: { rule: 'random', activeShare: 0.5 } },
  soft: { method: 'ts-lora', gate: { rule: 'soft', targetSparsity: 0.5 } },
} as const;
/** The second: two sets, three seeds. */
const SECOND = {
  'lora-dropout': { method: 'lora', dropout: 0.1 },
  'ts-30': { method: 'ts-lora', gate: { targetSparsity: 0.3 } },
  'ts-70': { method: 'ts-lora', gate: { targetSparsity: 0.7 } },
  quantile: { method: 'ts-lora', gate: { rule: 'quantile', activeShare: 0.5 } },
  late: { method: 'ts-lora', gate: { rule: 'late', activeShare: 0.5 } },
  gatera: { method: 'gatera' },
  dora: { method: 'dora' },
  'ts-dora': { method: 'ts-dora', gate: { targetSparsity: 0.5 } },
} as const;
/** Question 9: the paper's constants, which have this in the place of the rule's own. */
const PAPER = {
  paper: { method: 'ts-lora', gate: { rule: 'reconstructed' } },
  'paper-coin': { method: 'ts-lora', gate: { rule: 'coin' } },
  'paper-literal': { method: 'ts-lora', gate: { rule: 'literal' } },
} as const;

const METHODS = { ...CORE, ...SECOND, ...PAPER } satisfies Record<
  string,
  Pick<RunConfig, 'method'> & { gate?: Partial<GateConfig>; dropout?: number }
>;
export type ClaimMethod = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as ClaimMethod[];
const namesOf = (of: object) => Object.keys(of) as ClaimMethod[];

/** Modules that a model's adapters have, where they are not all linear ones. */
const TARGETS: Partial<Record<ClaimModel, string[]>> = { 'smollm2-135m': ['q_proj', 'v_proj'] };

/** A cell's run, as the schema reads it. @param tokens of a step, on average: the paper's λ is for each active token */
export function runOf({ model, method }: Pick<CellId, 'model' | 'method'>, tokens: number): object {
  const own = METHODS[method];
  const modules = TARGETS[model];
  const gate = 'gate' in own ? own.gate : undefined;
  return {
    ...own,
    ...(method in PAPER && { gate: { ...paperGate(tokens), ...gate } }),
    ...(modules && { modules }),
  };
}

export interface Tier {
  model: ClaimModel;
  methods: readonly ClaimMethod[];
  /** All of them, where it names none. */
  sets: readonly string[] | null;
  seeds: readonly number[];
  /** A rate for all of its methods, or how each finds its own. */
  rate: number | Search;
  budget: Budget;
  /** What differs on a set. */
  bySet?: Readonly<Record<string, Partial<Budget>>>;
}

const FEW: ClaimMethod[] = ['lora', 'ts-50', 'coin', 'reconstructed'];

export type TierName = 'core' | 'second' | 'paper' | 'small' | 'tiny' | 'smollm2';
export const TIERS: Readonly<Record<TierName, Tier>> = {
  core: {
    model: 'sieve-stories-nano',
    methods: namesOf(CORE),
    sets: null,
    seeds: SEEDS,
    rate: SEARCH,
    budget: BUDGET,
  },
  second: {
    model: 'sieve-stories-nano',
    methods: namesOf(SECOND),
    sets: ['sms-spam', 'alpaca'],
    seeds: SEEDS.slice(0, 3),
    rate: SEARCH,
    budget: BUDGET,
  },
  paper: {
    model: 'sieve-stories-nano',
    methods: namesOf(PAPER),
    sets: ['sms-spam'],
    seeds: SEEDS.slice(0, 3),
    rate: 2.15e-3,
    budget: { ...BUDGET, steps: 10_000, evalInterval: 100, patience: null },
  },
  small: {
    model: 'sieve-stories-4m',
    methods: FEW,
    sets: ['sms-spam', 'alpaca'],
    seeds: SEEDS.slice(0, 3),
    rate: SEARCH,
    budget: { ...BUDGET, steps: 150 },
    bySet: { alpaca: { steps: 100 } },
  },
  tiny: {
    model: 'tinystories-656k',
    methods: FEW,
    sets: ['sms-spam', 'feelings'],
    seeds: SEEDS.slice(0, 3),
    rate: SEARCH,
    budget: BUDGET,
  },
  smollm2: {
    model: 'smollm2-135m',
    methods: ['lora', 'ts-50', 'coin'],
    sets: ['sms-spam'],
    seeds: SEEDS.slice(0, 2),
    rate: { first: [4.64e-4, 1e-3, 2.15e-3], seeds: TUNING_SEEDS.slice(0, 1), finalists: 1, by: 'lora' },
    budget: { ...BUDGET, steps: 40, batchSize: 4, evalInterval: 20, dev: 32, validation: 96 },
  },
};

/** The tier that trains a method on a model: at most one; null where it is not planned there. */
export const tierOf = (model: ClaimModel, method: ClaimMethod): Tier | null =>
  Object.values(TIERS).find((t) => t.model === model && t.methods.includes(method)) ?? null;

/** A cell that a rate is chosen by has half of the steps. */
export function budgetOf({ model, set, method, seed }: Omit<CellId, 'rate'>): Budget {
  const tier = tierOf(model, method) ?? TIERS.core;
  const own = { ...tier.budget, ...tier.bySet?.[set] };
  return { ...own, steps: TUNING_SEEDS.includes(seed) ? own.steps / 2 : own.steps };
}

/** Question 8: LoRA on the modules that rankings put first. */
export const PLACEMENT = {
  model: 'sieve-stories-nano' as const,
  sets: ['sms-spam', 'alpaca'],
  seeds: SEEDS.slice(0, 3),
  /** Of the parameters of all modules. */
  shares: [0.25, 0.5],
  draws: 10,
  search: { ...SEARCH, seeds: TUNING_SEEDS.slice(0, 1), finalists: 1 },
  budget: BUDGET,
  bySet: { alpaca: { steps: 100 } } as Readonly<Record<string, Partial<Budget>>>,
  /** Examples that modules are ranked on. */
  examples: 64,
};

/** What the PyTorch twin repeats: cells of the first tier, and updates that it leaves out one by one. */
export const TWIN = {
  model: 'sieve-stories-nano' as const,
  sets: ['sms-spam', 'feelings'],
  methods: ['lora', 'ts-50', 'coin', 'soft', 'reconstructed'] as const,
  seed: 1,
  leaveOneOut: { set: 'sms-spam', updates: 2000, examples: 40, points: 5 },
  /** Nats/token: of the dev loss at the first evaluation, and of the validation loss at the end. */
  tolerance: { first: 0.001, end: 0.02 },
};

/**
 * Methods that are also measured at the scale that is best on the dev split, each at the rate that is best for that.
 */
export const SCALED: readonly ClaimMethod[] = ['lora', 'ts-50'];
/** Shares that a finished LoRA is sieved at, in its own cell, by each way to choose. */
export const SIEVED: Readonly<Record<SieveWay, readonly number[]>> = {
  ratio: [0.25, 0.5, 0.75],
  path: [0.25, 0.5, 0.75],
  // A search for each share takes as long as fifty steps.
  joint: [0.5],
};
/** Those of a model: of a large one only what takes two forwards. */
export const sievedOn = (model: ClaimModel): readonly { way: SieveWay; share: number }[] =>
  model === 'smollm2-135m'
    ? [{ way: 'ratio', share: 0.5 }]
    : SIEVE_WAYS.flatMap((way) => SIEVED[way].map((share) => ({ way, share })));

/** One run of the plan: what it is told apart by. */
export interface CellId {
  model: ClaimModel;
  set: string;
  method: ClaimMethod;
  seed: number;
  rate: number;
}
