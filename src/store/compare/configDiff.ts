/** In what the settings of several runs differ, in the words that a person reads. Plain functions. */
import { METHOD_NAMES, type RunConfig, type TrainConfig, isGated } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
import { texts } from '../../shared/texts';
import { templateWords } from '../template';

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

function said(path: string, value: unknown): string {
  const t = texts().compare.settings;
  const unset: Record<string, string> = t.unset;
  const named: Record<string, Record<string, string>> = t.value;
  if (value === null) return unset[path] ?? t.none;
  if (value === 'auto') return t.automatic;
  if (value === true) return t.yes;
  if (value === false) return t.no;
  if (path === 'run.method') return METHOD_NAMES[value as RunConfig['method']];
  if (path === 'train.clipNorm' && value === 0) return t.off;
  return Array.isArray(value) ? value.join(' ') : (named[path]?.[String(value)] ?? String(value));
}

/** Every field with its value for one run; null where it does not apply. */
function fields({
  config,
  train,
  model,
  data,
  template,
}: Configured): { path: string; label: string; value: string | null }[] {
  const t = texts().compare.settings;
  const of = <T extends object>(prefix: string, names: Record<string, string>, values: T, applies = true) =>
    Object.entries(names).map(([key, label]) => {
      const path = `${prefix}.${key}`;
      return { path, label, value: applies ? said(path, (values as Record<string, unknown>)[key]) : null };
    });
  const adalora = config.method === 'adalora';
  const words = templateWords(template);
  return [
    { path: 'model', label: t.model, value: model },
    { path: 'data', label: t.data, value: data || t.unknown },
    { path: 'template.prompt', label: t.promptTemplate, value: words.prompt },
    { path: 'template.completion', label: t.completionTemplate, value: words.completion },
    { path: 'template.chat', label: t.chatTemplate, value: words.chat },
    ...of('run', t.run, config),
    ...of('run.gate', t.gate, config.gate, isGated(config)),
    ...of('run.adalora', t.adalora, config.adalora, adalora),
    ...of('train', t.train, train),
  ];
}

/**
 * The fields in which runs differ: what they were trained on, then what only they have, then what their session had. A field
 * that means nothing for some of the methods is listed where those for which it does differ.
 */
export function configDiff(runs: readonly Configured[]): DiffRow[] {
  const each = runs.map(fields);
  return (each[0] ?? []).flatMap(({ path, label }, f) => {
    const values = each.map((own) => own[f].value);
    const distinct = new Set(values.filter((v) => v !== null));
    return distinct.size > 1 ? [{ path, label, values }] : [];
  });
}
