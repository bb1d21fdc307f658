/** Training settings that all runs share. */
import type { TRAIN } from '../../../settings/train';
import type { GroupWords } from '../../../settings/words';

export const train: GroupWords<typeof TRAIN> = {
  steps: { label: 'Steps', help: 'Optimizer steps of each run.' },
  learningRate: { label: 'Learning rate', help: 'Size of an update. If it is too large, the loss jumps up.' },
  batchSize: { label: 'Batch size', help: 'Sequences in each forward and backward pass.' },
  maxSequenceLength: { label: 'Max sequence length', help: 'Longer examples are truncated.' },
  seed: { label: 'Seed', help: 'The same seed gives the same curve.' },
  evalInterval: { label: 'Eval interval', help: 'Steps between evaluations on the validation split.' },
  patience: {
    label: 'Patience',
    tick: 'Early stopping',
    off: 'off',
    help: 'Stops a run after this many evaluations in a row without a lower loss.',
  },
  taskType: {
    label: 'Task type',
    help: 'How a model that writes text learns labels: as text that it writes, or as classes of a new head that reads the last token and is trained whole beside the adapter.',
    options: { CAUSAL_LM: 'Text (CAUSAL_LM)', SEQ_CLS: 'Class head (SEQ_CLS)' },
  },
  warmupSteps: {
    label: 'Warm-up steps',
    help: 'The learning rate rises over these steps, so that the first updates do no harm.',
  },
  schedule: {
    label: 'LR schedule',
    help: 'How the learning rate falls after the warm-up: linear and cosine end at 0.',
    options: { linear: 'linear', cosine: 'cosine', constant: 'constant' },
  },
  gradientAccumulationSteps: {
    label: 'Gradient accumulation steps',
    help: 'Batches summed before an update: the same as a larger batch, in less memory.',
  },
  maxGradientNorm: {
    label: 'Max gradient norm',
    help: 'A run’s gradient is scaled down to this norm when it is longer. 0 = no clipping.',
  },
  weightDecay: { label: 'Weight decay', help: 'Pulls A and B towards 0 at each step, also for skipped tokens.' },
  beta1: { label: 'Adam β1', help: 'Decay of the mean gradient: higher remembers longer.' },
  beta2: { label: 'Adam β2', help: 'Decay of the mean squared gradient: higher remembers longer.' },
  epsilon: { label: 'Adam ε', help: 'Keeps the division by a tiny gradient finite.' },
  evalExamples: {
    label: 'Validation examples',
    help: 'Examples per evaluation. More give a steadier loss and take longer.',
  },
  devShare: {
    label: 'Dev split',
    help: 'Share of the train split kept aside. No run trains on it: early stopping, the best checkpoint and thresholds use it.',
  },
  loadBestCheckpoint: {
    label: 'Load best checkpoint at end',
    help: 'Each run ends with the adapter that had the lowest dev loss at an evaluation. Sets 10 % aside as the dev split where there is none.',
  },
};
