/** In what the settings of several runs differ, in the words that a person reads. Plain functions. */
import { METHOD_NAMES, type RunConfig, type TrainConfig } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
import { RUN_GROUPS, applies, settingsOf, valuesOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { labelOf, valueWords } from '../../shared/texts/settingWords';
import { templateWords } from '../templateWords';

/** What is looked at of each run. */
export interface Configured {
  config: RunConfig;
  train: TrainConfig;
  /** Of the base model, and of the data. */
  model: string;
  data: string;
  template: PromptTemplate;
}

export interface DiffRow {
  /** Path of the field in a configuration file. */
  path: string;
  /** What it is called. */
  label: string;
  /** By run; null where the field means nothing for the run's method. */
  values: (string | null)[];
}

/** Every field with its value for one run; null where it does not apply. */
export function configFields({
  config,
  train,
  model,
  data,
  template,
}: Configured): { path: string; label: string; value: string | null }[] {
  const t = texts().compare.settings;
  const words = templateWords(template);
  const settings = [...RUN_GROUPS, 'train' as const].flatMap((group) =>
    settingsOf(group).map((named) => {
      const value = valuesOf(group, train, config)[named.key];
      return {
        path: `${group === 'train' || group === 'run' ? '' : 'run.'}${group}.${named.key}`,
        label: labelOf(named),
        value: applies(named, config) ? valueWords(named, value) : null,
      };
    }),
  );
  return [
    { path: 'model', label: t.model, value: model },
    { path: 'data', label: t.data, value: data || t.unknown },
    { path: 'template.prompt', label: t.promptTemplate, value: words.prompt },
    { path: 'template.completion', label: t.completionTemplate, value: words.completion },
    { path: 'template.chat', label: t.chatTemplate, value: words.chat },
    { path: 'run.method', label: texts().train.run.method, value: METHOD_NAMES[config.method] },
    ...settings,
  ];
}

/**
 * The fields in which runs differ: what they were trained on, then what only they have, then what their session had. A
 * field that means nothing for some of the methods is listed where those for which it does differ.
 */
export function configDiff(runs: readonly Configured[]): DiffRow[] {
  const each = runs.map(configFields);
  return (each[0] ?? []).flatMap(({ path, label }, f) => {
    const values = each.map((own) => own[f].value);
    const distinct = new Set(values.filter((v) => v !== null));
    return distinct.size > 1 ? [{ path, label, values }] : [];
  });
}
