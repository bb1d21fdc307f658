/** The gate rules by configuration. */
import { type GateConfig, learnsThreshold } from '../../../shared/config';
import { RULE_ENTRIES } from './list';
import type { ThresholdRule, GradientSource, RuleContext, RuleEntry, RuleExtent } from './rule';

const entryOf = ({ rule }: Pick<GateConfig, 'rule'>): RuleEntry => RULE_ENTRIES.find(({ name }) => name === rule)!;

export const createRule = (context: RuleContext): ThresholdRule => entryOf(context.config).create(context);

/** Bytes of a rule's own tensors, by name. */
export const ruleSizes = (config: GateConfig, extent: RuleExtent): Record<string, number> =>
  entryOf(config).sizes?.(extent) ?? {};

export const gradientSource = (config: GateConfig): GradientSource =>
  entryOf(config).probes ? 'probe' : learnsThreshold(config) && config.gradientFrom === 'dev' ? 'dev' : 'train';
