/** A study's cells as tables: means with intervals, differences paired by seed, verdicts. Page and report read these. */
import {
  type Interval,
  effect,
  interval,
  mean,
  pairedDifference,
  rankStability,
  spearman,
  verdict,
} from '../../shared/stats';
import {
  type Cell,
  type ModuleMeasure,
  type NoisePoint,
  type Ranking,
  type Study,
  type TokenClassRow,
  contestants,
  moduleKey,
} from '../../shared/study';
import { texts } from '../../shared/texts';
import { probeMeasures, scores, topModules } from './plan';

/** What a cell can be measured by. */
export interface Measure {
  id: 'loss' | 'best' | 'likelihood' | 'generated' | 'skipped';
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
  { id: 'generated', share: true, of: (c) => c.accuracy?.generated ?? null },
  { id: 'skipped', share: true, of: (c) => c.skipped },
];

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
  /** What it is held against: of a grid the first arm of its own setting; null for the reference itself. */
  against: { id: string; name: string } | null;
  /** Held-out loss against that, paired by seed. */
  difference: Interval | null;
  /** Held-out loss, seed by seed. */
  losses: (number | null)[];
}

export interface Results {
  /** Those that some cell has. */
  measures: readonly Measure[];
  /** What the differences are against, for a table's head. */
  reference: string;
  /** Of the untouched model: the same for all seeds. */
  base: number | null;
  rows: ResultRow[];
  verdicts: string[];
}

const trained = (cells: readonly Cell[], id: string) => cells.filter((c) => c.stage === 'train' && c.arm === id);

export function resultsOf(study: Study, cells: readonly Cell[]): Results {
  const all = contestants(study);
  const against = referencesOf(study);
  const own = new Map(
    all.map(({ id }) => [id, study.seeds.map((seed) => trained(cells, id).find((c) => c.seed === seed) ?? null)]),
  );
  const column = (id: string, of: Measure['of']) => own.get(id)!.map((c) => (c ? of(c) : null));
  const measures = MEASURES.filter(
    ({ id, of }) => id === 'loss' || all.some((a) => column(a.id, of).some((v) => v !== null)),
  );
  const rows = all.map(({ id, name }): ResultRow => {
    const mine = own.get(id)!.filter((c) => c !== null);
    const losses = column(id, MEASURES[0].of);
    const reference = against.get(id) ?? null;
    return {
      id,
      name,
      losses,
      against: reference,
      setting: study.grid?.settings.find((s) => s.arms.includes(id))?.name ?? null,
      parameters: mine.length > 0 ? mean(mine.map((c) => c.parameters)) : null,
      done: mine.filter((c) => c.failed === null).length,
      failed: mine.filter((c) => c.failed !== null).length,
      values: measures.map(({ of }) => interval(column(id, of).filter((v) => v !== null))),
      difference: reference && pairedDifference(losses, column(reference.id, MEASURES[0].of)),
    };
  });
  const base = cells.find((c) => c.stage === 'train' && c.base !== null)?.base ?? null;
  const started = rows.filter((r) => r.done > 0);
  const several = new Set([...against.values()].map((r) => r.id)).size > 1;
  const reference = several
    ? texts().experiment.results.sameSetting(study.arms[0].name.split(/[,，]/)[0])
    : all[0].name;
  return {
    measures,
    reference,
    base,
    rows,
    verdicts: started.length < 2 ? [] : verdictsOf(study, rows, measures, column),
  };
}

/** What each arm is held against: the first one; in a grid of several methods the first method with the arm's setting. */
function referencesOf({ grid, ...study }: Study): Map<string, { id: string; name: string }> {
  const all = contestants({ grid, ...study });
  const several = grid?.settings.some((s) => s.arms.some((id) => id !== s.reference));
  const reference = (id: string) => (several ? grid!.settings.find((s) => s.arms.includes(id))!.reference : all[0].id);
  return new Map(
    all.filter((a) => reference(a.id) !== a.id).map((a) => [a.id, all.find((r) => r.id === reference(a.id))!]),
  );
}

function verdictsOf(
  study: Study,
  rows: readonly ResultRow[],
  measures: readonly Measure[],
  column: (id: string, of: Measure['of']) => (number | null)[],
): string[] {
  const {
    modules,
    results: { measure },
  } = texts().experiment;
  const loss = { label: measure.loss, better: 'lower' } as const;
  if (study.importance) {
    const [first, ...others] = rows;
    // In the words of the question: the modules that sparsity chooses against each other choice.
    const chosen = ({ id }: ResultRow) => (id === 'all' ? modules.allChoice : modules.ranking[id as Ranking].choice);
    return others
      .filter((r) => r.done > 0)
      .map((r) => verdict(chosen(first), chosen(r), loss, pairedDifference(first.losses, r.losses)));
  }
  const sentences: string[] = [];
  for (const other of rows) {
    if (other.done === 0 || !other.against) continue;
    const { id, name } = other.against;
    sentences.push(verdict(other.name, name, loss, other.difference));
    for (const m of measures.filter((x) => x.id === 'likelihood' || x.id === 'generated')) {
      const shares = pairedDifference(column(other.id, m.of), column(id, m.of));
      // Answers are said only where they tell something that the loss does not.
      if (effect(shares) === 'lower' || effect(shares) === 'higher')
        sentences.push(verdict(other.name, name, { label: measure[m.id], better: 'higher' }, shares));
    }
  }
  return sentences;
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
  study: Study,
  cells: readonly Cell[],
): { seeds: number; rankings: RankingRow[]; modules: ModuleRow[] } | null {
  const { importance } = study;
  if (!importance) return null;
  const probes = study.seeds
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

/** Skip share by token class of one arm: mean over seeds, of seeds' own shares. Empty without gates. */
export function classesOf(cells: readonly Cell[], arm: string): ClassRow[] {
  const rows = new Map<string, { row: TokenClassRow; shares: number[]; tokens: number }>();
  for (const cell of trained(cells, arm)) {
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
  /** Helpful share of kept and skipped tokens, on the batches just learnt from and on held-out tokens: means over seeds. */
  keptOwn: Interval | null;
  skippedOwn: Interval | null;
  keptFresh: Interval | null;
  skippedFresh: Interval | null;
}

/** How noisy the updates of one arm are over time. Empty where no seed measured it. */
export function noiseOf(cells: readonly Cell[], arm: string): NoiseRow[] {
  const points = trained(cells, arm).flatMap((c) => c.noise);
  const at = (step: number, fresh: boolean, side: 'kept' | 'skipped') =>
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
      keptOwn: at(step, false, 'kept'),
      skippedOwn: at(step, false, 'skipped'),
      keptFresh: at(step, true, 'kept'),
      skippedFresh: at(step, true, 'skipped'),
    }));
}
