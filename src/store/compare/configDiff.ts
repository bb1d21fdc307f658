/** In what the settings of several runs differ, in the words that a person reads. Plain functions. */
import { type AdaloraConfig, type GateConfig, METHOD_NAMES, type RunConfig, type TrainConfig, isGated } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
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

type RunField = Exclude<keyof RunConfig, 'id' | 'name' | 'gate' | 'adalora'>;

// Complete by type: a new field must be given a name here.
export const TRAIN_FIELDS: Record<keyof TrainConfig, string> = {
  seed: 'Seed', steps: 'Steps', learningRate: 'Learning rate', warmupSteps: 'Warm-up steps', schedule: 'Learning-rate schedule',
  beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε', weightDecay: 'Weight decay', clipNorm: 'Gradient clipping at norm',
  batchSize: 'Batch, sequences', accumulation: 'Batches added up before an update', maxTokens: 'Context, tokens',
  evalEvery: 'Steps between evaluations', evalExamples: 'Evaluation examples', sliceShare: 'Share of the training data set aside',
  keepBest: 'Ends with its best adapter', patience: 'Early stopping after evaluations without gain',
};
export const RUN_FIELDS: Record<RunField, string> = {
  method: 'Method', rank: 'Rank', alpha: 'Alpha', rslora: 'Scaled by √rank (rsLoRA)', loraPlusRatio: 'B learns faster than A by (LoRA+)',
  dropout: 'Dropout', learningRate: 'Learning rate of its own', modules: 'Adapted modules', only: 'Only these modules',
};
export const GATE_FIELDS: Record<keyof GateConfig, string> = {
  rule: 'Rule that moves τ', lambdaBar: 'Price of a kept token, λ̄', tauStep: 'Step of τ', tauWarmup: 'Steps before τ moves',
  rhoPer: 'Step of τ measured on', eta: 'Proximal step η', target: 'Skipped share aimed at', targetPer: 'Aimed at for',
  prices: 'Prices come from', pricesEvery: 'Steps between held-out prices', keep: 'Share kept', follows: 'Keeps as many as',
};
export const ADALORA_FIELDS: Record<keyof AdaloraConfig, string> = {
  initRank: 'Rank at the start', tinit: 'Steps before pruning', tfinal: 'Last steps at the final rank', deltaT: 'Steps between prunings',
  beta1: 'Smoothing of sensitivity', beta2: 'Smoothing of uncertainty', orthRegWeight: 'Weight of orthogonality',
};

/** Where null is a setting. */
const NULLS: Record<string, string> = {
  'train.patience': 'never', 'run.learningRate': 'that of all runs', 'run.only': 'in every layer', 'run.gate.target': 'left to the rule', 'run.gate.follows': 'nobody',
};

function said(path: string, value: unknown): string {
  if (value === null) return NULLS[path] ?? 'none';
  if (value === 'auto') return 'automatic';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (path === 'run.method') return METHOD_NAMES[value as RunConfig['method']];
  if (path === 'train.clipNorm' && value === 0) return 'off';
  return Array.isArray(value) ? value.join(' ') : String(value);
}

/** Every field with its value for one run; null where it does not apply. */
function fields({ config, train, model, data, template }: Configured): { path: string; label: string; value: string | null }[] {
  const of = <T extends object>(prefix: string, names: Record<string, string>, values: T, applies = true) => Object.entries(names).map(([key, label]) => {
    const path = `${prefix}.${key}`;
    return { path, label, value: applies ? said(path, (values as Record<string, unknown>)[key]) : null };
  });
  const adalora = config.method === 'adalora';
  const words = templateWords(template);
  return [
    { path: 'model', label: 'Model', value: model },
    { path: 'data', label: 'Data', value: data || 'unknown' },
    { path: 'template.prompt', label: 'Prompt template', value: words.prompt },
    { path: 'template.completion', label: 'Completion template', value: words.completion },
    { path: 'template.chat', label: 'Chat template', value: words.chat },
    ...of('run', RUN_FIELDS, config),
    ...of('run.gate', GATE_FIELDS, config.gate, isGated(config)),
    ...of('run.adalora', ADALORA_FIELDS, config.adalora, adalora),
    ...of('train', TRAIN_FIELDS, train),
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
