/** Names at the right ends of lines, moved so that none lies on another. */
import { type Drawing, draw } from './drawing';

export interface EndName {
  /** Where its line ends, as the base line of a text. */
  at: number;
  label: string;
  mark: string;
}

/** Least distance between two names, in CSS pixels. */
const LINE = 14;

/** @param floor the lowest that a name may stand: names move down, and up again where the picture ends */
export function endNames(names: readonly EndName[], x: number, floor: number): Drawing[] {
  const placed = [...names].sort((a, b) => a.at - b.at).map((n) => ({ ...n }));
  placed.forEach((n, i) => {
    if (i > 0) n.at = Math.max(n.at, placed[i - 1].at + LINE);
  });
  for (let i = placed.length - 1, least = floor; i >= 0; i--, least -= LINE)
    placed[i].at = Math.min(placed[i].at, least);
  return placed.map(({ at, label, mark }) => draw('text', { x, y: at, className: `chart-name ${mark}` }, label));
}
