/** The pictures of an experiment, the same on the page and in its report. */
import type { Interval } from '../../shared/stats';
import { type Cell, type Experiment, contestants, moduleKey } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { bandOf } from '../../store/compare/seeds';
import type { ClassRow, ModuleRow, NoiseRow, Results } from '../../store/experiments/results';
import type { Band } from '../charts/bands';
import type { Drawing } from '../charts/drawing';
import { type ChartRow, intervalChart } from '../charts/intervals';
import { lossBands } from '../charts/lossFigures';
import type { ScatterPoint } from '../charts/scatter';
import { shareChart } from '../charts/shares';
import { fixed, percent } from '../format';

export const markOf = (index: number) => `mark-${(index % 8) + 1}`;

/** `mean ± half`, or the mean alone where there is one seed. */
export function withInterval(i: Interval | null, show: (v: number) => string): string {
  if (!i) return '–';
  return i.half === null ? show(i.mean) : `${show(i.mean)} ± ${show(i.half)}`;
}

/** Validation loss of every variant, seed by seed, beside the base model where that is not far off. */
export function lossFigure({ rows, base }: Results, width: number): Drawing {
  const t = texts().experiment.results;
  const all = rows.flatMap((r) => r.losses).filter((l) => l !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  // Where the base lies far away, its level would squeeze all differences into nothing.
  const near = base !== null && all.length > 0 && Math.abs(base - (low + high) / 2) < 4 * Math.max(high - low, 0.02);
  return intervalChart(
    rows.map((r, i): ChartRow => ({ label: r.name, mark: markOf(i), interval: r.values[0], values: r.losses })),
    { title: t.figure, width, format: (v) => fixed(v), level: near ? { value: base, label: t.baseLevel } : null },
  );
}

/** Validation loss of every variant over steps: mean and range over the seeds that finished. */
export function bandsOf(experiment: Experiment, cells: readonly Cell[]): Band[] {
  return contestants(experiment, names.ranking).flatMap(({ id, name }, i) => {
    const done = cells.filter((c) => c.stage === 'train' && c.variant === id && c.failed === null);
    const points = bandOf(
      done.map(({ evals }) => ({ steps: evals.map((e) => e.step), values: evals.map((e) => e.loss) })),
    );
    return points.length > 0 ? [{ label: name, mark: markOf(i), seeds: done.length, points }] : [];
  });
}

export const bandFigure = (bands: readonly Band[], width: number): Drawing =>
  lossBands(bands, texts().experiment.results.bands, width);

/** Variants by their skipped share and their loss. Empty where none of them skips. */
export function tradeOffPoints({ rows, measures }: Results): ScatterPoint[] {
  const at = measures.findIndex((m) => m.id === 'skipped');
  if (at < 0 || !rows.some(({ values }) => values[at] && values[at].mean > 0)) return [];
  return rows.flatMap(({ name, values }, i) =>
    values[0] ? [{ label: name, mark: markOf(i), x: values[at]?.mean ?? 0, y: values[0] }] : [],
  );
}

/** Modules by their active share, most active first. */
export function rankingFigure(modules: readonly ModuleRow[], width: number): Drawing {
  const order = [...modules].sort((a, b) => (b.active?.mean ?? 0) - (a.active?.mean ?? 0));
  return intervalChart(
    order.map(
      (m): ChartRow => ({ label: moduleKey(m), mark: m.chosen.active > 0 ? 'mark-1' : 'mark-0', interval: m.active }),
    ),
    { title: texts().experiment.modules.figure, width, format: (v) => percent(v), share: true },
  );
}

const wordFor = (words: Record<string, string>, key: string) => (Object.hasOwn(words, key) ? words[key] : key);

/** What a class of tokens and its group are called; numbers, and what is not known, stay as they were kept. */
export const className = ({ name }: Pick<ClassRow, 'name'>): string => wordFor(texts().experiment.classes.name, name);
export const groupName = ({ group }: Pick<ClassRow, 'group'>): string =>
  wordFor(texts().experiment.classes.group, group);

/** Skipped share by class of token. */
export function classFigure(rows: readonly ClassRow[], width: number): Drawing {
  return intervalChart(
    rows.map(
      (r, i): ChartRow => ({
        label: className(r),
        mark: 'mark-1',
        interval: r.skipped,
        ...(rows[i - 1]?.group === r.group ? {} : { group: groupName(r) }),
      }),
    ),
    { title: texts().experiment.classes.figure, width, format: (v) => percent(v), share: true },
  );
}

export const NOISE_LINES: readonly { key: Exclude<keyof NoiseRow, 'step'>; mark: string; dashed: boolean }[] = [
  { key: 'activeOwn', mark: 'mark-1', dashed: false },
  { key: 'activeFresh', mark: 'mark-1', dashed: true },
  { key: 'skippedOwn', mark: 'mark-2', dashed: false },
  { key: 'skippedFresh', mark: 'mark-2', dashed: true },
];

/** Share of updates that help, over steps. */
export function noiseFigure(rows: readonly NoiseRow[], width: number): Drawing {
  const t = texts().experiment.noise;
  return shareChart(
    NOISE_LINES.map(({ key, mark, dashed }) => ({
      label: t.line[key],
      mark,
      dashed,
      points: rows.map((r) => ({ x: r.step, interval: r[key] })),
    })),
    { title: t.figure, width, format: (v) => percent(v), level: { value: 0.5, label: t.chance } },
  );
}
