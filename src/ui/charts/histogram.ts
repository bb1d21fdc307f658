/** Drawing of one module's histogram of r, with its cut. */
import { ratioEdge } from '../../shared/ratio';
import { RATIO_BINS } from '../../shared/types';
import { compact } from '../format';
import type { ChartColors } from './chartColors';
import type { Surface } from './surface';

/** Position of a value on the axis of bins, with its fraction. */
export function binAt(r: number): number {
  for (let b = 0; b < RATIO_BINS; b++) {
    if (r < ratioEdge(b + 1)) return b + (r - ratioEdge(b)) / (ratioEdge(b + 1) - ratioEdge(b));
  }
  return RATIO_BINS;
}

/** First and last bin worth showing: every used one and the cuts, with a little room. */
export function binSpan(histograms: readonly ArrayLike<number>[], cuts: readonly number[]): [number, number] {
  let [from, to] = [RATIO_BINS, 0];
  for (const bins of histograms) {
    for (let b = 0; b < RATIO_BINS; b++) {
      if (bins[b] === 0) continue;
      from = Math.min(from, b);
      to = Math.max(to, b);
    }
  }
  for (const cut of cuts) {
    from = Math.min(from, Math.floor(binAt(cut)));
    to = Math.max(to, Math.floor(binAt(cut)));
  }
  return [Math.max(0, from - 1), Math.min(RATIO_BINS, to + 2)];
}

export interface HistogramBox {
  x: number;
  y: number;
  width: number;
  height: number;
  span: readonly [number, number];
  /** Above the bars. */
  title?: string;
  /** Numbers under the axis, and the cut in words. */
  detailed?: boolean;
}

/** @param cut its name and its r; null where the gate does not go by r */
export function drawHistogram(
  to: Surface,
  bins: ArrayLike<number>,
  { x, y, width, height, span: [from, end], title, detailed = false }: HistogramBox,
  { cut, colors }: { cut: { name: string; at: number } | null; colors: ChartColors },
): void {
  const bottom = y + height - (detailed ? 22 : 8);
  const top = y + (title ? 18 : 6) + (detailed ? 14 : 0);
  const at = (bin: number) => x + ((bin - from) / (end - from)) * width;
  const most = Math.max(1, ...Array.from(bins));
  if (title) to.text(x, y + 8, title, { fill: colors.ink2, size: 11 });
  for (let b = from; b < end; b++) {
    if (!bins[b]) continue;
    const h = Math.max(1, (bins[b] / most) * (bottom - top));
    const skipped = cut !== null && ratioEdge(b + 1) <= cut.at;
    to.rect({
      x: at(b) + 0.5,
      y: bottom - h,
      width: Math.max(1, at(b + 1) - at(b) - 1),
      height: h,
      fill: skipped ? colors.keep(0).fill : colors.keep(1).fill,
      stroke: skipped ? colors.lineStrong : undefined,
    });
  }
  to.line(
    [
      [x, bottom],
      [x + width, bottom],
    ],
    colors.lineStrong,
    1,
  );
  const every = (end - from) * 15 > width ? 8 : 4;
  if (detailed)
    for (let b = from; b <= end; b++)
      if (b % every === 0)
        to.text(at(b), bottom + 12, compact(ratioEdge(b)), { fill: colors.ink2, align: 'center', size: 11 });
  if (cut === null) return;
  const t = binAt(cut.at);
  to.line(
    [
      [at(t), top - 4],
      [at(t), bottom],
    ],
    colors.ink,
    1.5,
    [4, 3],
  );
  if (!detailed) return;
  const right = t > (from + end) / 2;
  to.text(at(t) + (right ? -6 : 6), y + 8, `${cut.name} ${compact(cut.at)}`, {
    fill: colors.ink,
    align: right ? 'end' : 'start',
  });
}
