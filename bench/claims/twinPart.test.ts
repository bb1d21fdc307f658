/** The twin's cells and left-out updates, made up. */
import { expect, test } from 'vitest';
import { type LeftOut, type TwinCell, counts, distances, leftOutPart, twinPart } from './twinPart';

const id = { model: 'sieve-stories-nano', set: 'sms-spam', method: 'coin', seed: 1, rate: 1e-2 } as const;

function cell(first: number, end: number): TwinCell {
  const side = (more: number[], loss: number, steps: number[]) => ({
    devs: steps.map((step, i): [number, number] => [step, 1 + (more[i] ?? 0)]),
    bestStep: 25,
    sums: [loss, 3],
    skipped: 0.5,
  });
  return { ...id, tokens: [1, 3], engine: side([], 1, [25, 50]), twin: side([first, -0.4], 1 + 4 * end, [25, 50, 75]) };
}

test('cells agree within the plan’s tolerance, at the first evaluation and at the end', () => {
  expect(distances(cell(0.0005, 0.01))).toMatchObject({ agree: true });
  expect(distances(cell(0.0005, 0.01)).end).toBeCloseTo(0.01, 12);
  // The third evaluation is the twin's alone.
  expect(distances(cell(0.0005, 0.01)).most).toBeCloseTo(0.4, 12);
  expect(distances(cell(-0.002, 0.01)).agree).toBe(false);
  expect(distances(cell(0, -0.03)).agree).toBe(false);
  expect(twinPart([]).join('\n')).toContain('Not yet run.');
  const said = twinPart([cell(0, 0.001), cell(0, 0.03)]).join('\n');
  expect(said).toContain('**1 of 2 agree**; 10 are planned.');
  expect(said).toContain('| sms-spam | coin | 0.0e+0 | 4.0e-1 | 1.0000 | +0.0010 | 50.0 % | 50.0 % | 25, 25 | yes |');
});

test('updates help where the loss rises without them', () => {
  const updates: LeftOut['updates'] = [
    [0, 0, 0, 0.2, 0.3],
    [0, 1, 0, 0.1, 0.1],
    [0, 1, 1, -0.1, -0.2],
    [1, 1, 1, 0, 0],
  ];
  expect(counts(updates)).toEqual({ help: 2, hurt: 1, neither: 1 });
  const line = { ...id, examples: 2, points: 5, base: 9, adapted: 1, worth: 7.5, largestError: 1e-6, updates };
  const said = leftOutPart([line]).join('\n');
  expect(said).toContain('50.0 % help (the loss rises without them), 25.0 % hurt, 25.0 % change nothing.');
  expect(said).toContain('(5 points) 1.00, 1.00 without those that change nothing; the sign is the same for 100.0 %');
  expect(said).toContain('7.500 nats along the path, 8.000 measured');
  expect(leftOutPart([]).join('\n')).toContain('Not yet run.');
});
