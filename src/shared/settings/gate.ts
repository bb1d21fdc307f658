/** The token gate of one run (TS-PEFT). In the form's order. */
import { z } from '../zod';
import { GATE_RULES, usesSetting } from '../rules';
import { choice, number, optional, own } from './setting';

export const GATE = {
  /**
   * reconstructed: signed, Adam-normalised step of τ. literal: the same with the sums multiplied by s before
   * the moments, as the paper's constants expect, so that ε counts.
   * exact: the proximal point of one batch. averaged: the same over costs averaged in r's histogram.
   * soft: h = y + max(0, 1 − τ/r) Δ, the gradient of τ, and the penalty λ Σ max(0, r − τ).
   * quantile: the share `activeShare` with the largest r. late: all tokens up to `gateStart`, then fewer, down to
   * `activeShare`, by a τ that follows r; a skipped token gets a trained constant. random: as many tokens as `follows`
   * has active (or `activeShare`), drawn at random. coin: reconstructed, with a seeded coin in the place of the sign of
   * every μ. oracle: skips exactly the tokens with μ ≥ 0, where Δ is not 0 (two passes).
   */
  rule: choice(GATE_RULES, { place: 'main', default: 'reconstructed' }),
  /** Skipped share that τ is steered to, after the rule's own step; null leaves τ to the rule. */
  targetSparsity: optional({
    was: 'target',
    off: null,
    start: 0.5,
    place: 'main',
    unit: 'percent',
    min: 0,
    max: 0.99,
    sweep: '30, 50, 70',
    flag: 'target-sparsity',
  }),
  targetPer: choice(['run', 'module'], {
    place: 'main',
    default: 'run',
    when: (gate) => gate.targetSparsity !== null,
    flag: 'target-sparsity-per',
  }),
  /** Penalty for an active token against a mean loss: λ = sparsityPenalty / T. May be negative (fewer skips). */
  sparsityPenalty: number({
    was: 'lambdaBar',
    place: 'main',
    min: -100,
    max: 100,
    default: 0,
    sweep: '0, 0.1, 0.5',
    flag: 'sparsity-penalty',
  }),
  /** Id of the gated run whose share per module and step the random gate copies. */
  follows: own(z.string().nullable(), { place: 'main', default: null }),
  /** Share of tokens kept by the quantile gate, and by the random gate that follows nobody. */
  activeShare: number({
    was: 'keep',
    place: 'main',
    unit: 'percent',
    min: 0,
    max: 1,
    default: 0.5,
    when: (gate) => gate.follows === null || !usesSetting(gate.rule, 'follows'),
    sweep: '30, 50, 70',
    flag: 'active-share',
  }),
  /** Share of the run's steps before a late gate skips the first token. */
  gateStart: number({
    place: 'main',
    unit: 'percent',
    min: 0,
    max: 0.9,
    default: 0.5,
    wasDefault: 0.5,
    sweep: '25, 50, 75',
    flag: 'gate-start',
  }),
  /**
   * η of the exact and averaged step, in units of τ² per nat: τ pays (its change)²/2η, which makes it a proximal step.
   * 'auto' = it pays nothing (η → ∞): the plain minimum of one batch, which closes too much.
   */
  eta: optional({
    off: 'auto',
    start: 0.01,
    default: 0.01,
    wasDefault: 'auto',
    place: 'more',
    above: 0,
    max: 1e9,
    flag: 'proximal-eta',
  }),
  /** Step size s of the threshold, or 'auto': s_t = 3·ρ_t / (steps − tauWarmup). */
  tauLearningRate: optional({
    was: 'tauStep',
    off: 'auto',
    start: 0.001,
    place: 'more',
    above: 0,
    max: 1e3,
    flag: 'tau-learning-rate',
  }),
  /** Whose median r sets the automatic step size: the run's (one s for all modules), or each module's own. */
  rhoPer: choice(['run', 'module'], {
    place: 'more',
    default: 'run',
    when: (gate) => gate.tauLearningRate === 'auto',
    flag: 'tau-learning-rate-per',
  }),
  /** Steps before τ starts to move; 'auto' = until the learning-rate warm-up is over. */
  tauWarmup: optional({
    off: 'auto',
    start: 10,
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 0,
    max: 1e6,
  }),
  /** Where μ comes from: the batch that trains A and B, or the dev split, which they never see. */
  gradientFrom: choice(['train', 'dev'], {
    was: 'prices',
    wasValue: { own: 'train', 'held-out': 'dev' },
    place: 'more',
    default: 'train',
  }),
  /** Gate gradients of the dev split are taken every this many steps. */
  gradientInterval: number({
    was: 'pricesEvery',
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 1,
    max: 1000,
    default: 4,
    when: (gate) => gate.gradientFrom === 'dev',
  }),
};
