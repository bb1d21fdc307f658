/** What all runs of a session share: data order, schedule, optimizer. In the form's order. */
import { choice, flag, number, optional } from './setting';

export const TRAIN = {
  steps: number({
    place: 'main',
    whole: true,
    min: 1,
    max: 100_000,
    default: 100,
    library: { name: 'TRL', parameter: 'max_steps' },
  }),
  learningRate: number({
    place: 'main',
    above: 0,
    max: 1,
    default: 3e-3,
    library: { name: 'TRL', parameter: 'learning_rate' },
  }),
  /** Sequences per micro-batch. */
  batchSize: number({
    place: 'main',
    whole: true,
    min: 1,
    max: 256,
    default: 4,
    library: { name: 'TRL', parameter: 'per_device_train_batch_size' },
  }),
  /** Longest sequence; the model's context is the upper bound. */
  maxSequenceLength: number({
    was: 'maxTokens',
    place: 'main',
    unit: 'tokens',
    whole: true,
    min: 8,
    max: 4096,
    default: 64,
    library: { name: 'TRL', parameter: 'max_length' },
  }),
  seed: number({
    place: 'main',
    whole: true,
    min: 0,
    max: 0xffffffff,
    default: 1,
    library: { name: 'TRL', parameter: 'seed' },
  }),
  evalInterval: number({
    was: 'evalEvery',
    place: 'main',
    unit: 'steps',
    whole: true,
    min: 1,
    max: 100_000,
    default: 20,
    library: { name: 'TRL', parameter: 'eval_steps' },
  }),
  /** A run rests after this many evaluations in a row without a better loss. */
  patience: optional({
    off: null,
    start: 3,
    place: 'main',
    unit: 'evaluations',
    whole: true,
    min: 1,
    max: 1000,
    library: { name: 'TRL', parameter: 'EarlyStoppingCallback(early_stopping_patience)' },
  }),
  /** How a model that writes text learns labels. One with a class head of its own has no choice. */
  taskType: choice(['CAUSAL_LM', 'SEQ_CLS'], {
    place: 'more',
    default: 'CAUSAL_LM',
    library: { name: 'PEFT', parameter: 'task_type' },
  }),
  warmupSteps: number({
    place: 'more',
    whole: true,
    min: 0,
    max: 100_000,
    default: 10,
    library: { name: 'TRL', parameter: 'warmup_steps' },
  }),
  schedule: choice(['linear', 'cosine', 'constant'], {
    place: 'more',
    default: 'linear',
    library: { name: 'TRL', parameter: 'lr_scheduler_type' },
  }),
  /** Micro-batches per optimizer step. */
  gradientAccumulationSteps: number({
    was: 'accumulation',
    place: 'more',
    whole: true,
    min: 1,
    max: 256,
    default: 1,
    library: { name: 'TRL', parameter: 'gradient_accumulation_steps' },
  }),
  /** Largest global gradient norm of one run (A and B only); 0 switches clipping off. */
  maxGradientNorm: number({
    was: 'clipNorm',
    place: 'more',
    min: 0,
    max: 1e6,
    default: 1,
    flag: 'max-grad-norm',
    library: { name: 'TRL', parameter: 'max_grad_norm' },
  }),
  weightDecay: number({
    place: 'more',
    min: 0,
    max: 1,
    default: 0,
    library: { name: 'TRL', parameter: 'weight_decay' },
  }),
  beta1: number({
    place: 'more',
    min: 0,
    max: 0.9999,
    default: 0.9,
    flag: 'adam-beta1',
    library: { name: 'TRL', parameter: 'adam_beta1' },
  }),
  beta2: number({
    place: 'more',
    min: 0,
    max: 0.99999,
    default: 0.999,
    flag: 'adam-beta2',
    library: { name: 'TRL', parameter: 'adam_beta2' },
  }),
  epsilon: number({
    place: 'more',
    above: 0,
    max: 1,
    default: 1e-8,
    flag: 'adam-epsilon',
    library: { name: 'TRL', parameter: 'adam_epsilon' },
  }),
  evalExamples: number({ place: 'more', whole: true, min: 1, max: 10_000, default: 32 }),
  /** Share of the train split that A and B never see: thresholds and early stopping use it. Never evaluated on. */
  devShare: number({ place: 'more', unit: 'percent', min: 0, max: 0.5, default: 0, was: 'sliceShare' }),
  /** Every run ends with the adapter that was best on the dev split, looked at every `evalInterval` steps. */
  loadBestCheckpoint: flag({
    was: 'keepBest',
    place: 'more',
    default: false,
    library: { name: 'TRL', parameter: 'load_best_model_at_end' },
  }),
};
