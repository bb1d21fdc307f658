/** What an experiment still has to do: pure functions from its settings and finished cells to the next session. */
import { type SessionConfig, type RunConfig, parseSession, runSchema, withFirstRanks } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { Rng } from '../../shared/rng';
import {
  type Cell,
  type ModuleMeasure,
  type Ranking,
  type Experiment,
  contestants,
  moduleKey,
} from '../../shared/experiment';
import { message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { sessionsOf, sharedOf } from './grid';

/**
 * Probe runs of the module-importance experiment: gates measure the active share, AdaLoRA its sensitivity, plain LoRA
 * all the rest.
 */
export const PROBE_GATED = 'probe-gated';
export const PROBE_PLAIN = 'probe-plain';
export const PROBE_ADALORA = 'probe-adalora';

/** What runs of an experiment are called that nobody has named. */
type RunNames = Pick<Names, 'probe' | 'ranking'>;

/** The probes that an experiment's rankings need. */
function probesOf(
  { importance }: Experiment,
  { probe }: Pick<Names, 'probe'>,
): Pick<RunConfig, 'id' | 'name' | 'method'>[] {
  const all = [
    { id: PROBE_GATED, name: probe('gated'), method: 'ts-lora' },
    { id: PROBE_PLAIN, name: probe('plain'), method: 'lora' },
    { id: PROBE_ADALORA, name: probe('adalora'), method: 'adalora' },
  ] as const;
  return all.filter(({ id }) => id !== PROBE_ADALORA || importance!.rankings.includes('sensitivity'));
}

/** One session: all variants of one seed, or as many of them as a session holds, which share its passes. */
export interface Job {
  stage: 'probe' | 'train';
  seed: number;
  /** Runs in the order of the variants. */
  config: SessionConfig;
}

/** Sessions of a whole experiment. */
export function jobCount(experiment: Experiment): number {
  return experiment.seeds.length * (experiment.importance ? 2 : sessionsOf(experiment).length);
}

/** The sessions of one seed: a stage, and the ids of the variants that must be there when it is done. */
function sessionsPerSeed(experiment: Experiment): { stage: Job['stage']; variants: string[] }[] {
  if (!experiment.importance)
    return sessionsOf(experiment).map((variants) => ({ stage: 'train', variants: variants.map((a) => a.id) }));
  return [
    { stage: 'probe', variants: probesOf(experiment, { probe: String }).map((p) => p.id) },
    { stage: 'train', variants: contestants(experiment, String).map((c) => c.id) },
  ];
}

/** A session counts when all of its cells are there: an interrupted one starts over, and gives the same. */
function isDone(
  { stage, variants }: { stage: Job['stage']; variants: readonly string[] },
  cells: readonly Cell[],
  seed: number,
): boolean {
  return variants.every((variant) => cells.some((c) => c.stage === stage && c.seed === seed && c.variant === variant));
}

export function doneJobs(experiment: Experiment, cells: readonly Cell[]): number {
  const sessions = sessionsPerSeed(experiment);
  return experiment.seeds.reduce((n, seed) => n + sessions.filter((s) => isDone(s, cells, seed)).length, 0);
}

/**
 * The next session; null when all are done. Seeds follow one another, so that whole comparisons come in early.
 * @throws {ConfigError} when a probe failed, so that there is no ranking to go by
 */
export function nextJob(experiment: Experiment, cells: readonly Cell[], names: RunNames): Job | null {
  const sessions = sessionsPerSeed(experiment);
  for (const seed of experiment.seeds) {
    const next = sessions.find((s) => !isDone(s, cells, seed));
    if (next)
      return next.stage === 'probe'
        ? probeJob(experiment, seed, names)
        : trainJob({ experiment, cells, seed, ids: next.variants, names });
  }
  return null;
}

function probeJob(experiment: Experiment, seed: number, names: RunNames): Job {
  const [variant] = experiment.variants;
  const { probeSteps } = experiment.importance!;
  const train = {
    ...experiment.train,
    seed,
    steps: probeSteps,
    warmupSteps: Math.min(experiment.train.warmupSteps, Math.ceil(probeSteps / 10)),
    evalInterval: probeSteps,
  };
  return {
    stage: 'probe',
    seed,
    config: parseSession({
      train,
      runs: probesOf(experiment, names).map((probe) =>
        runSchema.parse({
          ...variant,
          ...probe,
          ...withFirstRanks(variant, variant.rank, Math.max),
        }),
      ),
    }),
  };
}

interface Training {
  experiment: Experiment;
  cells: readonly Cell[];
  seed: number;
  /** Of the variants of the session. */
  ids: readonly string[];
  names: RunNames;
}

function trainJob({ experiment, cells, seed, ids, names }: Training): Job {
  const train = { ...experiment.train, seed };
  if (!experiment.importance) {
    const runs = experiment.variants.filter((a) => ids.includes(a.id));
    const shared = sharedOf(experiment.grid, runs);
    return { stage: 'train', seed, config: parseSession({ train: { ...train, ...shared }, runs }) };
  }
  const { rankings, share, all } = experiment.importance;
  const modules = probeMeasures(cells, seed);
  if (!modules) throw new ConfigError(message('store.experiments.noRanking', { seed }));
  const [variant] = experiment.variants;
  const runs = rankings.map((id) =>
    runSchema.parse({ ...variant, id, name: names.ranking(id), only: topModules(modules, id, share, seed) }),
  );
  if (all) runs.push(runSchema.parse({ ...variant, id: 'all', name: names.ranking('all') }));
  return { stage: 'train', seed, config: parseSession({ train, runs }) };
}

/** What the probes of a seed found, module by module; null where the gates' or LoRA's failed or is missing. */
export function probeMeasures(cells: readonly Cell[], seed: number): ModuleMeasure[] | null {
  const of = (variant: string) =>
    cells.find((c) => c.stage === 'probe' && c.seed === seed && c.variant === variant)?.modules ?? null;
  const [gated, plain, adalora] = [PROBE_GATED, PROBE_PLAIN, PROBE_ADALORA].map(of);
  if (!gated || !plain) return null;
  const same = (list: ModuleMeasure[] | null, m: ModuleMeasure) => list?.find((x) => moduleKey(x) === moduleKey(m));
  return plain.map((m) => ({
    ...m,
    active: same(gated, m)?.active ?? null,
    sensitivity: same(adalora, m)?.sensitivity ?? null,
  }));
}

/** How each module scores under a ranking; higher is more important. */
export function scores(modules: readonly ModuleMeasure[], ranking: Ranking, seed: number): number[] {
  const rng = new Rng(seed ^ 0x5eed);
  return modules.map((m) => {
    switch (ranking) {
      case 'active':
        return m.active ?? 0;
      case 'relative':
        return m.weight > 0 ? m.change / m.weight : 0;
      case 'change':
        return m.change;
      case 'gradient':
        return m.gradient;
      case 'sensitivity':
        return m.sensitivity ?? 0;
      case 'weight':
        return m.weight;
      case 'random':
        return rng.float();
    }
  });
}

/** The modules that a ranking puts first, within `share` of all modules' parameters. */
export const topModules = (
  modules: readonly ModuleMeasure[],
  ranking: Ranking,
  share: number,
  seed: number,
): string[] => withinShare(modules, scores(modules, ranking, seed), share).map(moduleKey);

/**
 * The best modules that fit into `share` of all modules' parameters: in order of their score, each that still fits; the
 * best alone where none does. Equal scores go by place, bottom first. In the model's order.
 */
export function withinShare<M extends { parameters: number }>(
  modules: readonly M[],
  score: readonly number[],
  share: number,
): M[] {
  const order = [...modules.keys()].sort((i, j) => score[j] - score[i] || i - j);
  const budget = share * modules.reduce((sum, m) => sum + m.parameters, 0);
  const chosen = new Set<number>();
  let spent = 0;
  for (const i of order) {
    if (spent + modules[i].parameters > budget * (1 + 1e-9)) continue;
    chosen.add(i);
    spent += modules[i].parameters;
  }
  if (chosen.size === 0) chosen.add(order[0]);
  return modules.filter((_, i) => chosen.has(i));
}
