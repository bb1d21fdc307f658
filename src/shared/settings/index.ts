/** Every setting, by group. A group is one object of a configuration. */
import { METHODS, type MethodName, OWN_GROUPS, OWN_SETTINGS, type OwnGroup, methodOf } from '../methods';
import { GATE_RULES, type GateRule, usesSetting } from '../rules';
import { ADAPTER } from './adapter';
import { GATE } from './gate';
import type { GateValues, Setting, Settings } from './setting';
import { TRAIN } from './train';

export const GROUPS = { train: TRAIN, run: ADAPTER, gate: GATE, ...OWN_SETTINGS };

export type GroupName = keyof typeof GROUPS;
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];
export type RunGroup = Exclude<GroupName, 'train'>;
/** Those that each run has of its own, in the order in which they are listed. */
export const RUN_GROUPS: readonly RunGroup[] = ['run', 'gate', ...OWN_GROUPS];

export type SettingKey<G extends GroupName> = keyof (typeof GROUPS)[G] & string;

/** One setting by name, and where its value stands. */
export interface Named {
  group: GroupName;
  key: string;
  setting: Setting;
}

/** The settings of a group, in the form's order. */
export function settingsOf(group: GroupName): Named[] {
  const settings: Settings = GROUPS[group];
  return Object.entries(settings).map(([key, setting]) => ({ group, key, setting }));
}

/**
 * Of a session, what an experiment does not vary: it counts seeds by itself, the data are made for the length and the
 * task, and the best adapter is a choice of its form; the learning rate varies by run.
 */
const FIXED: readonly string[] = ['seed', 'maxSequenceLength', 'taskType', 'loadBestCheckpoint', 'learningRate'];

/**
 * Every setting that may vary in an experiment: those of runs, which people vary most, and those that a session shares.
 */
export const SWEPT: readonly Named[] = [...RUN_GROUPS, 'train' as const]
  .flatMap((group) => settingsOf(group))
  .filter(({ group, key, setting }) => setting.kind !== 'own' && (group !== 'train' || !FIXED.includes(key)))
  .sort((a, b) => Number(a.setting.sweep === undefined) - Number(b.setting.sweep === undefined));

/** What a setting that varies is called in an experiment: no two are called the same. */
export const fieldOf = ({ group, key }: Pick<Named, 'group' | 'key'>): string =>
  group === 'train' ? `train.${key}` : key;

/** The setting of such a name; undefined where there is none (any more). */
export const sweptSetting = (field: string): Named | undefined => SWEPT.find((s) => fieldOf(s) === field);

/** The values that an experiment's form starts with, as typed: its own, all there are, or some around the default. */
export function sweepOf({ setting }: Named): string {
  if (setting.sweep !== undefined || setting.kind === 'own') return setting.sweep ?? '';
  if (setting.kind === 'flag') return 'false, true';
  if (setting.kind === 'choice') return setting.values.join(', ');
  const { min, above, max, whole, unit } = setting;
  const start = setting.kind === 'optional' ? setting.start : setting.default;
  const within = (v: number) => Math.min(max, Math.max(min ?? above!, whole ? Math.round(v) : v));
  const values = (start > 0 ? [start / 2, start, start * 2] : [0, max / 100, max / 10]).map(within);
  const typed = values
    .filter((v) => above === undefined || v > above)
    .map((v) => Number((unit === 'percent' ? v * 100 : v).toPrecision(6)));
  return [...new Set(typed)].join(', ');
}

/** Whether a setting means something for a method. */
function counts({ group, key }: Named, method: MethodName): boolean {
  const { gated, update, ignores } = methodOf({ method });
  switch (group) {
    case 'train':
      return true;
    case 'run':
      return !ignores?.includes(key) && !isRefused({ group, key }, method);
    case 'gate':
      return gated;
    default:
      return update === group;
  }
}

/** Whether a method cannot be trained with another value than a setting's default. */
export const isRefused = ({ group, key }: Pick<Named, 'group' | 'key'>, method: MethodName): boolean =>
  group === 'run' && Object.hasOwn(methodOf({ method }).refuses ?? {}, key);

/** The methods for which a setting means something; undefined = every method. */
export function methodsOf(named: Named): readonly MethodName[] | undefined {
  const methods = METHODS.filter((method) => counts(named, method));
  return methods.length < METHODS.length ? methods : undefined;
}

/** The gate rules under which a setting counts; undefined = every rule, or no setting of the gate. */
export function rulesOf({ group, key }: Named): readonly GateRule[] | undefined {
  const rules = GATE_RULES.filter((rule) => group !== 'gate' || usesSetting(rule, key));
  return rules.length < GATE_RULES.length ? rules : undefined;
}

/** What decides which settings of a run count. */
interface Applicant {
  method: MethodName;
  gate: GateValues;
}

/** Whether a setting means something for a run. */
export function applies(named: Named, { method, gate }: Applicant): boolean {
  const { group, key, setting } = named;
  return (
    counts(named, method) && (group !== 'gate' || usesSetting(gate.rule, key)) && (!setting.when || setting.when(gate))
  );
}

/** The values of a group in one run's configuration. */
export function valuesOf(group: GroupName, train: object, run: { gate: object } & Record<OwnGroup, object>): Values {
  return (group === 'train' ? train : group === 'run' ? run : run[group]) as Values;
}
export type Values = Record<string, unknown>;

/** A run with some values of one of its groups changed. */
export function withValues<R extends { gate: object } & Record<OwnGroup, object>>(
  run: R,
  group: RunGroup,
  patch: Values,
): R {
  return group === 'run' ? { ...run, ...patch } : { ...run, [group]: { ...run[group], ...patch } };
}

/** Where a group stands in a configuration file, of the run at `index`. */
export function pathOf(group: GroupName, index: number | string): string {
  return group === 'train' ? 'train' : `runs.${index}${group === 'run' ? '' : `.${group}`}`;
}

/** The flag of a setting on a command line, without its dashes: `--eval-interval`. */
export function flagOf({ group, key, setting }: Named): string {
  const kebab = key.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return setting.flag ?? (group === 'train' || group === 'run' ? kebab : `${group}-${kebab}`);
}
