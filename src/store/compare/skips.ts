/** What several gated runs skip, laid out alike so that cell stands beside cell. Plain functions. */
import type { ModuleId } from '../../shared/types';
import type { ModuleSeries } from '../metricLog';

/** A run's skipped shares over its steps. */
export interface SkipRun {
  modules: readonly ModuleId[];
  series: ModuleSeries;
}

export interface SkipGrid {
  layers: number[];
  kinds: string[];
}

/** Layers and kinds that any of the runs adapts. */
export function gridOf(runs: readonly Pick<SkipRun, 'modules'>[]): SkipGrid {
  const layers = [...new Set(runs.flatMap((r) => r.modules.map((m) => m.layer)))].sort((a, b) => a - b);
  return { layers, kinds: [...new Set(runs.flatMap((r) => r.modules.map((m) => m.kind)))] };
}

/** All steps at which any of the runs has a row, in order. */
export function stepsOf(runs: readonly Pick<SkipRun, 'series'>[]): number[] {
  return [...new Set(runs.flatMap(({ series }) => Array.from(series.steps.subarray(0, series.rows))))].sort(
    (a, b) => a - b,
  );
}

/** Shares of one run as a grid: [layer][kind], null where it adapts no such module. */
export interface SkipMapAt {
  /** Its own step: the last at or before the one asked for, or its first. */
  step: number;
  cells: (number | null)[][];
}

export function mapAt({ modules, series }: SkipRun, { layers, kinds }: SkipGrid, step: number): SkipMapAt {
  let row = 0;
  while (row + 1 < series.rows && series.steps[row + 1] <= step) row++;
  const values = series.row(row);
  const index = new Map(modules.map((m, i) => [`${m.layer}.${m.kind}`, i]));
  const cells = layers.map((layer) =>
    kinds.map((kind) => {
      const m = index.get(`${layer}.${kind}`);
      return m === undefined ? null : values[m];
    }),
  );
  return { step: series.steps[row], cells };
}

/** Cell by cell a − b; null where one of them has none. */
export function differenceMap(a: SkipMapAt['cells'], b: SkipMapAt['cells']): (number | null)[][] {
  return a.map((line, r) =>
    line.map((x, c) => {
      const y = b[r][c];
      return x === null || y === null ? null : x - y;
    }),
  );
}

const SPANS = [0.05, 0.1, 0.25, 0.5, 1];

/** A round number that no difference exceeds: where the colours of all difference maps end. */
export function spanOf(maps: readonly (number | null)[][][]): number {
  const most = Math.max(0, ...maps.flat(2).map((d) => Math.abs(d ?? 0)));
  return SPANS.find((s) => s >= most) ?? 1;
}
