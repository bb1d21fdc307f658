/**
 * Validation loss against the skipped share: a line for each way to choose, runs that were trained with gates as points
 * on it.
 */
import { isGated } from '../../shared/config';
import { SIEVE_WAYS } from '../../shared/sieve';
import { texts } from '../../shared/texts';
import { totalSkipped } from '../../store/metricLog';
import type { SieveSlice } from '../../store/sieve/slices';
import type { SessionView } from '../../store/slices';
import { type Drawing, draw } from '../charts/drawing';
import { ticks } from '../charts/ticks';

interface Point {
  skipped: number;
  loss: number;
}

export interface SkipLine {
  label: string;
  mark: string;
  points: readonly Point[];
}

/** A run that was trained with gates: a point beside the lines. */
interface RunPoint extends Point {
  label: string;
  mark: string;
}

/** The curves that are there. */
export const skipLines = (points: SieveSlice['points']): SkipLine[] =>
  SIEVE_WAYS.flatMap((way, i): SkipLine[] => {
    const drawn = points[way] ?? [];
    return drawn.length > 0 ? [{ label: texts().sieve.ways[way], mark: `mark-${i + 4}`, points: drawn }] : [];
  });

/** The session's runs with gates, as they ended. */
export const gatedPoints = ({ config, metricLogs }: SessionView): RunPoint[] =>
  config.runs.flatMap((run, i) => {
    const last = metricLogs.get(run.id)?.evals.at(-1);
    return isGated(run) && last?.gate
      ? [{ label: run.name, mark: `mark-${i + 1}`, skipped: totalSkipped(last.gate), loss: last.loss }]
      : [];
  });

interface Look {
  title: string;
  width: number;
  height: number;
  format: (value: number) => string;
  runs: readonly RunPoint[];
  /** Where the slider stands. */
  at: Point | null;
  /** Without axes and names: as large as a few words. */
  small?: boolean;
}

/** Left, right, top, bottom. */
const ROOM = [56, 16, 14, 40];
const SMALL_ROOM = [6, 6, 6, 6];

export function skipCurve(
  lines: readonly SkipLine[],
  { title, width, height, format, runs, at, small = false }: Look,
): Drawing {
  const [LEFT, RIGHT, TOP, BOTTOM] = small ? SMALL_ROOM : ROOM;
  const all = [...lines.flatMap((l) => l.points), ...runs, ...(at ? [at] : [])];
  const losses = all.map((p) => p.loss);
  const room = Math.max((Math.max(...losses) - Math.min(...losses)) * 0.1, 1e-4);
  const [low, high] = [Math.min(...losses) - room, Math.max(...losses) + room];
  const x = (share: number) => LEFT + share * (width - LEFT - RIGHT);
  const y = (loss: number) => TOP + (1 - (loss - low) / (high - low)) * (height - TOP - BOTTOM);
  const label = (p: Point, name: string) =>
    draw('title', {}, texts().charts.scatter.point(name, `${(p.skipped * 100).toFixed(1)} %`, format(p.loss)));
  const axes = () => [
    ...ticks(low, high, 4).flatMap((t) => [
      draw('line', { x1: LEFT, x2: width - RIGHT, y1: y(t), y2: y(t), className: 'chart-grid' }),
      draw('text', { x: LEFT - 6, y: y(t) + 4, textAnchor: 'end', className: 'chart-tick' }, format(t)),
    ]),
    ...ticks(0, 1, 5).flatMap((t) => [
      draw('line', { x1: x(t), x2: x(t), y1: TOP, y2: height - BOTTOM, className: 'chart-grid' }),
      draw(
        'text',
        { x: x(t), y: height - BOTTOM + 16, textAnchor: 'middle', className: 'chart-tick' },
        `${Math.round(t * 100)} %`,
      ),
    ]),
    draw('text', { x: width - RIGHT, y: height - 4, textAnchor: 'end', className: 'chart-tick' }, texts().sieve.axis),
  ];
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
    ...(small ? [] : axes()),
    ...lines.flatMap(({ label: name, mark, points }) => [
      ...points.slice(1).map((p, i) =>
        draw('line', {
          x1: x(points[i].skipped),
          y1: y(points[i].loss),
          x2: x(p.skipped),
          y2: y(p.loss),
          className: `chart-whisker ${mark}`,
        }),
      ),
      ...points.map((p) =>
        draw(
          'g',
          {},
          label(p, name),
          draw('circle', { cx: x(p.skipped), cy: y(p.loss), r: small ? 1.5 : 3, className: `chart-dot ${mark}` }),
        ),
      ),
      ...(small ? [] : points.slice(-1)).map((p) =>
        draw(
          'text',
          {
            x: Math.min(x(p.skipped) + 6, width - RIGHT),
            y: y(p.loss) - 8,
            textAnchor: 'end',
            className: 'chart-name',
          },
          name,
        ),
      ),
    ]),
    ...runs.map((p) =>
      draw(
        'g',
        {},
        label(p, p.label),
        draw('circle', { cx: x(p.skipped), cy: y(p.loss), r: small ? 3.5 : 5, className: `chart-point ${p.mark}` }),
        ...(small
          ? []
          : [
              draw(
                'text',
                { x: x(p.skipped) + 9, y: y(p.loss) + 4, textAnchor: 'start', className: 'chart-name' },
                p.label,
              ),
            ]),
      ),
    ),
    ...(at
      ? [draw('line', { x1: x(at.skipped), x2: x(at.skipped), y1: TOP, y2: height - BOTTOM, className: 'chart-level' })]
      : []),
  );
}
