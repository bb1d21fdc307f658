/** The gate rules by name. Nothing outside this folder and the engine's asks which rule it is. */
import { RULE_LIST } from './list';
import type { RuleDescription } from './rule';

export type GateRule = (typeof RULE_LIST)[number]['name'];

const ALL: readonly RuleDescription[] = RULE_LIST;

export const GATE_RULES = ALL.map(({ name }) => name) as [GateRule, ...GateRule[]];

export const ruleOf = ({ rule }: { rule: string }): RuleDescription => ALL.find(({ name }) => name === rule)!;

/** What an adapter's files call a gate that does more than leave updates out. */
export type GateForm = 'soft' | 'constant';

export const formOf = (gate: { rule: GateRule }): GateForm | null => {
  const { shrinks, constant } = ruleOf(gate);
  return shrinks ? 'soft' : constant ? 'constant' : null;
};

/** The rule that such files are of. */
export const ruleOfForm = (form: GateForm): GateRule => GATE_RULES.find((rule) => formOf({ rule }) === form)!;

/** Whether the rule learns a threshold τ from μ; the others choose the active tokens of each batch by themselves. */
export const learnsThreshold = (gate: { rule: GateRule }): boolean => ruleOf(gate).cut === 'learned';

/** What the form sets with a rule: its starting values where the gate's are automatic. */
export function startOf(rule: GateRule, gate: object): Record<string, number> {
  const start = Object.entries(ruleOf({ rule }).start ?? {});
  return Object.fromEntries(start.filter(([key]) => (gate as Record<string, unknown>)[key] === 'auto'));
}

/** Whether a setting of the gate counts under a rule. */
export const usesSetting = (rule: string, key: string): boolean =>
  key === 'rule' || ruleOf({ rule }).settings.includes(key);
