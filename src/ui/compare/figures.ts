/** Pictures of what is compared, the same on the page and in the shared result. Plain functions. */
import { texts } from '../../shared/texts';
import { type SeedGroup, type SeedRow, groupBand } from '../../store/compare/seeds';
import type { Band } from '../charts/bands';
import type { Drawing } from '../charts/drawing';
import { lossBands } from '../charts/lossFigures';
import type { ScatterPoint } from '../charts/scatter';

/** One point a row; empty where there is nothing to trade, since nothing is skipped. */
export function tradeOffPoints(rows: readonly SeedRow[]): ScatterPoint[] {
  const comparable = rows.filter((r) => r.group.comparable);
  if (comparable.length < 2 || !comparable.some((r) => r.skipped && r.skipped.mean > 0)) return [];
  return comparable.map(({ group, loss, skipped }) => ({
    label: group.name,
    mark: `mark-${group.index}`,
    x: skipped?.mean ?? 0,
    y: loss,
    seeds: loss.n > 1 ? group.runs.map((r) => [r.final.skipped ?? 0, r.final.loss!] as const) : undefined,
  }));
}

/** Empty where no group has several seeds. */
export const seedBands = (groups: readonly SeedGroup[]): Band[] =>
  groups.every((g) => g.runs.length < 2)
    ? []
    : groups
        .map((g) => ({ label: g.name, mark: `mark-${g.index}`, seeds: g.runs.length, points: groupBand(g) }))
        .filter((b) => b.points.length > 0);

export const seedBandFigure = (bands: readonly Band[], width: number): Drawing =>
  lossBands(bands, texts().compare.bands.over, width);
