/** What docs/claims/plan.md says of the runs, as data: methods, sets, models, seeds, rates, and what is common to all. */
import type { RunConfig, TrainConfig } from '../../src/shared/config';

/** In the order in which they are trained: what is soon done comes first. */
export const MODELS = ['sieve-stories-nano', 'sieve-stories-4m'] as const;
/** Those of tables, and those that a learning rate is chosen by, which are in no table. */
export const SEEDS = [1, 2, 3, 4, 5];
export const TUNING_SEEDS = [101, 102, 103];
/** Thirds of a decade. */
export const RATES = [2.15e-4, 4.64e-4, 1e-3, 2.15e-3, 4.64e-3, 1e-2, 2.15e-2, 4.64e-2];
/** Where the search begins: it goes on until both neighbours of the best are worse. */
export const FIRST_RATES = [2.15e-3, 4.64e-3, 1e-2];

export const TRAIN: Partial<TrainConfig> = {
  steps: 1500,
  warmupSteps: 50,
  schedule: 'linear',
  batchSize: 8,
  maxSequenceLength: 96,
  evalInterval: 25,
  // Looked at on the dev split; the validation examples are measured once, at the end.
  evalExamples: 512,
  patience: 8,
  loadBestCheckpoint: true,
};
/** Examples of the dev split, at least, and of the validation split. */
export const DEV_EXAMPLES = 128;
export const VALIDATION_EXAMPLES = 512;

/** The first tier, in the order in which it is trained. A method is the last of its runs; those before it are trained beside it because it follows them. */
const CORE = {
  lora: [{ method: 'lora' }],
  'ts-50': [{ method: 'ts-lora', gate: { targetSparsity: 0.5 } }],
  coin: [{ method: 'ts-lora', gate: { rule: 'coin' } }],
  reconstructed: [{ method: 'ts-lora' }],
  soft: [{ method: 'ts-lora', gate: { rule: 'soft', targetSparsity: 0.5 } }],
  random: [
    { id: 'followed', method: 'ts-lora', gate: { targetSparsity: 0.5 } },
    { method: 'ts-lora', gate: { rule: 'random', follows: 'followed' } },
  ],
} as const;
/** The second: two sets, three seeds. */
const SECOND = {
  'lora-dropout': [{ method: 'lora', dropout: 0.1 }],
  'ts-30': [{ method: 'ts-lora', gate: { targetSparsity: 0.3 } }],
  'ts-70': [{ method: 'ts-lora', gate: { targetSparsity: 0.7 } }],
  quantile: [{ method: 'ts-lora', gate: { rule: 'quantile', activeShare: 0.5 } }],
  late: [{ method: 'ts-lora', gate: { rule: 'late', activeShare: 0.5 } }],
  dora: [{ method: 'dora' }],
  'ts-dora': [{ method: 'ts-dora', gate: { targetSparsity: 0.5 } }],
} as const;

export const METHODS = { ...CORE, ...SECOND } satisfies Record<
  string,
  readonly (Pick<RunConfig, 'method'> & Record<string, unknown>)[]
>;
export type ClaimMethod = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as ClaimMethod[];

export const TIERS = {
  core: { methods: Object.keys(CORE) as ClaimMethod[], sets: null, seeds: SEEDS },
  second: { methods: Object.keys(SECOND) as ClaimMethod[], sets: ['alpaca', 'gsm8k'], seeds: SEEDS.slice(0, 3) },
} as const;
export type Tier = keyof typeof TIERS;

/** Methods that are also measured at the scale that is best on the dev split, each at the rate that is best for that. */
export const SCALED: readonly ClaimMethod[] = ['lora', 'ts-50'];
/** Shares that a finished LoRA is sieved at, in its own cell. */
export const SIEVED = [0.3, 0.5, 0.7];

/** One run of the plan: what it is told apart by. */
export interface CellId {
  model: (typeof MODELS)[number];
  set: string;
  method: ClaimMethod;
  seed: number;
  rate: number;
}
