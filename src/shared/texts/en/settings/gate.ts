/** The token gate of one run. */
import type { GATE } from '../../../settings/gate';
import type { GroupWords } from '../../../settings/words';

export const gate: GroupWords<typeof GATE> = {
  rule: {
    label: 'Gate rule',
    help: 'How the gate decides which tokens to skip.',
    options: {
      reconstructed: 'learned threshold (reconstructed)',
      literal: 'learned threshold (literal constants)',
      exact: 'exact step, one batch',
      averaged: 'exact step, averaged μ',
      soft: 'soft threshold (group lasso)',
      quantile: 'fixed share by size',
      late: 'late, with a constant',
      random: 'random tokens (control)',
      coin: 'threshold from coins (control)',
      oracle: 'by sign (control)',
    },
  },
  targetSparsity: {
    label: 'Target sparsity',
    tick: 'Hold a target sparsity',
    off: 'left to the rule',
    help: 'Share of all tokens to skip: reached by half of the run, then held. Otherwise the rule finds its own share.',
  },
  targetPer: {
    label: 'Target sparsity of',
    help: 'Whether each module must reach it, or only their mean.',
    options: { run: 'the whole run', module: 'each module' },
  },
  sparsityPenalty: {
    label: 'Sparsity penalty λ̄',
    short: 'λ̄',
    help: 'What an active update costs: λ is added to its gate gradient μ before τ moves by it. Above 0 that pushes τ up, so that more is skipped; below 0 it pushes τ down. With the soft threshold it is the weight of the group lasso on token updates.',
  },
  follows: {
    label: 'Same active tokens as',
    off: 'no run',
    help: 'In every step and module, as many tokens are active as in that run, so that only the choice differs.',
  },
  activeShare: { label: 'Active share', help: 'Share of tokens whose update is applied, in every batch and module.' },
  gateStart: {
    label: 'Gate starts at',
    help: 'Share of the steps in which every token is active. Then the skipped share grows, and is whole halfway from there to the end. Early stopping and the best checkpoint count from then on.',
  },
  eta: {
    label: 'Proximal step size η',
    tick: 'No proximal term (η = ∞)',
    off: 'no proximal term',
    help: 'Each step τ pays (its change)² / 2η: a smaller η holds it closer to where it was. Without that term τ jumps to the minimum of each batch.',
  },
  tauLearningRate: {
    label: 'τ learning rate',
    tick: 'τ learning rate is automatic',
    off: 'automatic',
    help: 'τ moves by this at each step. Automatic: a τ that always rises passes the median update after a third of the run.',
  },
  rhoPer: {
    label: 'Automatic τ learning rate of',
    help: 'From the median r of the run, or of each module: with one for all, every τ takes steps of the same size, however large r is in its module.',
    options: { run: 'the whole run', module: 'each module' },
  },
  tauWarmup: {
    label: 'τ warm-up',
    tick: 'τ waits for the LR warm-up',
    off: 'LR warm-up',
    help: 'While updates are still zero, a rising τ would skip every token for good.',
  },
  gradientFrom: {
    label: 'Gate gradient μ from',
    help: 'Where a small set is seen many times, LoRA’s updates helped more often on the batch that trains them than on a fresh one. A and B are never trained on the dev split.',
    options: { train: 'the training batch', dev: 'the dev split' },
  },
  gradientInterval: {
    label: 'Gate gradient interval',
    help: 'Each time costs a pass over one batch of the dev split.',
  },
};
