import { expect, test } from 'vitest';
import { bandChart } from './bands';
import type { ChartColors } from './chartColors';
import { type Drawing, toMarkup } from './drawing';
import { drawingPicture } from './drawingPicture';
import { svgOf } from './saveChart';
import { scatterChart } from './scatter';

const colors = {
  panel: '#fff',
  ink: '#000',
  ink2: '#555',
  line: '#ddd',
  lineStrong: '#888',
  runs: Array.from({ length: 9 }, (_, i) => `#00000${i}`),
  runsSoft: Array.from({ length: 9 }, (_, i) => `#cccc0${i}`),
} as ChartColors;

const look = { title: 'Trade-off', width: 400, height: 240, format: (v: number) => v.toFixed(2) };
const all = (d: Drawing, tag: string): Drawing[] => [
  ...(d.tag === tag ? [d] : []),
  ...d.children.flatMap((c) => (typeof c === 'string' ? [] : all(c, tag))),
];
const texts = (d: Drawing) => all(d, 'text').map((t) => t.children[0]);

test('a run that skips more lies further right, one with less loss lower down', () => {
  const drawing = scatterChart(
    [
      { label: 'LoRA', mark: 'mark-1', x: 0, y: { mean: 3, half: null, n: 1 } },
      { label: 'TS-LoRA', mark: 'mark-2', x: 0.5, y: { mean: 3.4, half: 0.1, n: 3 }, seeds: [[0.5, 3.35]] },
    ],
    { ...look, level: { value: 9, label: 'base' }, xLabel: 'skipped' },
  );
  const [lora, seed, gated] = all(drawing, 'circle').map((c) => c.attributes);
  expect(Number(gated.cx)).toBeGreaterThan(Number(lora.cx));
  expect(Number(gated.cy)).toBeLessThan(Number(lora.cy));
  expect(Number(seed.cy)).toBeGreaterThan(Number(gated.cy));
  expect(texts(drawing)).toEqual(expect.arrayContaining(['LoRA', 'TS-LoRA', 'skipped']));
  // A base far away would squeeze the rest.
  expect(texts(drawing)).not.toContain('base');
});

test('names of points that lie together do not lie on one another', () => {
  const point = (label: string) => ({ label, mark: 'mark-1', x: 0.2, y: { mean: 3, half: null, n: 1 } });
  const drawing = scatterChart(['a run', 'another', 'a third'].map(point), { ...look, level: null, xLabel: '' });
  const at = all(drawing, 'text').filter((t) => t.attributes.className === 'chart-name');
  const ys = at.map((t) => Number(t.attributes.y)).sort((a, b) => a - b);
  expect(ys[1] - ys[0]).toBeGreaterThanOrEqual(14);
  expect(ys[2] - ys[1]).toBeGreaterThanOrEqual(14);
});

test('a band is there where there are seeds, and a file has what the page has', () => {
  const points = [
    { step: 0, mean: 5, low: 5, high: 5 },
    { step: 4, mean: 3, low: 2, high: 4 },
  ];
  const drawing = bandChart(
    [
      { label: 'LoRA', mark: 'mark-1', seeds: 2, points },
      { label: '<b>', mark: 'mark-2', seeds: 1, points },
    ],
    look,
  );
  expect(all(drawing, 'polygon')).toHaveLength(1);
  expect(toMarkup(drawing)).toContain('&#60;b&#62;');
  const svg = svgOf('Trade-off', drawingPicture(drawing, colors), colors);
  expect(svg.match(/<polygon/g)).toHaveLength(1);
  // Of the plain colours of its runs, not of the page's style sheet.
  expect(svg).toContain('stroke="#000001"');
  expect(svg).toContain('&lt;b&gt;');
  expect(svg).not.toContain('NaN');
});
