import { afterEach, expect, test } from 'vitest';
import { gateSchema, runSchema } from '../../shared/config';
import { speak } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { resultsOf } from '../../store/experiments/results';
import { aCell, anExperiment } from '../../store/testing/experiments';
import { type Drawing, toMarkup } from '../charts/drawing';
import { evidenceFigure, evidenceOf } from './evidence';

afterEach(() => speak('en'));

const variant = (id: string, name: string, change: object) =>
  runSchema.parse({ id, name, method: 'ts-lora', ...change });
const experiment = anExperiment({
  variants: [
    variant('lora', 'LoRA', { method: 'lora' }),
    variant('soft', 'Soft', { gate: gateSchema.parse({ rule: 'soft' }) }),
    variant('ts', 'TS-LoRA', {}),
    variant('coin', 'Coin', { gate: gateSchema.parse({ rule: 'coin' }) }),
  ],
});
const cells = experiment.seeds.flatMap((seed) => [
  aCell(experiment, seed, 'lora', { loss: 3 + seed / 100 }),
  aCell(experiment, seed, 'soft', { loss: 4, skipped: 0.3 }),
  aCell(experiment, seed, 'ts', { loss: 3.1 + seed / 50, skipped: 0.5 }),
  ...(seed < 3 ? [aCell(experiment, seed, 'coin', { loss: 3.2, skipped: 0.52 })] : []),
]);
const of = (some: typeof cells) => evidenceOf(experiment, resultsOf(experiment, some, names.ranking));

test('real signs are compared with coins on the seeds that both have, and each variant with the baseline', () => {
  const { signs, against, skip } = of(cells)!;
  expect(signs.map((row) => row.label)).toEqual(['TS-LoRA: 50 % | 52 % skipped']);
  expect(signs[0].interval).toMatchObject({ n: 2, mean: expect.closeTo(-0.07, 9) });
  expect(signs[0].values).toEqual([expect.closeTo(-0.08, 9), expect.closeTo(-0.06, 9), null]);
  expect(against.rows.map((row) => row.label)).toEqual(['Soft', 'TS-LoRA', 'Coin']);
  expect(against.rows[1].interval!.mean).toBeCloseTo(0.12, 9);
  expect(skip.points.map((p) => p.x)).toEqual([0, 0.3, 0.5, 0.52]);
});

test('without coins there is no panel of signs, without a comparison nothing', () => {
  expect(of(cells.filter((c) => c.variant !== 'coin'))!.signs).toEqual([]);
  expect(of(cells.filter((c) => c.variant === 'lora'))).toBeNull();
});

const inside = (d: Drawing): Drawing[] => [d, ...d.children.flatMap((c) => (typeof c === 'string' ? [] : inside(c)))];

test.each([860, 400])('three panels, none over another, %i pixels wide', async (width) => {
  const drawing = evidenceFigure(of(cells)!, width);
  const heads = inside(drawing).filter((d) => d.attributes.className === 'chart-group');
  expect(heads.map((d) => String(d.children[0]).slice(0, 1))).toEqual(['a', 'b', 'c']);
  const [a, b, c] = heads.map((d) => [Number(d.attributes.x), Number(d.attributes.y)]);
  expect(b[1] === a[1]).toBe(width > 600);
  expect(c[1]).toBeGreaterThan(b[1] + 100);
  for (const { attributes } of inside(drawing)) {
    for (const at of ['x', 'x1', 'x2', 'cx'].flatMap((k) => attributes[k] ?? [])) expect(at).toBeLessThanOrEqual(width);
    for (const at of ['y', 'y1', 'y2', 'cy'].flatMap((k) => attributes[k] ?? []))
      expect(at).toBeLessThanOrEqual(Number(drawing.attributes.height));
  }
  expect(toMarkup(drawing)).not.toMatch(/NaN|undefined/);
  await speak('zh');
  expect(toMarkup(evidenceFigure(of(cells)!, width))).toContain('a  真实符号的损失减去抛硬币的损失');
});
