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
  /** Ends of its interval, where they do not lie evenly about the mean. */
  ends?: readonly [number, number];
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
  /** Half the width of a band around the level: what lies in it counts as equal. */
  margin?: number | null;
}

const ROW = 26;
const GROUP = 24;
const TOP = 8;

/** Of a row's interval; empty without one. */
function endsOf({ interval, ends }: ChartRow): readonly number[] {
  if (!interval) return [];
  return ends ?? [interval.mean - (interval.half ?? 0), interval.mean + (interval.half ?? 0)];
}

/** What an axis must span: every dot, interval and level, and a little room. */
function span(rows: readonly ChartRow[], look: Look): [number, number] {
  if (look.share) return [0, 1];
  const all = rows.flatMap((row) => [...endsOf(row), ...(row.values ?? []).filter((v) => v !== null)]);
  const margin = look.margin ?? 0;
  if (look.level) all.push(look.level.value - margin, look.level.value + margin);
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((high - low) * 0.06, Math.abs(high) * 1e-3, 1e-6);
  return [low - room, high + room];
}

/** The chart. An interval that runs out of a share's 0 to 1 is cut there. */
export function intervalChart(rows: readonly ChartRow[], look: Look): Drawing {
  const t = texts().charts.intervals;
  const { width, format, share, level, margin } = look;
  const left = Math.min(190, Math.max(84, ...rows.map((r) => letters(r.label) * 6.8 + 14)), width * 0.45);
  const right = 18;
  const [low, high] = span(rows, look);
  const x = (v: number) => left + ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * (width - left - right);
  let y = TOP + (level ? 14 : 0);
  const parts: Drawing[] = [];
  for (const row of rows) {
    const { label, mark, interval, values, group } = row;
    if (group !== undefined) {
      parts.push(draw('text', { x: 0, y: y + 15, className: 'chart-group' }, group));
      y += GROUP;
    }
    const middle = y + ROW / 2;
    parts.push(draw('text', { x: left - 8, y: middle + 4, textAnchor: 'end', className: 'chart-label' }, label));
    if (interval) {
      const { mean, half, n } = interval;
      const [from, to] = endsOf(row);
      const written = row.ends ? ` (${row.ends.map(format).join(', ')})` : half === null ? '' : ` ± ${format(half)}`;
      const said = t.row(label, format(mean) + written, n);
      const whisker =
        half === null && !row.ends
          ? []
          : [
              draw('line', {
                x1: x(from),
                x2: x(to),
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
  const [top, bottom] = [TOP.toFixed(1), axis.toFixed(1)];
  const band = (level: number, half: number) => {
    const [from, to] = [x(level - half).toFixed(1), x(level + half).toFixed(1)];
    const points = `${from},${top} ${to},${top} ${to},${bottom} ${from},${bottom}`;
    return draw('polygon', { points, className: 'chart-band mark-0' });
  };
  const over = level
    ? [
        ...(margin ? [band(level.value, margin)] : []),
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
