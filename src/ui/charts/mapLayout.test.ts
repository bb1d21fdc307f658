import { expect, test } from 'vitest';
import type { ChartColors } from './chartColors';
import { cellAt, drawMap, layOut, type MapSpec, moved } from './mapLayout';
import { SvgSurface } from './surface';

const spec: MapSpec = {
  rows: ['0', '1', '2'],
  columns: ['q', 'k'],
  cellHeight: 30,
  minCell: 20,
  maxCell: 60,
  shade: (r, c) => (r === 2 && c === 1 ? null : { fill: `#0000${r}${c}`, ink: '#ffffff' }),
  text: (r, c) => `${r}${c}`,
};

test('cells fill the width between their bounds, and points find them', () => {
  const wide = layOut(spec, 1000);
  expect(wide.cell).toBe(60);
  expect(layOut(spec, 10).cell).toBe(20);
  for (const [r, c] of [
    [0, 0],
    [2, 1],
    [1, 0],
  ])
    expect(cellAt(wide, spec, wide.left + 60 * c + 5, wide.top + 30 * r + 5)).toEqual([r, c]);
  expect(cellAt(wide, spec, wide.left - 1, wide.top + 1)).toBeNull();
  expect(cellAt(wide, spec, wide.left + 1, wide.height + 1)).toBeNull();
});

test('keys move within the map', () => {
  expect(moved('ArrowUp', [0, 0], 3, 2)).toEqual([0, 0]);
  expect(moved('ArrowRight', [0, 0], 3, 2)).toEqual([0, 1]);
  expect(moved('PageDown', [0, 1], 3, 2)).toEqual([2, 1]);
  expect(moved('End', [1, 0], 3, 2)).toEqual([1, 1]);
  expect(moved('x', [1, 0], 3, 2)).toBeNull();
});

test('every cell is drawn once, with its text, and a missing one as a dash', () => {
  const svg = new SvgSurface();
  drawMap(svg, spec, layOut(spec, 300), { ink2: '#333333' } as ChartColors);
  const out = svg.document(300, 120, 't');
  expect(out.match(/<rect/g)).toHaveLength(5);
  expect(out).toContain('>20</text>');
  expect(out).toContain('>–</text>');
});
