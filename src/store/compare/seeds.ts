/**
 * Compared runs that differ in nothing but their seed, as one: means over seeds with intervals, and the difference to
 * the baseline's runs, paired by seed. Plain functions.
 */
import { type Interval, interval, mean, pairedDifference } from '../../shared/stats';
import type { ComparableRun } from '../comparable';
import type { Curve } from '../curves';
import { type Contender, comparable } from './contenders';

export interface SeedGroup {
  /** Of its first run, as are name and look. */
  key: string;
  name: string;
  index: number;
  /** In the order in which they are listed, each with a seed of its own. */
  runs: ComparableRun[];
  /** Whether its losses were measured on the same text with the same model as the baseline's. */
  comparable: boolean;
}

/** All that decides what a run learns, but for its seed and what it is called. */
function settingsOf({ config, train, model, data, template }: ComparableRun): string {
  const { id: _id, name: _name, ...own } = config;
  const { seed: _seed, ...shared } = train;
  return JSON.stringify([own, shared, model, data, template]);
}

/** The runs of `shown` by their settings. A seed that stands twice counts once. */
export function seedGroups(shown: readonly Contender[], reference: Contender | null): SeedGroup[] {
  const groups = new Map<string, SeedGroup & { measured: Contender['measured'] }>();
  for (const { key, name, index, run, measured } of shown) {
    if (!run || run.final.loss === null || run.failed !== null) continue;
    const settings = settingsOf(run);
    const group = groups.get(settings);
    if (!group) {
      const fits = reference !== null && (key === reference.key || comparable(measured, reference.measured));
      groups.set(settings, { key, name, index, runs: [run], comparable: fits, measured });
    } else if (comparable(measured, group.measured) && !group.runs.some(({ train }) => train.seed === run.train.seed))
      group.runs.push(run);
  }
  return [...groups.values()].map(({ measured: _measured, ...group }) => group);
}

export interface SeedRow {
  group: SeedGroup;
  seeds: number[];
  loss: Interval;
  /** Null without gates. */
  skipped: Interval | null;
  /**
   * Validation loss minus the baseline's, over the seeds that both have; null for the baseline, and where none is
   * common.
   */
  difference: Interval | null;
}

/** One row for each group; the baseline is the group, or the base model, that `reference` belongs to. */
export function seedRows(groups: readonly SeedGroup[], reference: Contender | null): SeedRow[] {
  const against = groups.find((g) => g.runs.some((r) => r.key === reference?.run?.key)) ?? null;
  const base = reference?.kind === 'base' ? (reference.measured?.base ?? null) : null;
  return groups.map((group): SeedRow => {
    const losses = group.runs.map((r) => r.final.loss!);
    const others = group.runs.map(({ train }) =>
      base !== null ? base : (against?.runs.find((r) => r.train.seed === train.seed)?.final.loss ?? null),
    );
    return {
      group,
      seeds: group.runs.map((r) => r.train.seed),
      loss: interval(losses)!,
      skipped: interval(group.runs.flatMap((r) => r.final.skipped ?? [])),
      difference: group === against || !group.comparable ? null : pairedDifference(losses, others),
    };
  });
}

/** Values at one step, over the seeds that were measured there. */
export interface BandPoint {
  step: number;
  mean: number;
  low: number;
  high: number;
}

/** Mean and range of several curves over the steps that all of them have. Empty where they share none. */
export function bandOf(curves: readonly Pick<Curve, 'steps' | 'values'>[]): BandPoint[] {
  const [first, ...others] = curves.map(
    ({ steps, values }) => new Map(Array.from(steps, (step, i) => [Number(step), Number(values[i])])),
  );
  if (!first) return [];
  return [...first].flatMap(([step, value]) => {
    const all = [value, ...others.flatMap((o) => o.get(step) ?? [])];
    if (all.length < curves.length || !all.every(Number.isFinite)) return [];
    return [{ step, mean: mean(all), low: Math.min(...all), high: Math.max(...all) }];
  });
}

/** Validation losses of a group over steps. */
export const groupBand = ({ runs }: SeedGroup): BandPoint[] => bandOf(runs.map((r) => r.curves.validation));
