/** The gate rules by name, and what is allocated for each. A new rule is a new case here. */
import type { GateConfig } from '../../../shared/config';
import { OracleRule, QuantileRule, RandomRule, oracleSizes, quantileSizes } from './choices';
import { AveragedRule, ExactRule, averagedSizes, exactSizes } from './proximalRules';
import type { GateRule, RuleContext } from './rule';
import { StepRule } from './stepRule';

export function createRule(context: RuleContext): GateRule {
  switch (context.config.rule) {
    case 'reconstructed':
    case 'literal':
      return new StepRule(context);
    case 'exact':
      return new ExactRule(context);
    case 'averaged':
      return new AveragedRule(context);
    case 'quantile':
      return new QuantileRule(context);
    case 'random':
      return new RandomRule(context);
    case 'oracle':
      return new OracleRule(context);
  }
}

/**
 * Bytes of a rule's own tensors, by name.
 * @param tokens of the largest batch that prices come from
 * @param cut whether batches may be cut into parts
 */
export function ruleSizes(
  { rule }: Pick<GateConfig, 'rule'>,
  modules: number,
  tokens: number,
  cut: boolean,
): Record<string, number> {
  switch (rule) {
    case 'exact':
      return exactSizes(modules, tokens);
    case 'averaged':
      return averagedSizes(modules);
    case 'oracle':
      return oracleSizes(modules, tokens);
    case 'quantile':
      return quantileSizes(modules, tokens, cut);
    default:
      return {};
  }
}
