import { expect, test } from 'vitest';
import { ModuleSeries } from '../metricLog';
import { MODULES } from '../testing/fixtures';
import { differenceMap, gridOf, mapAt, spanOf, stepsOf } from './skips';

function series(modules: number, steps: number[], share: (step: number, module: number) => number): ModuleSeries {
  const out = new ModuleSeries(modules);
  for (const step of steps) out.push(step, (m) => share(step, m));
  return out;
}

const first = { modules: MODULES, series: series(4, [1, 2, 4], (step, m) => (step + m) / 10) };
const second = {
  modules: [
    { layer: 1, kind: 'q_proj' as const },
    { layer: 2, kind: 'down_proj' as const },
  ],
  series: series(2, [2, 3], (step) => step / 10),
};

test('runs with other modules and other steps share one grid', () => {
  const grid = gridOf([first, second]);
  expect(grid).toEqual({ layers: [0, 1, 2], kinds: ['q_proj', 'v_proj', 'down_proj'] });
  expect(stepsOf([first, second])).toEqual([1, 2, 3, 4]);
  const round = (cells: (number | null)[][]) =>
    cells.map((line) => line.map((v) => (v === null ? null : Math.round(v * 100) / 100)));
  const a = mapAt(first, grid, 3);
  expect([a.step, round(a.cells)]).toEqual([
    2,
    [
      [0.2, 0.3, null],
      [0.4, 0.5, null],
      [null, null, null],
    ],
  ]);
  const b = mapAt(second, grid, 3);
  expect([b.step, round(b.cells)]).toEqual([
    3,
    [
      [null, null, null],
      [0.3, null, null],
      [null, null, 0.3],
    ],
  ]);
  expect(round(differenceMap(a.cells, b.cells))).toEqual([
    [null, null, null],
    [0.1, null, null],
    [null, null, null],
  ]);
});

test('before its first step a run shows the first, after its end the last', () => {
  const grid = gridOf([second]);
  expect(mapAt(second, grid, 1).step).toBe(2);
  expect(mapAt(second, grid, 99).step).toBe(3);
});

test('difference colours end at a round number', () => {
  expect(spanOf([[[0.01, null]], [[-0.2]]])).toBe(0.25);
  expect(spanOf([])).toBe(0.05);
  expect(spanOf([[[-0.9]]])).toBe(1);
});
