/** The adapter of one run. */
import type { ADALORA_SETTINGS } from '../../../methods/adaloraSettings';
import type { GATERA_SETTINGS } from '../../../methods/gateraSettings';
import type { ADAPTER } from '../../../settings/adapter';
import type { GroupWords } from '../../../settings/words';

export const run: GroupWords<typeof ADAPTER> = {
  rank: {
    label: 'Rank',
    help: 'Width of the adapter. A higher rank can learn more. AdaLoRA ends at this rank on average.',
  },
  alpha: {
    label: 'Alpha',
    help: 'The update is scaled by alpha / rank (AdaLoRA: alpha / initial rank).',
  },
  modules: { label: 'Target modules', help: 'Layers of every block that get an adapter.' },
  only: {
    label: 'Single modules',
    off: 'not used',
    help: 'Exactly these modules, block by block, instead of the target modules.',
  },
  loraPlusRatio: { label: 'LoRA+ ratio', help: 'Learning rate of B divided by that of A; 1 = the same.' },
  dropout: {
    label: 'Dropout',
    help: 'Share of the adapter’s inputs set to 0 at random. The seed makes it equal in all runs. Not with DoRA. In training a gate sees r with dropout, in evaluation without: τ is learned on a slightly other distribution.',
  },
  tokenDropout: {
    label: 'Token dropout',
    help: 'Share of tokens whose update is skipped at random, in every module and step of training; those of the others are scaled up to match. In evaluation every token gets its update, so the adapter stays plain and can be merged. Not with DoRA.',
  },
  learningRate: {
    label: 'Learning rate of this run',
    short: 'learning rate',
    tick: 'Own learning rate',
    off: 'shared',
    help: 'Methods differ in the learning rate that suits them. Compare each at its best.',
  },
  rslora: {
    label: 'rsLoRA scaling',
    help: 'Scales by alpha / √rank instead of alpha / rank: made so that high ranks do not learn too slowly.',
  },
  shrink: {
    label: 'Shrink after training',
    help: 'A line search on the dev split finds one scale, at most 1, for the whole adapter. It is exported as a smaller alpha, so LoRA and DoRA can still be merged. Compare a gated run with a shrunk LoRA: both make the adapter smaller.',
  },
};

export const adalora: GroupWords<typeof ADALORA_SETTINGS> = {
  initRank: { label: 'Initial rank', help: 'Rank of every module at the start.' },
  deltaT: { label: 'Pruning interval', help: 'Steps between two prunings.' },
  orthRegWeight: { label: 'Orthogonality weight', help: 'How strongly its two factors are kept orthogonal.' },
  beta1: { label: 'Sensitivity β1', help: 'Decay of the sensitivity: higher remembers longer.' },
  beta2: { label: 'Uncertainty β2', help: 'Decay of the sensitivity’s uncertainty: higher remembers longer.' },
  tinit: {
    label: 'Pruning starts after',
    tick: 'Pruning starts automatically',
    off: 'automatic',
    help: 'It needs a few steps to see what matters. Automatic: a tenth of the run.',
  },
  tfinal: {
    label: 'Final phase',
    tick: 'Final phase is automatic',
    off: 'automatic',
    help: 'Training goes on without pruning at the end. Automatic: the last third of the run.',
  },
};

export const gatera: GroupWords<typeof GATERA_SETTINGS> = {
  entropyWeight: {
    label: 'Gate entropy weight',
    help: 'Weight of the mean entropy of the gates in the loss: higher pushes each gate towards 0 or 1. It is not part of the loss that is shown.',
  },
};
