import { expect, test } from 'vitest';
import type { Phase } from '../store/slices';
import { onSay, quarterOf, runSaid, say } from './announcer';

test('a whole run is told in a handful of sentences, however often it is measured', () => {
  const told: string[] = [];
  const hear = (phase: Phase, done: number) => {
    const words = runSaid(phase, done, 100);
    if (words !== told.at(-1)) told.push(words);
  };
  hear('compiling', 0);
  for (let step = 0; step <= 100; step++) {
    hear('training', step);
    if (step % 10 === 0) hear('evaluating', step);
  }
  hear('finished', 100);
  expect(told).toEqual([
    'Preparing to train',
    'Training',
    'Training, 25 % of the steps',
    'Training, 50 % of the steps',
    'Training, 75 % of the steps',
    'Training, 100 % of the steps',
    'Training has finished',
  ]);
});

test('quarters need a known end, and never pass it', () => {
  expect(quarterOf(5, null)).toBeNull();
  expect(quarterOf(5, 0)).toBeNull();
  expect(quarterOf(24, 100)).toBeNull();
  expect(quarterOf(25, 100)).toBe(25);
  expect(quarterOf(3, 4)).toBe(75);
  expect(quarterOf(500, 100)).toBe(100);
});

test('whoever listens hears, until he stops', () => {
  const heard: string[] = [];
  const end = onSay((t) => heard.push(t));
  say('one');
  end();
  say('two');
  expect(heard).toEqual(['one']);
});
