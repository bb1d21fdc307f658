/** Shares over steps: a line per series, its interval as a whisker at every point, named at its right end. */
import type { Interval } from '../../shared/stats';
import { texts } from '../../shared/texts';
import { type Drawing, draw } from './drawing';
import { type EndName, endNames } from './endNames';
import { letters } from './textWidth';
import { ticks } from './ticks';

export interface ShareLine {
  label: string;
  /** Class of its colour. */
  mark: string;
  /** Lines that share a colour differ by this. */
  dashed: boolean;
  points: readonly { x: number; interval: Interval | null }[];
}

interface Look {
  title: string;
  width: number;
  format: (share: number) => string;
  level: { value: number; label: string };
}

const HEIGHT = 260;
const LEFT = 48;
const TOP = 12;
const BOTTOM = 30;
/** Width of a letter of a name, in CSS pixels. */
const LETTER = 6.8;

export function shareChart(lines: readonly ShareLine[], { title, width, format, level }: Look): Drawing {
  const names = Math.max(0, ...lines.map((l) => letters(l.label)));
  const right = Math.min(names * LETTER + 14, width / 2);
  const all = lines.flatMap((l) => l.points.map((p) => p.x));
  const [first, last] = [Math.min(0, ...all), Math.max(1, ...all)];
  const x = (v: number) => LEFT + ((v - first) / (last - first)) * (width - LEFT - right);
  const y = (share: number) => TOP + (1 - Math.min(1, Math.max(0, share))) * (HEIGHT - TOP - BOTTOM);
  const parts: Drawing[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(
      draw('line', {
        x1: LEFT,
        x2: width - right,
        y1: y(share),
        y2: y(share),
        className: share === level.value ? 'chart-level' : 'chart-grid',
      }),
      draw('text', { x: LEFT - 6, y: y(share) + 4, textAnchor: 'end', className: 'chart-tick' }, format(share)),
    );
  }
  parts.push(draw('text', { x: LEFT + 4, y: y(level.value) - 4, className: 'chart-tick' }, level.label));
  for (const t of ticks(first, last, Math.max(3, Math.floor((width - LEFT - right) / 90))))
    parts.push(draw('text', { x: x(t), y: HEIGHT - 10, textAnchor: 'middle', className: 'chart-tick' }, String(t)));
  const ends: EndName[] = [];
  for (const line of lines) {
    const points = line.points.flatMap(({ x: step, interval }) => (interval ? [{ step, ...interval }] : []));
    if (points.length === 0) continue;
    const dash = line.dashed ? ' chart-dashed' : '';
    points.forEach((p, i) => {
      const before = points[i - 1];
      if (before)
        parts.push(
          draw('line', {
            x1: x(before.step),
            y1: y(before.mean),
            x2: x(p.step),
            y2: y(p.mean),
            className: `chart-whisker ${line.mark}${dash}`,
          }),
        );
      const said = texts().charts.intervals.point(
        line.label,
        p.step,
        format(p.mean) + (p.half === null ? '' : ` ± ${format(p.half)}`),
      );
      parts.push(
        draw(
          'g',
          {},
          draw('title', {}, said),
          ...(p.half === null
            ? []
            : [
                draw('line', {
                  x1: x(p.step),
                  x2: x(p.step),
                  y1: y(p.mean - p.half),
                  y2: y(p.mean + p.half),
                  className: `chart-span ${line.mark}`,
                }),
              ]),
          draw('circle', { cx: x(p.step), cy: y(p.mean), r: 3.5, className: `chart-dot ${line.mark}` }),
        ),
      );
    });
    ends.push({ at: y(points.at(-1)!.mean) + 4, ...line });
  }
  parts.push(...endNames(ends, width - right + 10, HEIGHT - BOTTOM + 8));
  return draw(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
    ...parts,
  );
}
