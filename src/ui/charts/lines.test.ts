import { expect, test } from 'vitest';
import type { ChartColors } from './chartColors';
import { drawLines, niceTicks, spread } from './lines';
import { SvgSurface } from './surface';
import { letters } from './textWidth';

test('ticks are round and cover the span', () => {
  expect(niceTicks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(niceTicks(0.13, 0.31, 4)).toEqual([0.15, 0.2, 0.25, 0.3]);
  expect(niceTicks(3, 3, 4)).toEqual([3]);
});

test('labels at the ends do not cover one another and keep their order', () => {
  expect(spread([10, 12, 50], 14)).toEqual([10, 24, 50]);
  expect(spread([12, 10], 14)).toEqual([24, 10]);
});

test('names get the room that their signs take', () => {
  expect(['LoRA', 'LoRA, raw', 'LoRA，留出', 'τ 0.1'].map(letters)).toEqual([4, 9, 10, 5]);
});

test('draws every named line with its label, skips gaps, and what a logarithm has no place for', () => {
  const colors = { ink2: '#222222', line: '#dddddd' } as ChartColors;
  const svg = new SvgSurface();
  drawLines(
    svg,
    {
      lines: [
        { label: 'LoRA', color: '#0000ff', width: 2, points: true },
        { label: 'raw', color: '#8888ff', width: 1, quiet: true },
      ],
      data: [
        [0, 1, 2, 3],
        [1, null, 0, 10],
        [1, 2, 3, 4],
      ],
      yLabel: 'loss',
      log: true,
    },
    { width: 400, height: 200, colors },
  );
  const out = svg.document(400, 200, 't');
  expect(out).toContain('>LoRA</text>');
  expect(out).not.toContain('>raw</text>');
  expect(out.match(/<circle/g)).toHaveLength(2);
  expect(out).not.toContain('NaN');
});
