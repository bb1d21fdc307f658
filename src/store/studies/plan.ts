/** What a study still has to do: pure functions from its settings and finished cells to the next session. */
import { type ExperimentConfig, type RunConfig, parseExperiment, runSchema, withFirstRanks } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { Rng } from '../../shared/rng';
import { type Cell, type ModuleMeasure, type Ranking, type Study, contestants, moduleKey } from '../../shared/study';
import { message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { sessionsOf } from './grid';

/** Probe runs of the module-importance study: gates measure the active share, AdaLoRA its sensitivity, plain LoRA all the rest. */
export const PROBE_GATED = 'probe-gated';
export const PROBE_PLAIN = 'probe-plain';
export const PROBE_ADALORA = 'probe-adalora';

/** What runs of a study are called that nobody has named. */
type RunNames = Pick<Names, 'probe' | 'ranking'>;

/** The probes that a study's rankings need. */
function probesOf({ importance }: Study, { probe }: Pick<Names, 'probe'>): Pick<RunConfig, 'id' | 'name' | 'method'>[] {
  const all = [
    { id: PROBE_GATED, name: probe('gated'), method: 'ts-lora' },
    { id: PROBE_PLAIN, name: probe('plain'), method: 'lora' },
    { id: PROBE_ADALORA, name: probe('adalora'), method: 'adalora' },
  ] as const;
  return all.filter(({ id }) => id !== PROBE_ADALORA || importance!.rankings.includes('sensitivity'));
}

/** One session: all arms of one seed, or as many of them as a session holds, which share its passes. */
export interface Job {
  stage: 'probe' | 'train';
  seed: number;
  /** Runs in the order of the arms. */
  experiment: ExperimentConfig;
}

/** Sessions of a whole study. */
export function jobCount(study: Study): number {
  return study.seeds.length * (study.importance ? 2 : sessionsOf(study).length);
}

/** The sessions of one seed: a stage, and the ids of the arms that must be there when it is done. */
function sessionsPerSeed(study: Study): { stage: Job['stage']; arms: string[] }[] {
  if (!study.importance) return sessionsOf(study).map((arms) => ({ stage: 'train', arms: arms.map((a) => a.id) }));
  return [
    { stage: 'probe', arms: probesOf(study, { probe: String }).map((p) => p.id) },
    { stage: 'train', arms: contestants(study, String).map((c) => c.id) },
  ];
}

/** A session counts when all of its cells are there: an interrupted one starts anew, and gives the same. */
function isDone(
  { stage, arms }: { stage: Job['stage']; arms: readonly string[] },
  cells: readonly Cell[],
  seed: number,
): boolean {
  return arms.every((arm) => cells.some((c) => c.stage === stage && c.seed === seed && c.arm === arm));
}

export function doneJobs(study: Study, cells: readonly Cell[]): number {
  const sessions = sessionsPerSeed(study);
  return study.seeds.reduce((n, seed) => n + sessions.filter((s) => isDone(s, cells, seed)).length, 0);
}

/**
 * The next session; null when all are done. Seeds follow one another, so that whole comparisons come in early.
 * @throws {ConfigError} when a probe failed, so that there is no ranking to go by
 */
export function nextJob(study: Study, cells: readonly Cell[], names: RunNames): Job | null {
  const sessions = sessionsPerSeed(study);
  for (const seed of study.seeds) {
    const next = sessions.find((s) => !isDone(s, cells, seed));
    if (next)
      return next.stage === 'probe'
        ? probeJob(study, seed, names)
        : trainJob({ study, cells, seed, ids: next.arms, names });
  }
  return null;
}

function probeJob(study: Study, seed: number, names: RunNames): Job {
  const [arm] = study.arms;
  const { probeSteps } = study.importance!;
  const train = {
    ...study.train,
    seed,
    steps: probeSteps,
    warmupSteps: Math.min(study.train.warmupSteps, Math.ceil(probeSteps / 10)),
    evalEvery: probeSteps,
  };
  return {
    stage: 'probe',
    seed,
    experiment: parseExperiment({
      train,
      runs: probesOf(study, names).map((probe) =>
        runSchema.parse({
          ...arm,
          ...probe,
          ...withFirstRanks(arm, arm.rank, Math.max),
        }),
      ),
    }),
  };
}

interface Training {
  study: Study;
  cells: readonly Cell[];
  seed: number;
  /** Of the arms of the session. */
  ids: readonly string[];
  names: RunNames;
}

function trainJob({ study, cells, seed, ids, names }: Training): Job {
  const train = { ...study.train, seed };
  if (!study.importance)
    return {
      stage: 'train',
      seed,
      experiment: parseExperiment({ train, runs: study.arms.filter((a) => ids.includes(a.id)) }),
    };
  const { rankings, share, all } = study.importance;
  const modules = probeMeasures(cells, seed);
  if (!modules) throw new ConfigError(message('store.studies.noRanking', { seed }));
  const [arm] = study.arms;
  const runs = rankings.map((id) =>
    runSchema.parse({ ...arm, id, name: names.ranking(id), only: topModules(modules, id, share, seed) }),
  );
  if (all) runs.push(runSchema.parse({ ...arm, id: 'all', name: names.ranking('all') }));
  return { stage: 'train', seed, experiment: parseExperiment({ train, runs }) };
}

/** What the probes of a seed found, module by module; null where the gates' or LoRA's failed or is missing. */
export function probeMeasures(cells: readonly Cell[], seed: number): ModuleMeasure[] | null {
  const of = (arm: string) =>
    cells.find((c) => c.stage === 'probe' && c.seed === seed && c.arm === arm)?.modules ?? null;
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

/**
 * The best modules that fit into `share` of all modules' parameters: in order of their score, each that still fits; the
 * best alone where none does. Equal scores go by place, bottom first. Names in the model's order.
 */
export function topModules(modules: readonly ModuleMeasure[], ranking: Ranking, share: number, seed: number): string[] {
  const score = scores(modules, ranking, seed);
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
  return modules.filter((_, i) => chosen.has(i)).map(moduleKey);
}
