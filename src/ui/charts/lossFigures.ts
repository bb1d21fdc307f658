/** Figures of validation losses that Compare, experiments and the files of both draw: the same, wherever they stand. */
import { texts } from '../../shared/texts';
import { fixed } from '../format';
import { type Band, bandChart } from './bands';
import type { Drawing } from './drawing';
import { type ScatterPoint, scatterChart } from './scatter';

/** In CSS pixels. */
const HEIGHT = 250;
const LOW = 165;

/**
 * Loss against the share that is skipped. @param base validation loss of the base model; null where it was not measured
 * @param low for a window in which tables stand above and below it
 */
export function tradeOffFigure(
  points: readonly ScatterPoint[],
  base: number | null,
  width: number,
  low = false,
): Drawing {
  const t = texts().compare.tradeOff;
  return scatterChart(points, {
    title: t.over,
    width,
    height: low ? LOW : HEIGHT,
    format: (v) => fixed(v),
    level: base === null ? null : { value: base, label: t.base },
    xLabel: t.skipped,
  });
}

/** Loss over steps: mean and range over seeds. */
export const lossBands = (bands: readonly Band[], title: string, width: number): Drawing =>
  bandChart(bands, { title, width, height: HEIGHT, format: (v) => fixed(v, 2) });
