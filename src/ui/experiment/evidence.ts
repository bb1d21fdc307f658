/**
 * What an experiment says of gates, as one figure of three panels: thresholds that learn from the gate gradients' real
 * signs against those that learn from coins; every variant against its baseline; and loss against the share that is
 * skipped. Plain functions over any experiment's results: those on the page, and those of docs/claims.md.
 */
import { isGated, type RunConfig } from '../../shared/config';
import type { Experiment } from '../../shared/experiment';
import { learnsThreshold, ruleOf } from '../../shared/rules';
import { pairedDifference } from '../../shared/stats';
import { texts } from '../../shared/texts';
import type { ResultRow, Results } from '../../store/experiments/results';
import type { Drawing } from '../charts/drawing';
import { type ChartRow, intervalChart } from '../charts/intervals';
import { type Panel, panels } from '../charts/panels';
import { type ScatterLine, type ScatterPoint, scatterChart } from '../charts/scatter';
import { fixed, percent, signed } from '../format';
import { markOf, tradeOffPoints } from './figures';
import { referenceName } from './verdicts';

export interface Evidence {
  /** Losses with real signs minus losses with coins, all else being equal. */
  signs: readonly ChartRow[];
  /** Losses minus the baseline's. */
  against: { baseline: string; rows: readonly ChartRow[] };
  /** What counts as equal; null where nothing was said of it before. */
  margin: number | null;
  skip: { title: string; points: readonly ScatterPoint[]; lines?: readonly ScatterLine[]; level: number | null };
}

/** Of the panel of skipped shares, in CSS pixels. */
const HEIGHT = 260;

/** A panel without data is not there. */
export function evidenceFigure({ signs, against, margin, skip }: Evidence, width: number): Drawing {
  const t = texts().experiment.evidence;
  const differences = (title: string, rows: readonly ChartRow[]): Panel[] =>
    rows.length === 0
      ? []
      : [
          {
            title,
            draw: (room) =>
              intervalChart(rows, {
                title,
                width: room,
                format: (v) => signed(v, 3),
                level: { value: 0, label: t.same },
                margin,
              }),
          },
        ];
  const shares: Panel[] =
    skip.points.length < 2
      ? []
      : [
          {
            title: skip.title,
            draw: (room) =>
              scatterChart(skip.points, {
                title: skip.title,
                width: room,
                height: HEIGHT,
                format: (v) => fixed(v),
                level: skip.level === null ? null : { value: skip.level, label: t.level },
                xLabel: texts().compare.tradeOff.skipped,
                lines: skip.lines,
              }),
          },
        ];
  return panels([[...differences(t.signs, signs), ...shares], differences(t.against(against.baseline), against.rows)], {
    title: t.title,
    width,
  });
}

/** The gated variant that is as the one with coins but for its rule. */
function twinOf({ variants, grid }: Experiment, coin: RunConfig): RunConfig | undefined {
  const alike = (id: string) =>
    !grid || grid.settings.some((s) => s.variants.includes(id) && s.variants.includes(coin.id));
  return variants.find(
    (v) =>
      v.method === coin.method &&
      v.shrink === coin.shrink &&
      v.gate.rule !== coin.gate.rule &&
      learnsThreshold(v.gate) &&
      !ruleOf(v.gate).shrinks &&
      alike(v.id),
  );
}

const differencesOf = (a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] =>
  a.map((x, i) => (x === null || b[i] === null ? null : x - b[i]));

/** Of an experiment's results; null where there is nothing to compare yet. */
export function evidenceOf(experiment: Experiment, results: Results): Evidence | null {
  const { rows, measures, base } = results;
  const at = measures.findIndex((m) => m.id === 'skipped');
  const skipped = (row: ResultRow) => percent(row.values[at]?.mean);
  const rowOf = (id: string) => rows.find((r) => r.id === id);
  const signs = experiment.variants.flatMap((coin): ChartRow[] => {
    const twin = isGated(coin) && coin.gate.rule === 'coin' ? twinOf(experiment, coin) : undefined;
    const [a, b] = [twin && rowOf(twin.id), rowOf(coin.id)];
    const interval = a && b ? pairedDifference(a.losses, b.losses) : null;
    if (!a || !b || !interval) return [];
    return [
      {
        label: texts().experiment.evidence.shares(a.name, skipped(a), skipped(b)),
        mark: markOf(rows.indexOf(a)),
        interval,
        values: differencesOf(a.losses, b.losses),
      },
    ];
  });
  const against = rows.flatMap((row, i): ChartRow[] => {
    const reference = row.against && rowOf(row.against.id);
    return reference && row.difference
      ? [
          {
            label: row.name,
            mark: markOf(i),
            interval: row.difference,
            values: differencesOf(row.losses, reference.losses),
          },
        ]
      : [];
  });
  if (against.length === 0) return null;
  return {
    signs,
    against: { baseline: referenceName(results), rows: against },
    margin: null,
    skip: { title: texts().compare.tradeOff.title, points: tradeOffPoints(results), level: base },
  };
}
