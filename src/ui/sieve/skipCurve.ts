/** Validation loss against the skipped share: a line for each way to choose, runs that were trained with gates as points on it. */
import { texts } from '../../shared/texts';
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

interface Look {
  title: string;
  width: number;
  height: number;
  format: (value: number) => string;
  /** Runs with gates: points beside the lines. */
  runs: readonly (Point & { label: string; mark: string })[];
  /** Where the slider stands. */
  at: Point | null;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [56, 16, 14, 40];

export function skipCurve(lines: readonly SkipLine[], { title, width, height, format, runs, at }: Look): Drawing {
  const all = [...lines.flatMap((l) => l.points), ...runs, ...(at ? [at] : [])];
  const losses = all.map((p) => p.loss);
  const room = Math.max((Math.max(...losses) - Math.min(...losses)) * 0.1, 1e-4);
  const [low, high] = [Math.min(...losses) - room, Math.max(...losses) + room];
  const x = (share: number) => LEFT + share * (width - LEFT - RIGHT);
  const y = (loss: number) => TOP + (1 - (loss - low) / (high - low)) * (height - TOP - BOTTOM);
  const label = (p: Point, name: string) =>
    draw('title', {}, texts().charts.scatter.point(name, `${(p.skipped * 100).toFixed(1)} %`, format(p.loss)));
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
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
          draw('circle', { cx: x(p.skipped), cy: y(p.loss), r: 3, className: `chart-dot ${mark}` }),
        ),
      ),
      ...points.slice(-1).map((p) =>
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
        draw('circle', { cx: x(p.skipped), cy: y(p.loss), r: 5, className: `chart-point ${p.mark}` }),
        draw('text', { x: x(p.skipped) + 9, y: y(p.loss) + 4, textAnchor: 'start', className: 'chart-name' }, p.label),
      ),
    ),
    ...(at
      ? [draw('line', { x1: x(at.skipped), x2: x(at.skipped), y1: TOP, y2: height - BOTTOM, className: 'chart-level' })]
      : []),
  );
}
