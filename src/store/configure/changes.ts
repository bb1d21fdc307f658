/** What a person has changed from the defaults, group by group as the form shows it. Pure. */
import {
  type AdaloraConfig,
  type ExperimentConfig,
  type GateConfig,
  type GateRule,
  type RunConfig,
  type TrainConfig,
  adaloraSchema,
  defaultExperiment,
  gateSchema,
  isGated,
  learnsThreshold,
  runSchema,
  trainSchema,
} from '../../shared/config';

export const DEFAULT_TRAIN: TrainConfig = trainSchema.parse({});
export const DEFAULT_RUN: RunConfig = runSchema.parse({ id: 'default', name: 'default', method: 'lora' });
export const DEFAULT_GATE: GateConfig = gateSchema.parse({});
export const DEFAULT_ADALORA: AdaloraConfig = adaloraSchema.parse({});

/** The few that everyone sees, and those behind a disclosure. */
export const MAIN_KEYS = [
  'steps',
  'learningRate',
  'batchSize',
  'maxTokens',
  'seed',
  'evalEvery',
] as const satisfies readonly (keyof TrainConfig)[];
export const MORE_KEYS = [
  'patience',
  'keepBest',
  'sliceShare',
  'evalExamples',
  'warmupSteps',
  'schedule',
  'accumulation',
  'clipNorm',
  'weightDecay',
  'beta1',
  'beta2',
  'epsilon',
] as const satisfies readonly (keyof TrainConfig)[];

export const ADAPTER_KEYS = [
  'rank',
  'alpha',
  'rslora',
  'loraPlusRatio',
  'dropout',
  'learningRate',
  'modules',
  'only',
] as const satisfies readonly (keyof RunConfig)[];

/** Settings of the gate that mean something under a rule; the others are not shown. */
export function gateKeys(gate: Pick<GateConfig, 'rule' | 'tauStep' | 'follows'>): (keyof GateConfig)[] {
  const { rule } = gate;
  if (learnsThreshold(gate)) {
    const step: (keyof GateConfig)[] =
      rule === 'exact' || rule === 'averaged'
        ? ['eta']
        : rule === 'literal'
          ? ['tauStep']
          : ['tauStep', ...(gate.tauStep === 'auto' ? ['rhoPer' as const] : [])];
    return ['rule', 'lambdaBar', 'target', 'targetPer', ...step, 'tauWarmup', 'prices', 'pricesEvery'];
  }
  const chosen: Record<Exclude<GateRule, 'reconstructed' | 'literal' | 'exact' | 'averaged'>, (keyof GateConfig)[]> = {
    quantile: ['keep'],
    random: ['follows', ...(gate.follows === null ? ['keep' as const] : [])],
    oracle: [],
  };
  return ['rule', ...chosen[rule as keyof typeof chosen]];
}

const same = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** Those of `keys` whose value is not the default. */
export function changedKeys<T extends object, K extends keyof T>(value: T, initial: T, keys: readonly K[]): K[] {
  return keys.filter((k) => !same(value[k], initial[k]));
}

/** The defaults of `keys`, to put back. */
export function initialOf<T extends object, K extends keyof T>(initial: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((k) => [k, initial[k]])) as Pick<T, K>;
}

/** Settings of one run that are not the defaults, without its name and method. */
export function runChanges(run: RunConfig): number {
  return (
    changedKeys(run, DEFAULT_RUN, ADAPTER_KEYS).length +
    (isGated(run) ? changedKeys(run.gate, DEFAULT_GATE, gateKeys(run.gate)).length : 0) +
    (run.method === 'adalora'
      ? changedKeys(run.adalora, DEFAULT_ADALORA, Object.keys(DEFAULT_ADALORA) as (keyof AdaloraConfig)[]).length
      : 0)
  );
}

/** Settings of the whole experiment that are not the defaults; which runs there are counts as one. */
export function experimentChanges({ train, runs }: ExperimentConfig): number {
  const who = (all: readonly RunConfig[]) => JSON.stringify(all.map(({ id, name, method }) => [id, name, method]));
  return (
    changedKeys(train, DEFAULT_TRAIN, [...MAIN_KEYS, ...MORE_KEYS]).length +
    runs.reduce((sum, run) => sum + runChanges(run), 0) +
    (who(runs) === who(defaultExperiment().runs) ? 0 : 1)
  );
}
