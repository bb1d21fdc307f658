/** What was given for what was left out: each run as a dot, by its skipped share and what it came to. */
import type { Interval } from '../../shared/stats';
import { texts } from '../../shared/texts';
import { type Drawing, draw } from './drawing';
import { letters } from './textWidth';
import { ticks } from './ticks';

export interface ScatterPoint {
  label: string;
  mark: string;
  /** Skipped share, 0–1. */
  x: number;
  y: Interval;
  /** One per seed, where there are several: `[skipped share, value]`. */
  seeds?: readonly (readonly [number, number])[];
}

/** Points that belong together, joined: `[skipped share, value]` in ascending order; the last one has the name. */
export interface ScatterLine {
  label: string;
  mark: string;
  points: readonly (readonly [number, number])[];
}

interface Look {
  title: string;
  width: number;
  height: number;
  format: (value: number) => string;
  /** Value of the base model, drawn where it lies not far from the others. */
  level: { value: number; label: string } | null;
  xLabel: string;
  lines?: readonly ScatterLine[];
}

const LEFT = 56;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 40;
/** Width of a letter, and the least distance of two names, in CSS pixels. */
const LETTER = 6.8;
const LINE = 14;

/** What the axis of values must span; a level far away would squeeze all differences into nothing. */
function spanOf(
  points: readonly ScatterPoint[],
  { level, lines = [] }: Pick<Look, 'level' | 'lines'>,
): { low: number; high: number; near: boolean } {
  const all = points.flatMap(({ y, seeds }) => [
    y.mean - (y.half ?? 0),
    y.mean + (y.half ?? 0),
    ...(seeds ?? []).map(([, v]) => v),
  ]);
  all.push(...lines.flatMap((l) => l.points.map(([, v]) => v)));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const reach = Math.max(most - least, Math.abs(most) * 0.01, 1e-6);
  const near = level !== null && level.value < most + 2 * reach && level.value > least - 2 * reach;
  const [low, high] = near ? [Math.min(least, level.value), Math.max(most, level.value)] : [least, most];
  const room = Math.max((high - low) * 0.12, Math.abs(high) * 2e-3, 1e-6);
  return { low: low - room, high: high + room, near };
}

export function scatterChart(points: readonly ScatterPoint[], look: Look): Drawing {
  const { title, width, height, format, level, xLabel, lines = [] } = look;
  const { low, high, near } = spanOf(points, look);
  const shares = points.flatMap((p) => [p.x, ...(p.seeds ?? []).map(([share]) => share)]);
  const widest = Math.max(0.1, ...shares, ...lines.flatMap((l) => l.points.map(([share]) => share)));
  const last = Math.min(1, widest * 1.15);
  const x = (share: number) => LEFT + (share / last) * (width - LEFT - RIGHT);
  const y = (v: number) => TOP + (1 - (v - low) / (high - low)) * (height - TOP - BOTTOM);
  const parts: Drawing[] = [];
  for (const t of ticks(low, high, Math.max(3, Math.floor((height - TOP - BOTTOM) / 44))))
    parts.push(
      draw('line', { x1: LEFT, x2: width - RIGHT, y1: y(t), y2: y(t), className: 'chart-grid' }),
      draw('text', { x: LEFT - 6, y: y(t) + 4, textAnchor: 'end', className: 'chart-tick' }, format(t)),
    );
  for (const t of ticks(0, last, Math.max(2, Math.floor((width - LEFT - RIGHT) / 70))))
    parts.push(
      draw('line', { x1: x(t), x2: x(t), y1: TOP, y2: height - BOTTOM, className: 'chart-grid' }),
      draw(
        'text',
        { x: x(t), y: height - BOTTOM + 16, textAnchor: 'middle', className: 'chart-tick' },
        `${Math.round(t * 100)} %`,
      ),
    );
  parts.push(draw('text', { x: width - RIGHT, y: height - 4, textAnchor: 'end', className: 'chart-tick' }, xLabel));
  if (near && level)
    parts.push(
      draw('line', {
        x1: LEFT,
        x2: width - RIGHT,
        y1: y(level.value),
        y2: y(level.value),
        className: 'chart-level',
      }),
      draw(
        'text',
        { x: width - RIGHT, y: y(level.value) - 4, textAnchor: 'end', className: 'chart-tick' },
        level.label,
      ),
    );
  const names: { x: number; y: number; end: boolean; label: string }[] = [];
  const name = (label: string, cx: number, cy: number) => {
    const end = cx + 10 + letters(label) * LETTER > width;
    names.push({ x: end ? cx - 9 : cx + 9, y: cy + 4, end, label });
  };
  for (const { label, mark, points: joined } of lines) {
    joined.slice(1).forEach(([share, value], i) => {
      const [before, from] = joined[i];
      const ends = { x1: x(before), y1: y(from), x2: x(share), y2: y(value) };
      parts.push(draw('line', { ...ends, className: `chart-whisker ${mark}` }));
    });
    for (const [share, value] of joined) {
      const said = texts().charts.scatter.point(label, `${(share * 100).toFixed(1)} %`, format(value));
      const dot = draw('circle', { cx: x(share), cy: y(value), r: 3, className: `chart-dot ${mark}` });
      parts.push(draw('g', {}, draw('title', {}, said), dot));
    }
    const last = joined.at(-1);
    if (last) name(label, x(last[0]), y(last[1]));
  }
  for (const { label, mark, x: share, y: value, seeds } of points) {
    const said = texts().charts.scatter.point(
      label,
      `${(share * 100).toFixed(1)} %`,
      format(value.mean) + (value.half === null ? '' : ` ± ${format(value.half)}`),
    );
    const [cx, cy] = [x(share), y(value.mean)];
    const whisker =
      value.half === null
        ? []
        : [
            draw('line', {
              x1: cx,
              x2: cx,
              y1: y(value.mean - value.half),
              y2: y(value.mean + value.half),
              className: `chart-whisker ${mark}`,
            }),
          ];
    const dots = (seeds ?? []).map(([s, v]) =>
      draw('circle', { cx: x(s), cy: y(v), r: 2.5, className: `chart-dot ${mark}` }),
    );
    parts.push(
      draw(
        'g',
        {},
        draw('title', {}, said),
        ...whisker,
        ...dots,
        draw('circle', { cx, cy, r: 5, className: `chart-point ${mark}` }),
      ),
    );
    name(label, cx, cy);
  }
  // Names that would lie on one another move down.
  names.sort((a, b) => a.y - b.y);
  const beside = (a: (typeof names)[number], b: (typeof names)[number]) =>
    Math.abs(a.x - b.x) < Math.max(letters(a.label), letters(b.label)) * LETTER + 12;
  names.forEach((name, i) => {
    const above = names.slice(0, i).filter((o) => beside(o, name));
    for (const other of above) if (name.y - other.y < LINE) name.y = other.y + LINE;
  });
  // And up again from the axis.
  for (let i = names.length - 1; i >= 0; i--) {
    const below = names.slice(i + 1).filter((o) => beside(o, names[i]));
    names[i].y = Math.min(names[i].y, height - BOTTOM - 4, ...below.map((o) => o.y - LINE));
  }
  for (const { x: at, y: line, end, label } of names)
    parts.push(draw('text', { x: at, y: line, textAnchor: end ? 'end' : 'start', className: 'chart-name' }, label));
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
    ...parts,
  );
}
