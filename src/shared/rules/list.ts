/** The gate rules, in the order in which they are offered. Symbols as in the method's documentation. */
import type { RuleDescription } from './rule';

/** The paper's step size of τ, meant for some 10⁴ steps. */
export const PAPER_TAU_LEARNING_RATE = 4e-5;

/** What every rule that learns a threshold goes by. */
const LEARNED = [
  'targetSparsity',
  'targetPer',
  'sparsityPenalty',
  'tauWarmup',
  'gradientFrom',
  'gradientInterval',
] as const;

export const RULE_LIST = [
  { name: 'reconstructed', cut: 'learned', settings: [...LEARNED, 'tauLearningRate', 'rhoPer'] },
  // The paper's constants are its point.
  {
    name: 'literal',
    cut: 'learned',
    settings: [...LEARNED, 'tauLearningRate'],
    start: { tauLearningRate: PAPER_TAU_LEARNING_RATE },
  },
  { name: 'exact', cut: 'learned', settings: [...LEARNED, 'eta'] },
  { name: 'averaged', cut: 'learned', settings: [...LEARNED, 'eta'] },
  // Soft threshold: τ has an ordinary gradient, and λ is the weight of a group lasso on token updates.
  { name: 'soft', cut: 'learned', shrinks: true, settings: [...LEARNED, 'tauLearningRate', 'rhoPer'] },
  { name: 'quantile', cut: 'share', settings: ['activeShare'] },
  { name: 'late', cut: 'share', constant: true, late: true, settings: ['activeShare', 'gateStart'] },
  { name: 'random', cut: null, draws: true, settings: ['follows', 'activeShare'] },
  // Control: it learns a threshold, but from coins, not from μ.
  { name: 'coin', cut: 'learned', settings: [...LEARNED, 'tauLearningRate', 'rhoPer'] },
  { name: 'oracle', cut: null, activeOutsideTraining: true, settings: [] },
] as const satisfies readonly RuleDescription[];
