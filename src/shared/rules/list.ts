/** The gate rules, in the order in which they are offered. Symbols as in the method's documentation. */
import type { RuleDescription } from './rule';

/** The paper's step size of τ, meant for some 10⁴ steps. */
export const PAPER_TAU_STEP = 4e-5;

/** What every rule that learns a threshold goes by. */
const LEARNED = ['target', 'targetPer', 'lambdaBar', 'tauWarmup', 'prices', 'pricesEvery'] as const;

export const RULE_LIST = [
  { name: 'reconstructed', cut: 'learned', settings: [...LEARNED, 'tauStep', 'rhoPer'] },
  // The paper's constants are its point.
  { name: 'literal', cut: 'learned', settings: [...LEARNED, 'tauStep'], start: { tauStep: PAPER_TAU_STEP } },
  { name: 'exact', cut: 'learned', settings: [...LEARNED, 'eta'] },
  { name: 'averaged', cut: 'learned', settings: [...LEARNED, 'eta'] },
  { name: 'quantile', cut: 'share', settings: ['keep'] },
  { name: 'random', cut: null, draws: true, settings: ['follows', 'keep'] },
  { name: 'oracle', cut: null, openOutsideTraining: true, settings: [] },
] as const satisfies readonly RuleDescription[];
