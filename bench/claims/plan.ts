/** What docs/claims/plan.md says of the runs, as data: methods, sets, models, seeds, rates, and what is common to all. */
import type { RunConfig, TrainConfig } from '../../src/shared/config';
import type { SieveWay } from '../../src/shared/sieve';

/** In the order in which they are trained: what is soon done comes first. */
export const MODELS = ['sieve-stories-nano', 'sieve-stories-4m'] as const;
/** Those of tables, and those that a learning rate is chosen by, which are in no table. */
export const SEEDS = [1, 2, 3, 4, 5];
export const TUNING_SEEDS = [101, 102, 103];
/** Thirds of a decade. */
export const RATES = [2.15e-4, 4.64e-4, 1e-3, 2.15e-3, 4.64e-3, 1e-2, 2.15e-2, 4.64e-2];
/**
 * Where the search begins, on the first tuning seed: it goes on until both neighbours of the best are worse. So many of the
 * rates that did best there are trained on the other tuning seeds, and the mean over all of them decides.
 */
export const FIRST_RATES = [2.15e-3, 4.64e-3, 1e-2];
export const FINALISTS = 2;

/** Of cells in tables, and of those that a rate is chosen by. */
export const STEPS = { table: 300, tuning: 150 };
export const stepsOf = (seed: number): number => (TUNING_SEEDS.includes(seed) ? STEPS.tuning : STEPS.table);

export const TRAIN: Partial<TrainConfig> = {
  warmupSteps: 15,
  schedule: 'linear',
  batchSize: 8,
  maxSequenceLength: 96,
  evalInterval: 25,
  // Looked at on the dev split; the validation examples are measured once, at the end.
  evalExamples: 512,
  patience: 4,
  loadBestCheckpoint: true,
};
/** Examples of the dev split, at least, and of the validation split. */
export const DEV_EXAMPLES = 128;
export const VALIDATION_EXAMPLES = 512;

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
  dora: { method: 'dora' },
  'ts-dora': { method: 'ts-dora', gate: { targetSparsity: 0.5 } },
} as const;

export const METHODS = { ...CORE, ...SECOND } satisfies Record<
  string,
  Pick<RunConfig, 'method'> & Record<string, unknown>
>;
export type ClaimMethod = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as ClaimMethod[];

export interface Tier {
  model: CellId['model'];
  methods: readonly ClaimMethod[];
  /** All of them, where it names none. */
  sets: readonly string[] | null;
  seeds: readonly number[];
}

export const TIERS: Readonly<Record<'core' | 'small' | 'second', Tier>> = {
  core: { model: 'sieve-stories-nano', methods: Object.keys(CORE) as ClaimMethod[], sets: null, seeds: SEEDS },
  small: {
    model: 'sieve-stories-4m',
    methods: ['lora', 'ts-50', 'coin', 'reconstructed'],
    sets: ['sms-spam', 'alpaca'],
    seeds: SEEDS.slice(0, 3),
  },
  second: {
    model: 'sieve-stories-nano',
    methods: Object.keys(SECOND) as ClaimMethod[],
    sets: ['alpaca', 'gsm8k'],
    seeds: SEEDS.slice(0, 3),
  },
};

/** Methods that are also measured at the scale that is best on the dev split, each at the rate that is best for that. */
export const SCALED: readonly ClaimMethod[] = ['lora', 'ts-50'];
/** Shares that a finished LoRA is sieved at, in its own cell, by each way to choose. */
export const SIEVED: Readonly<Record<SieveWay, readonly number[]>> = {
  ratio: [0.25, 0.5, 0.75],
  path: [0.25, 0.5, 0.75],
  // A search for each share takes as long as fifty steps.
  joint: [0.5],
};

/** One run of the plan: what it is told apart by. */
export interface CellId {
  model: (typeof MODELS)[number];
  set: string;
  method: ClaimMethod;
  seed: number;
  rate: number;
}
