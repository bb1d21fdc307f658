/** Every setting, by group. A group is one object of a configuration. */
import { ADALORA, ADAPTER } from './adapter';
import { GATE } from './gate';
import { GATED_METHODS, type MethodName } from './names';
import type { Applicant, Setting, Settings } from './setting';
import { TRAIN } from './train';

interface Group {
  settings: Settings;
  methods?: readonly MethodName[];
}

export const GROUPS = {
  train: { settings: TRAIN },
  run: { settings: ADAPTER },
  gate: { settings: GATE, methods: GATED_METHODS },
  adalora: { settings: ADALORA, methods: ['adalora'] },
} satisfies Record<string, Group>;

export type GroupName = keyof typeof GROUPS;
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];
/** Those that each run has of its own, in the order in which they are listed. */
export const RUN_GROUPS = ['run', 'gate', 'adalora'] as const satisfies readonly GroupName[];
export type RunGroup = (typeof RUN_GROUPS)[number];

export type SettingKey<G extends GroupName> = keyof (typeof GROUPS)[G]['settings'] & string;

/** One setting by name, and where its value stands. */
export interface Named {
  group: GroupName;
  key: string;
  setting: Setting;
}

/** The settings of a group, in the form's order. */
export function settingsOf(group: GroupName): Named[] {
  const settings: Settings = GROUPS[group].settings;
  return Object.entries(settings).map(([key, setting]) => ({ group, key, setting }));
}

export const settingKeys = <G extends GroupName>(group: G): SettingKey<G>[] =>
  Object.keys(GROUPS[group].settings) as SettingKey<G>[];

/** Every setting that may vary in an experiment. Their keys differ. */
export const SWEPT: readonly Named[] = RUN_GROUPS.flatMap((group) => settingsOf(group)).filter(
  (s) => s.setting.sweep !== undefined,
);

/** The methods that have a group's settings at all; undefined = every method. */
export function methodsOf(group: GroupName): readonly MethodName[] | undefined {
  const { methods }: Group = GROUPS[group];
  return methods;
}

/** Whether a setting means something for a run. */
export function applies({ group, setting }: Named, { method, gate }: Applicant): boolean {
  const ofGroup = methodsOf(group);
  const { methods, rules, when } = setting.applies ?? {};
  return (
    (!ofGroup || ofGroup.includes(method)) &&
    (!methods || methods.includes(method)) &&
    (!rules || rules.includes(gate.rule)) &&
    (!when || when(gate))
  );
}

/** The values of a group in one run's configuration. */
export function valuesOf(group: GroupName, train: object, run: { gate: object; adalora: object }): Values {
  return (group === 'train' ? train : group === 'run' ? run : run[group]) as Values;
}
export type Values = Record<string, unknown>;

/** Where a group stands in a configuration file, of the run at `index`. */
export function pathOf(group: GroupName, index: number | string): string {
  return group === 'train' ? 'train' : `runs.${index}${group === 'run' ? '' : `.${group}`}`;
}

/** The flag of a setting on a command line, without its dashes: `--eval-interval`. */
export function flagOf({ group, key, setting }: Named): string {
  const kebab = key.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return setting.flag ?? (group === 'adalora' || group === 'gate' ? `${group}-${kebab}` : kebab);
}
