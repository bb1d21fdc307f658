/** A line chart as it is saved: axes, lines, and a label at the end of each. On the page uPlot draws the same lines. */
import { texts } from '../../shared/texts';
import type { Aligned } from '../../store/curves';
import { compact, percent } from '../format';
import type { ChartColors } from './chartColors';
import type { Surface } from './surface';
import { letters } from './textWidth';

export interface Line {
  label: string;
  color: string;
  width: number;
  dash?: number[];
  /** A dot at every value. */
  points?: boolean;
  /** What stands at its end on the page; the readout has the whole label. */
  end?: string;
  /** Drawn but not named: the unsmoothed behind the smoothed. */
  quiet?: boolean;
}

export interface LinePlot {
  lines: Line[];
  data: Aligned;
  yLabel: string;
  log?: boolean;
  /** y is a share: 0 to 1, shown in percent. */
  share?: boolean;
  range?: readonly [number, number] | null;
  /** Steps that the run will have: the axis is as long from the first step on. */
  planned?: number;
}

/** Of runs in their order, so that lines differ without colour, and of a level that nothing moves. */
const DASHES: (number[] | undefined)[] = [
  undefined,
  [8, 4],
  [2, 3],
  [10, 3, 2, 3],
  [14, 4],
  [4, 4],
  [1, 3],
  [12, 3, 2, 3, 2, 3],
];
export const BASE_DASH = [3, 4];

/** @param place of a run, from 0; they repeat */
export const dashOfRun = (place: number): number[] | undefined => DASHES[place % DASHES.length];

/** Round numbers across a span, about `count` of them. */
export function niceTicks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough)!;
  const out: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
    out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** Moves positions apart until none is closer than `gap`; order is kept, and they stay as near as they can. */
export function spread(wanted: readonly number[], gap: number): number[] {
  const order = [...wanted.keys()].sort((a, b) => wanted[a] - wanted[b]);
  const out = [...wanted];
  for (let k = 1; k < order.length; k++) out[order[k]] = Math.max(out[order[k]], out[order[k - 1]] + gap);
  return out;
}

const LEFT = 54;
const BOTTOM = 38;

export function drawLines(
  to: Surface,
  { lines, data, yLabel, log = false, share = false, range, planned = 0 }: LinePlot,
  { width, height, colors }: { width: number; height: number; colors: ChartColors },
): void {
  const [x, ...ys] = data;
  const [x0, x1] = range ?? [0, Math.max(1, planned, x.at(-1) ?? 1)];
  const usable = (v: number | null): v is number => v !== null && (!log || v > 0);
  const all = ys.flatMap((line) => line.filter((v, i): v is number => usable(v) && x[i] >= x0 && x[i] <= x1));
  const f = log ? Math.log10 : (v: number) => v;
  let [lo, hi] = share ? [0, 1] : [Math.min(...all.map(f)), Math.max(...all.map(f))];
  if (!Number.isFinite(lo) || !Number.isFinite(hi)) [lo, hi] = [0, 1];
  if (!share) {
    const pad = (hi - lo) * 0.05 || 0.5;
    [lo, hi] = [lo - pad, hi + pad];
  }
  const named = lines.map((l, i) => ({ ...l, i })).filter((l) => !l.quiet);
  const right = Math.max(0, ...named.map((l) => letters(l.label) * 6.6 + 14));
  const [w, h] = [width - LEFT - right, height - BOTTOM];
  const px = (v: number) => LEFT + ((v - x0) / (x1 - x0)) * w;
  const py = (v: number) => h - ((f(v) - lo) / (hi - lo)) * h;
  const ticks = log ? niceTicks(lo, hi, 5).map((t) => 10 ** t) : niceTicks(lo, hi, 5);
  for (const t of ticks) {
    to.line(
      [
        [LEFT, py(t)],
        [LEFT + w, py(t)],
      ],
      colors.line,
      1,
    );
    to.text(LEFT - 6, py(t), share ? percent(t) : compact(t), { fill: colors.ink2, align: 'end', size: 11 });
  }
  for (const t of niceTicks(x0, x1, 6)) {
    to.line(
      [
        [px(t), 0],
        [px(t), h],
      ],
      colors.line,
      1,
    );
    to.text(px(t), h + 12, String(t), { fill: colors.ink2, align: 'center', size: 11 });
  }
  to.text(LEFT + w / 2, h + 30, texts().charts.step, { fill: colors.ink2, align: 'center' });
  to.text(10, h / 2, yLabel, { fill: colors.ink2, align: 'center', rotate: -90 });
  const ends: { label: string; color: string; y: number }[] = [];
  lines.forEach((line, l) => {
    const points = x.flatMap((at, i): [number, number][] => {
      const v = ys[l]?.[i] ?? null;
      return usable(v) && at >= x0 && at <= x1 ? [[px(at), py(v)]] : [];
    });
    if (points.length > 1) to.line(points, line.color, line.width, line.dash);
    if (line.points) for (const [a, b] of points) to.dot(a, b, 3, line.color);
    if (!line.quiet && points.length > 0) ends.push({ label: line.label, color: line.color, y: points.at(-1)![1] });
  });
  spread(
    ends.map((e) => e.y),
    14,
  ).forEach((y, i) => to.text(LEFT + w + 8, y, ends[i].label, { fill: ends[i].color }));
}
