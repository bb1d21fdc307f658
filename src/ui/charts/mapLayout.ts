/** Where the cells of a map lie, and how it is drawn. Used by the page's canvas and by the files alike. */
import type { ChartColors } from './chartColors';
import type { Shade } from './ramp';
import type { Surface } from './surface';
import { letters } from './textWidth';

export interface MapSpec {
  rows: string[];
  columns: string[];
  /** Shade of a cell; null where there is none. */
  shade: (row: number, column: number) => Shade | null;
  /** Text inside a cell, where there is room. */
  text?: (row: number, column: number) => string;
  cellHeight: number;
  /** Narrowest and widest cell; a map that does not fit scrolls. */
  minCell: number;
  maxCell: number;
  /** Column names upright instead of level: for words. */
  upright?: boolean;
}

export interface MapLayout {
  left: number;
  top: number;
  cell: number;
  width: number;
  height: number;
}

/** Longest name of a column that is drawn, in characters. */
const LONGEST = 12;
const GAP = 1;
const CHAR = 6.7;

export function layOut(
  { rows, columns, cellHeight, minCell, maxCell, upright }: MapSpec,
  available: number,
): MapLayout {
  const left = 10 + CHAR * Math.max(1, ...rows.map((r) => r.length));
  const top = upright ? 12 + 7.3 * Math.min(LONGEST, Math.max(1, ...columns.map(letters))) : 22;
  const cell = Math.min(maxCell, Math.max(minCell, Math.floor((available - left) / Math.max(1, columns.length))));
  return { left, top, cell, width: left + cell * columns.length, height: top + cellHeight * rows.length };
}

export function drawMap(to: Surface, spec: MapSpec, { left, top, cell }: MapLayout, colors: ChartColors): void {
  const { rows, columns, cellHeight, shade, text, upright } = spec;
  // Names as often as there is room for them.
  const every = upright ? Math.max(1, Math.ceil(11 / cell)) : 1;
  columns.forEach((name, c) => {
    if (c % every !== 0) return;
    const x = left + cell * (c + 0.5);
    if (upright)
      to.text(x, top - 5, name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name, {
        fill: colors.ink2,
        size: 11,
        rotate: -90,
        mono: true,
      });
    else to.text(x, top / 2, name, { fill: colors.ink2, align: 'center' });
  });
  const everyRow = Math.max(1, Math.ceil(11 / cellHeight));
  rows.forEach((name, r) => {
    const y = top + cellHeight * r;
    if (r % everyRow === 0)
      to.text(left - 6, y + (cellHeight * everyRow) / 2, name, {
        fill: colors.ink2,
        align: 'end',
        size: cellHeight < 14 ? 10 : 12,
      });
    for (let c = 0; c < columns.length; c++) {
      const s = shade(r, c);
      const x = left + cell * c;
      if (!s) {
        to.text(x + cell / 2, y + cellHeight / 2, '–', { fill: colors.ink2, align: 'center' });
        continue;
      }
      to.rect({
        x,
        y,
        width: cell - GAP,
        height: cellHeight - GAP,
        fill: s.fill,
        stroke: undefined,
        radius: cellHeight > 20 ? 3 : 0,
      });
      if (text && cell >= 24 && cellHeight >= 14)
        to.text(x + (cell - GAP) / 2, y + (cellHeight - GAP) / 2, text(r, c), { fill: s.ink, align: 'center' });
    }
  });
}

/** The cell under a point of the map, or null. */
export function cellAt(
  { left, top, cell }: MapLayout,
  { rows, columns, cellHeight }: MapSpec,
  x: number,
  y: number,
): [number, number] | null {
  const [r, c] = [Math.floor((y - top) / cellHeight), Math.floor((x - left) / cell)];
  return r >= 0 && r < rows.length && c >= 0 && c < columns.length ? [r, c] : null;
}

/** Where a key leads from a cell; null for keys that lead nowhere. */
export function moved(
  key: string,
  [r, c]: readonly [number, number],
  rows: number,
  columns: number,
): [number, number] | null {
  const to: Record<string, [number, number]> = {
    ArrowUp: [r - 1, c],
    ArrowDown: [r + 1, c],
    ArrowLeft: [r, c - 1],
    ArrowRight: [r, c + 1],
    Home: [r, 0],
    End: [r, columns - 1],
    PageUp: [0, c],
    PageDown: [rows - 1, c],
  };
  const next = to[key];
  return next ? [Math.min(rows - 1, Math.max(0, next[0])), Math.min(columns - 1, Math.max(0, next[1]))] : null;
}
