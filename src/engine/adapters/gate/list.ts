/** What the gate rules do, by name. */
import { oracle, quantile, random } from './choices';
import { late } from './lateRule';
import { averagedRule, exact } from './proximalRules';
import type { RuleEntry } from './rule';
import { coin, literal, reconstructed, soft } from './stepRule';

export const RULE_ENTRIES: readonly RuleEntry[] = [
  reconstructed,
  literal,
  exact,
  averagedRule,
  soft,
  quantile,
  late,
  random,
  coin,
  oracle,
];
