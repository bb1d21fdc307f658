/**
 * An experiment's cells as tables: means with intervals, and differences paired by seed. Page and report read these.
 */
import { type Interval, interval, mean, pairedDifference, rankStability, spearman } from '../../shared/stats';
import {
  type Cell,
  type ModuleMeasure,
  type NoisePoint,
  type Ranking,
  type Experiment,
  type TokenClassRow,
  contestants,
  moduleKey,
} from '../../shared/experiment';
import type { Names } from '../../shared/names';
import { probeMeasures, scores, topModules } from './plan';

/** What a cell can be measured by. */
export interface Measure {
  id: 'loss' | 'best' | 'likelihood' | 'macroF1' | 'generated' | 'tokenF1' | 'skipped';
  share: boolean;
  of: (cell: Cell) => number | null;
}

export const MEASURES: readonly Measure[] = [
  { id: 'loss', share: false, of: (c) => c.loss },
  {
    id: 'best',
    share: false,
    of: (c) => (c.failed !== null || c.evals.length === 0 ? null : Math.min(...c.evals.map((e) => e.loss))),
  },
  { id: 'likelihood', share: true, of: (c) => c.accuracy?.likelihood ?? null },
  { id: 'macroF1', share: true, of: (c) => c.accuracy?.macroF1 ?? null },
  { id: 'generated', share: true, of: (c) => c.accuracy?.generated ?? null },
  { id: 'tokenF1', share: true, of: (c) => c.accuracy?.tokenF1 ?? null },
  { id: 'skipped', share: true, of: (c) => c.skipped },
];

type Contestant = ReturnType<typeof contestants>[number];

export interface ResultRow {
  id: string;
  name: string;
  /** Values that are trained, mean over seeds; null before the first. */
  parameters: number | null;
  /** Seeds that finished, and seeds whose run broke. */
  done: number;
  failed: number;
  /** Per measure of `measures`. */
  values: (Interval | null)[];
  /** Of a grid: the setting it has. */
  setting: string | null;
  /** What it is compared with: of a grid the first variant of its own setting; null for the reference itself. */
  against: { id: string; name: string } | null;
  /** Validation loss against that, paired by seed. */
  difference: Interval | null;
  /** Validation loss, seed by seed. */
  losses: (number | null)[];
}

export interface Results {
  /** Those that some cell has. */
  measures: readonly Measure[];
  /**
   * What the differences are against, for a table's head: a variant, or in a grid of several methods the first of
   * these.
   */
  reference: { variant: string } | { method: string };
  /** Of the base model: the same for all seeds. */
  base: number | null;
  rows: ResultRow[];
}

const trained = (cells: readonly Cell[], id: string) => cells.filter((c) => c.stage === 'train' && c.variant === id);

/** Cells of a variant, seed by seed; null where there is none yet. */
const bySeed = ({ seeds }: Experiment, cells: readonly Cell[], id: string): (Cell | null)[] =>
  seeds.map((seed) => trained(cells, id).find((c) => c.seed === seed) ?? null);

/** A measure of a variant, seed by seed. */
export const columnOf = (
  experiment: Experiment,
  cells: readonly Cell[],
  id: string,
  of: Measure['of'],
): (number | null)[] => bySeed(experiment, cells, id).map((c) => (c ? of(c) : null));

/** @param ranking what a choice of modules is called */
export function resultsOf(experiment: Experiment, cells: readonly Cell[], ranking: Names['ranking']): Results {
  const all = contestants(experiment, ranking);
  const against = referencesOf(experiment, all);
  const column = (id: string, of: Measure['of']) => columnOf(experiment, cells, id, of);
  const measures = MEASURES.filter(
    ({ id, of }) => id === 'loss' || all.some((a) => column(a.id, of).some((v) => v !== null)),
  );
  const rows = all.map(({ id, name }): ResultRow => {
    const mine = bySeed(experiment, cells, id).filter((c) => c !== null);
    const losses = column(id, MEASURES[0].of);
    const reference = against.get(id) ?? null;
    return {
      id,
      name,
      losses,
      against: reference,
      setting: experiment.grid?.settings.find((s) => s.variants.includes(id))?.name ?? null,
      parameters: mine.length > 0 ? mean(mine.map((c) => c.parameters)) : null,
      done: mine.filter((c) => c.failed === null).length,
      failed: mine.filter((c) => c.failed !== null).length,
      values: measures.map(({ of }) => interval(column(id, of).filter((v) => v !== null))),
      difference: reference && pairedDifference(losses, column(reference.id, MEASURES[0].of)),
    };
  });
  const base = cells.find((c) => c.stage === 'train' && c.base !== null)?.base ?? null;
  const several = new Set([...against.values()].map((r) => r.id)).size > 1;
  const reference = several ? { method: experiment.variants[0].name.split(/[,，]/)[0] } : { variant: all[0].name };
  return {
    measures,
    reference,
    base,
    rows,
  };
}

/**
 * What each variant is compared with: the first one; in a grid of several methods the first method with the variant's
 * setting.
 */
function referencesOf({ grid }: Experiment, all: readonly Contestant[]): Map<string, Contestant> {
  const several = grid?.settings.some((s) => s.variants.some((id) => id !== s.reference));
  const reference = (id: string) =>
    several ? grid!.settings.find((s) => s.variants.includes(id))!.reference : all[0].id;
  return new Map(
    all.filter((a) => reference(a.id) !== a.id).map((a) => [a.id, all.find((r) => r.id === reference(a.id))!]),
  );
}

export interface RankingRow {
  ranking: Ranking;
  /** Mean rank correlation between seeds: 1 is the same order every time. */
  stability: number | null;
  /** Mean rank correlation with the active share within a seed. */
  withActive: number | null;
}

export interface ModuleRow extends Pick<ModuleMeasure, 'layer' | 'kind' | 'parameters'> {
  /** Mean over seeds of each ranking's score, as its rank (1 = most important), ties by their mean. */
  scores: Record<Ranking, number>;
  /** Active share over seeds. */
  active: Interval | null;
  /** In how many seeds each ranking chose it. */
  chosen: Record<Ranking, number>;
}

/** What the probes say so far; null before the first. */
export function rankingsOf(
  experiment: Experiment,
  cells: readonly Cell[],
): { seeds: number; rankings: RankingRow[]; modules: ModuleRow[] } | null {
  const { importance } = experiment;
  if (!importance) return null;
  const probes = experiment.seeds
    .map((seed) => ({ seed, modules: probeMeasures(cells, seed) }))
    .filter((p): p is { seed: number; modules: ModuleMeasure[] } => p.modules !== null);
  if (probes.length === 0) return null;
  const per = (ranking: Ranking) => probes.map(({ seed, modules }) => scores(modules, ranking, seed));
  const active = per('active');
  const rankings = importance.rankings.map((ranking): RankingRow => {
    const rows = per(ranking);
    const agree = rows.map((r, i) => spearman(r, active[i])).filter((r) => r !== null);
    // ‖W0‖ does not depend on the seed: its order is always the same, which says nothing of stability.
    return {
      ranking,
      stability: ranking === 'weight' ? null : rankStability(rows),
      withActive: ranking === 'active' || agree.length === 0 ? null : mean(agree),
    };
  });
  const chosen = new Map(
    importance.rankings.map((ranking) => [
      ranking,
      probes.map(({ seed, modules }) => topModules(modules, ranking, importance.share, seed)),
    ]),
  );
  const modules = probes[0].modules.map(
    (m, i): ModuleRow => ({
      layer: m.layer,
      kind: m.kind,
      parameters: m.parameters,
      scores: Object.fromEntries(importance.rankings.map((r) => [r, mean(per(r).map((row) => row[i]))])) as Record<
        Ranking,
        number
      >,
      active: interval(probes.map((p) => p.modules[i].active).filter((v) => v !== null)),
      chosen: Object.fromEntries(
        importance.rankings.map((r) => [r, chosen.get(r)!.filter((names) => names.includes(moduleKey(m))).length]),
      ) as Record<Ranking, number>,
    }),
  );
  return { seeds: probes.length, rankings, modules };
}

export interface ClassRow {
  group: string;
  name: string;
  /** Tokens looked at, over all seeds. */
  tokens: number;
  skipped: Interval | null;
}

/** Skip share by token class of one variant: mean over seeds, of seeds' own shares. Empty without gates. */
export function classesOf(cells: readonly Cell[], variant: string): ClassRow[] {
  const rows = new Map<string, { row: TokenClassRow; shares: number[]; tokens: number }>();
  for (const cell of trained(cells, variant)) {
    for (const row of cell.classes) {
      const key = `${row.group}/${row.name}`;
      const entry = rows.get(key) ?? { row, shares: [], tokens: 0 };
      if (row.passed > 0) entry.shares.push(row.skipped / row.passed);
      entry.tokens += row.tokens;
      rows.set(key, entry);
    }
  }
  // Seeds may have met different classes: groups stay together all the same.
  const groups = [...new Set([...rows.values()].map((r) => r.row.group))];
  return groups.flatMap((group) =>
    [...rows.values()]
      .filter((r) => r.row.group === group)
      .map(({ row, shares, tokens }) => ({ group, name: row.name, tokens, skipped: interval(shares) })),
  );
}

export interface NoiseRow {
  step: number;
  /**
   * Helpful share of active and skipped tokens, on the batches just learnt from and on validation tokens: means over
   * seeds.
   */
  activeOwn: Interval | null;
  skippedOwn: Interval | null;
  activeFresh: Interval | null;
  skippedFresh: Interval | null;
}

/** How noisy the updates of one variant are over time. Empty where no seed measured it. */
export function noiseOf(cells: readonly Cell[], variant: string): NoiseRow[] {
  const points = trained(cells, variant).flatMap((c) => c.noise);
  const at = (step: number, fresh: boolean, side: 'active' | 'skipped') =>
    interval(
      points
        .filter((p: NoisePoint) => p.step === step && p.fresh === fresh)
        .map((p) => p[side])
        .filter((v) => v !== null),
    );
  return [...new Set(points.map((p) => p.step))]
    .sort((a, b) => a - b)
    .map((step) => ({
      step,
      activeOwn: at(step, false, 'active'),
      skippedOwn: at(step, false, 'skipped'),
      activeFresh: at(step, true, 'active'),
      skippedFresh: at(step, true, 'skipped'),
    }));
}
