import { expect, test } from 'vitest';
import { Divergence } from './divergence';
import { say } from '../shared/texts/say';

const begun = () => {
  const d = new Divergence();
  d.begin(5);
  return d;
};
const told = (losses: number[]) => {
  const d = begun();
  return losses.flatMap((l) => d.after(l).warnings).map(say);
};

test('a loss that falls, stays or is merely noisy is no divergence', () => {
  expect(told(Array.from({ length: 100 }, (_, i) => 5 - i / 50))).toEqual([]);
  expect(told(Array.from({ length: 100 }, (_, i) => 5 + (i % 2) * 1.5))).toEqual([]);
  // Over-fitting to hard batches: up again, but below the start.
  expect(told([...Array<number>(30).fill(5), ...Array<number>(30).fill(2), ...Array<number>(30).fill(4)])).toEqual([]);
});

test('a loss that climbs above its start is named once, with both numbers', () => {
  const messages = told([...Array<number>(10).fill(5), ...Array<number>(10).fill(4), ...Array<number>(60).fill(9)]);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(/diverging.*risen to \d\.\d\d, above the 5\.00.*smaller learning rate/);
});

test('a run that blows up in its first five steps is named, one that meets hard batches there is not', () => {
  expect(told([5, 5.2, 9, 14, 30])).toEqual([expect.stringMatching(/risen to 8\.71, above the 5\.00/)]);
  expect(told([5.1, ...Array<number>(20).fill(12)])).toHaveLength(1);
  expect(told([7.2, 7, 7.3, 6.9, 7.1, 7])).toEqual([]);
  expect(told([5, 6.4, 5.8, 6.2, 4.9])).toEqual([]);
});

test('what was said is taken back once the loss is where it began, and may come again', () => {
  const d = begun();
  const rises = Array<number>(30).fill(9);
  const falls = Array<number>(40).fill(1.8);
  const heard = [4, 4, 4, 4, 4, 4, ...rises, ...falls, ...rises].flatMap((loss, step) => {
    const { warnings, over } = d.after(loss);
    return [
      ...warnings.map(({ code }) => ({ step, said: { code } })),
      ...over.map((code) => ({ step, said: { over: code } })),
    ];
  });
  const code = 'train.warning.diverging';
  expect(heard.map(({ said }) => said)).toEqual([{ code }, { over: code }, { code }]);
  // Not with the first good batch: the smoothed loss must be there.
  expect(heard[1].step).toBeGreaterThan(36 + 3);
});

test('goes on from its state as if it had not been interrupted', () => {
  const losses = [...Array<number>(10).fill(5), ...Array<number>(10).fill(4), ...Array<number>(60).fill(9)];
  const whole = begun();
  const messages = losses.map((l) => whole.after(l));
  for (const cut of [2, 15, 40, 70]) {
    const first = begun();
    const before = losses.slice(0, cut).map((l) => first.after(l));
    const second = new Divergence(structuredClone(first.state()));
    expect([...before, ...losses.slice(cut).map((l) => second.after(l))]).toEqual(messages);
  }
});
