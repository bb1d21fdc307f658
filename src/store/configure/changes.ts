/** What a person has changed from the defaults, group by group as the form shows it. Pure. */
import { type SessionConfig, type RunConfig, defaultSession } from '../../shared/config';
import {
  type GroupName,
  type Named,
  RUN_GROUPS,
  type Values,
  applies,
  settingsOf,
  valuesOf,
} from '../../shared/settings';

/** The settings of a group that count for a run, as the form shows them. */
export const settingsFor = (group: GroupName, run: RunConfig): Named[] =>
  settingsOf(group).filter((s) => applies(s, run));

const same = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** Those of `settings` whose value is not the default. */
export function changed(settings: readonly Named[], values: object): Named[] {
  return settings.filter(({ key, setting }) => !same((values as Values)[key], setting.default));
}

/** The values of `settings` by key. */
export function pick(settings: readonly Named[], values: object): Values {
  return Object.fromEntries(settings.map(({ key }) => [key, (values as Values)[key]]));
}

/** The defaults of `settings`, to put back. */
export function initialOf(settings: readonly Named[]): Values {
  return Object.fromEntries(settings.map(({ key, setting }) => [key, structuredClone(setting.default)]));
}

/** Settings of one run that are not the defaults, without its name and method. */
export function runChanges(run: RunConfig): number {
  return RUN_GROUPS.reduce((sum, group) => sum + changed(settingsFor(group, run), valuesOf(group, {}, run)).length, 0);
}

/** Settings of the whole experiment that are not the defaults; which runs there are counts as one. */
export function sessionChanges({ train, runs }: SessionConfig): number {
  const who = (all: readonly RunConfig[]) => JSON.stringify(all.map(({ id, name, method }) => [id, name, method]));
  return (
    changed(settingsOf('train'), train).length +
    runs.reduce((sum, run) => sum + runChanges(run), 0) +
    (who(runs) === who(defaultSession().runs) ? 0 : 1)
  );
}
