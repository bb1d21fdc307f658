/**
 * Settings as earlier versions wrote them: what each was called in version 1 stands in its entry (`was`), and what it
 * was before version 3 where nothing was said of it (`wasDefault`). Files, links and records say which version they are
 * of.
 */
import { each, isFields, renamed } from '../formerNames';
import { type GroupName, RUN_GROUPS, SWEPT, settingsOf } from './index';

/** Of all settings that are written today. */
export const CONFIG_VERSION = 3;

/** Reads the values of a group. */
function former(group: GroupName): (value: unknown) => unknown {
  const names: Record<string, string> = {};
  const values: Record<string, (value: unknown) => unknown> = {};
  for (const { key, setting } of settingsOf(group)) {
    if (setting.was !== undefined) names[setting.was] = key;
    if (setting.kind === 'own') {
      // Their schemas read their former values.
      values[key] = (own) => setting.schema.safeParse(own).data ?? own;
      continue;
    }
    if (setting.kind !== 'choice' || !setting.wasValue) continue;
    const { wasValue } = setting;
    values[key] = (own) => (typeof own === 'string' && Object.hasOwn(wasValue, own) ? wasValue[own] : own);
  }
  return (value) => renamed(value, names, values);
}

/** What all runs share, as version 1 has it. */
export const formerTrain = former('train');

const ofRun = former('run');
const groups = Object.fromEntries(RUN_GROUPS.filter((g) => g !== 'run').map((group) => [group, former(group)]));

/** What was meant where nothing was said, by group. */
const formerDefaults: Partial<Record<string, object>> = Object.fromEntries(
  RUN_GROUPS.map((group) => [
    group,
    Object.fromEntries(
      settingsOf(group).flatMap(({ key, setting: { wasDefault } }) =>
        wasDefault === undefined ? [] : [[key, wasDefault]],
      ),
    ),
  ]).filter(([, defaults]) => Object.keys(defaults).length > 0),
);

/** One run, as version 2 has it. */
const runOfVersion2 = (run: unknown): unknown => {
  if (!isFields(run)) return run;
  const { run: own = {}, ...others } = formerDefaults;
  const filled = Object.entries(others).flatMap(([group, defaults]) => {
    const values = run[group] ?? {};
    return isFields(values) ? [[group, { ...defaults, ...values }]] : [];
  });
  return { ...own, ...run, ...Object.fromEntries(filled) };
};

/** One run, as version 1 has it. */
export const formerRun = (run: unknown): unknown => runOfVersion2(renamed(ofRun(run), {}, groups));

const keys = new Map(
  SWEPT.flatMap(({ group, key, setting }) =>
    group === 'train' || setting.was === undefined ? [] : [[setting.was, key]],
  ),
);
/** The key of a setting that varies in an experiment. */
export const formerKey = (key: unknown): unknown => keys.get(key as string) ?? key;

/** Everything a session is trained with, as version 2 has it. */
export const configOfVersion2 = (config: unknown): unknown => renamed(config, {}, { runs: each(runOfVersion2) });

/** Everything a session is trained with, as version 1 has it. */
export const formerConfig = (config: unknown): unknown =>
  renamed(config, {}, { train: formerTrain, runs: each(formerRun) });
