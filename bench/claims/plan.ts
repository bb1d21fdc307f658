/** What docs/claims/plan.md says of the runs, as data: methods, sets, models, seeds, rates, and what is common to all. */
import type { RunConfig, TrainConfig } from '../../src/shared/config';

export const MODELS = ['sieve-stories-4m', 'sieve-stories-nano'] as const;
/** Those of tables, and those that a learning rate is chosen by, which are in no table. */
export const SEEDS = [1, 2, 3, 4, 5];
export const TUNING_SEEDS = [101, 102, 103];
/** Thirds of a decade. */
export const RATES = [4.64e-4, 1e-3, 2.15e-3, 4.64e-3, 1e-2, 2.15e-2];

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

/** A method is the last of its runs; those before it are trained beside it because it follows them. */
export const METHODS = {
  lora: [{ method: 'lora' }],
  'lora-scale': [{ method: 'lora', shrink: true }],
  'ts-50': [{ method: 'ts-lora', gate: { targetSparsity: 0.5 } }],
  'ts-50-scale': [{ method: 'ts-lora', shrink: true, gate: { targetSparsity: 0.5 } }],
  reconstructed: [{ method: 'ts-lora' }],
  coin: [{ method: 'ts-lora', gate: { rule: 'coin' } }],
  random: [
    { id: 'followed', method: 'ts-lora', gate: { targetSparsity: 0.5 } },
    { method: 'ts-lora', gate: { rule: 'random', follows: 'followed' } },
  ],
  'lora-dropout': [{ method: 'lora', dropout: 0.1 }],
  'ts-30': [{ method: 'ts-lora', gate: { targetSparsity: 0.3 } }],
  'ts-70': [{ method: 'ts-lora', gate: { targetSparsity: 0.7 } }],
  quantile: [{ method: 'ts-lora', gate: { rule: 'quantile', activeShare: 0.5 } }],
  dora: [{ method: 'dora' }],
  'ts-dora': [{ method: 'ts-dora', gate: { targetSparsity: 0.5 } }],
} as const satisfies Record<string, readonly (Pick<RunConfig, 'method'> & Record<string, unknown>)[]>;

export type ClaimMethod = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as ClaimMethod[];

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
