/** Curves over steps, each the mean over seeds with the range of all of them as a band, named at its right end. */
import { texts } from '../../shared/texts';
import { type Drawing, draw } from './drawing';
import { type EndName, endNames } from './endNames';
import { ticks } from './ticks';

export interface Band {
  label: string;
  mark: string;
  seeds: number;
  points: readonly { step: number; mean: number; low: number; high: number }[];
}

interface Look {
  title: string;
  width: number;
  height: number;
  format: (value: number) => string;
}

const LEFT = 56;
const TOP = 12;
const BOTTOM = 30;

/** @param bands each with a point at least */
export function bandChart(bands: readonly Band[], { title, width, height, format }: Look): Drawing {
  const right = Math.min(150, width * 0.3);
  const all = bands.flatMap((b) => b.points);
  const last = Math.max(1, ...all.map((p) => p.step));
  const [least, most] = [Math.min(...all.map((p) => p.low)), Math.max(...all.map((p) => p.high))];
  const room = Math.max((most - least) * 0.05, 1e-6);
  const [low, high] = [least - room, most + room];
  const x = (step: number) => LEFT + (step / last) * (width - LEFT - right);
  const y = (v: number) => TOP + (1 - (v - low) / (high - low)) * (height - TOP - BOTTOM);
  const parts: Drawing[] = [];
  for (const t of ticks(low, high, Math.max(3, Math.floor((height - TOP - BOTTOM) / 44))))
    parts.push(
      draw('line', { x1: LEFT, x2: width - right, y1: y(t), y2: y(t), className: 'chart-grid' }),
      draw('text', { x: LEFT - 6, y: y(t) + 4, textAnchor: 'end', className: 'chart-tick' }, format(t)),
    );
  for (const t of ticks(0, last, Math.max(3, Math.floor((width - LEFT - right) / 90))))
    parts.push(draw('text', { x: x(t), y: height - 10, textAnchor: 'middle', className: 'chart-tick' }, String(t)));
  const names: EndName[] = [];
  for (const band of bands) {
    const { label, mark, seeds, points } = band;
    const end = points.at(-1)!;
    const edge = (side: 'low' | 'high') => points.map((p) => `${x(p.step).toFixed(1)},${y(p[side]).toFixed(1)}`);
    parts.push(
      draw(
        'g',
        {},
        draw('title', {}, texts().charts.bands.line(label, seeds, end.step, format(end.mean))),
        ...(seeds > 1 && points.length > 1
          ? [
              draw('polygon', {
                points: [...edge('high'), ...edge('low').toReversed()].join(' '),
                className: `chart-band ${mark}`,
              }),
            ]
          : []),
        ...points.slice(1).map((p, i) =>
          draw('line', {
            x1: x(points[i].step),
            y1: y(points[i].mean),
            x2: x(p.step),
            y2: y(p.mean),
            className: `chart-whisker ${mark}`,
          }),
        ),
        ...(points.length === 1
          ? [draw('circle', { cx: x(end.step), cy: y(end.mean), r: 3.5, className: `chart-dot ${mark}` })]
          : []),
      ),
    );
    names.push({ at: y(end.mean) + 4, label, mark });
  }
  parts.push(...endNames(names, width - right + 10, height - BOTTOM + 8));
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
    ...parts,
  );
}
