import { expect, test } from 'vitest';
import { Recovery } from './recovery';

/**
 * A run of steps 1, 2, …, whose results arrive a step late; with `saved`, before the next one, as when it was saved
 * there.
 */
function verdicts(finite: string, saved: number | null = null) {
  let recovery = new Recovery();
  const out: string[] = [];
  let heard = 0;
  const hear = (to: number) => {
    while (heard < to) out.push(recovery.after(++heard, finite[heard - 1] === '.'));
  };
  for (let step = 1; step <= finite.length; step++) {
    if (recovery.isDue(step)) {
      recovery.wentBack(step - 1);
      out.push(`back before ${step}`);
    }
    hear(step - 1);
    if (saved !== step) continue;
    hear(step);
    recovery = new Recovery(structuredClone(recovery.state()));
  }
  hear(finite.length);
  return { out, recovery };
}

test('a bad step now and then is skipped, however often', () => {
  const { out, recovery } = verdicts('..x.xx..xx.x');
  expect(out.filter((v) => v === 'skipped')).toHaveLength(6);
  expect(out).not.toContain('back');
  expect(recovery).toMatchObject({ skipped: 6, rate: 1 });
});

test('three in a row: back at half the rate; the step that was under way does not count', () => {
  const { out, recovery } = verdicts('.xxxx....x');
  expect(out).toEqual([
    'fine',
    'skipped',
    'skipped',
    'back',
    'back before 6',
    'skipped',
    'fine',
    'fine',
    'fine',
    'fine',
    'skipped',
  ]);
  expect(recovery).toMatchObject({ skipped: 5, bad: 1, rate: 0.5 });
});

test('twice; then the run ends', () => {
  const { out, recovery } = verdicts('xxxxxxxxxxx');
  expect(out.filter((v) => v.startsWith('back before'))).toEqual(['back before 5', 'back before 9']);
  expect(out.indexOf('end')).toBe(out.length - 1);
  expect(recovery.rate).toBe(0.25);
});

test('whenever it is saved, it goes back before the same steps', () => {
  const finite = '..xxxx..xxxxx.xxx....';
  const steps = (saved: number | null) => verdicts(finite, saved).out.filter((v) => v.startsWith('back before'));
  for (let saved = 1; saved <= finite.length; saved++) expect(steps(saved), `saved at ${saved}`).toEqual(steps(null));
});
