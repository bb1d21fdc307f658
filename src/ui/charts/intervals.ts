/** Rows with a value each: its interval, and every seed as a dot; or a bar where the value is a share. */
import type { Interval } from '../../shared/stats';
import { texts } from '../../shared/texts';
import { type Drawing, draw } from './drawing';
import { letters } from './textWidth';
import { ticks } from './ticks';

export interface ChartRow {
  label: string;
  /** Class of its colour; `mark-1` … as runs are marked. */
  mark: string;
  interval: Interval | null;
  /** One per seed. */
  values?: readonly (number | null)[];
  /** Stands in front of the first row of a group. */
  group?: string;
}

interface Look {
  title: string;
  width: number;
  /** Numbers on the axis. */
  format: (value: number) => string;
  /** Bars from 0 to 1 instead of dots on an axis that fits the values. */
  share?: boolean;
  /** A level to hold all rows against, with its name. */
  level?: { value: number; label: string } | null;
}

const ROW = 26;
const GROUP = 24;
const TOP = 8;

/** What an axis must span: every dot, interval and level, and a little room. */
function span(rows: readonly ChartRow[], look: Look): [number, number] {
  if (look.share) return [0, 1];
  const all = rows.flatMap(({ interval, values }) => [
    ...(interval ? [interval.mean - (interval.half ?? 0), interval.mean + (interval.half ?? 0)] : []),
    ...(values ?? []).filter((v) => v !== null),
  ]);
  if (look.level) all.push(look.level.value);
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((high - low) * 0.06, Math.abs(high) * 1e-3, 1e-6);
  return [low - room, high + room];
}

/** The chart. An interval that runs out of a share's 0 to 1 is cut there. */
export function intervalChart(rows: readonly ChartRow[], look: Look): Drawing {
  const t = texts().charts.intervals;
  const { width, format, share, level } = look;
  const left = Math.min(190, Math.max(84, ...rows.map((r) => letters(r.label) * 6.8 + 14)), width * 0.45);
  const right = 18;
  const [low, high] = span(rows, look);
  const x = (v: number) => left + ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * (width - left - right);
  let y = TOP + (level ? 14 : 0);
  const parts: Drawing[] = [];
  for (const { label, mark, interval, values, group } of rows) {
    if (group !== undefined) {
      parts.push(draw('text', { x: 0, y: y + 15, className: 'chart-group' }, group));
      y += GROUP;
    }
    const middle = y + ROW / 2;
    parts.push(draw('text', { x: left - 8, y: middle + 4, textAnchor: 'end', className: 'chart-label' }, label));
    if (interval) {
      const { mean, half, n } = interval;
      const said = t.row(label, format(mean) + (half === null ? '' : ` ± ${format(half)}`), n);
      const whisker =
        half === null
          ? []
          : [
              draw('line', {
                x1: x(mean - half),
                x2: x(mean + half),
                y1: middle,
                y2: middle,
                className: `chart-whisker ${share ? 'over-bar' : mark}`,
              }),
            ];
      if (share)
        parts.push(
          draw(
            'g',
            {},
            draw('title', {}, said),
            draw('rect', {
              x: x(0),
              y: y + 5,
              width: Math.max(0.5, x(mean) - x(0)),
              height: ROW - 10,
              className: `chart-bar ${mark}`,
            }),
            ...whisker,
          ),
        );
      else {
        const dots = (values ?? []).flatMap((v) =>
          v === null ? [] : [draw('circle', { cx: x(v), cy: middle, r: 3.5, className: `chart-dot ${mark}` })],
        );
        parts.push(
          draw(
            'g',
            {},
            draw('title', {}, said),
            ...whisker,
            ...dots,
            draw('line', { x1: x(mean), x2: x(mean), y1: middle - 8, y2: middle + 8, className: `chart-mean ${mark}` }),
          ),
        );
      }
    }
    y += ROW;
  }
  const axis = y + 4;
  const marks = ticks(low, high, Math.max(3, Math.floor((width - left) / 90)));
  const grid = marks.flatMap((t) => [
    draw('line', { x1: x(t), x2: x(t), y1: TOP, y2: axis, className: 'chart-grid' }),
    draw('text', { x: x(t), y: axis + 16, textAnchor: 'middle', className: 'chart-tick' }, format(t)),
  ]);
  const over = level
    ? [
        draw('line', { x1: x(level.value), x2: x(level.value), y1: TOP, y2: axis, className: 'chart-level' }),
        draw(
          'text',
          {
            x: x(level.value) + (x(level.value) > width / 2 ? -5 : 5),
            y: TOP + 8,
            textAnchor: x(level.value) > width / 2 ? 'end' : 'start',
            className: 'chart-tick',
          },
          level.label,
        ),
      ]
    : [];
  const height = axis + 24;
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, look.title),
    ...grid,
    ...over,
    ...parts,
  );
}
