import { expect, it } from 'vitest';
import { runSchema } from '../../../shared/config';
import { adaloraSchedule, adaloraStep } from './schedule';

const run = (adalora: object, rank = 4) => runSchema.parse({ id: 'a', name: 'A', method: 'adalora', rank, adalora });

it('warm-up, cubic pruning every other step, and a final phase that holds the choice', () => {
  const schedule = adaloraSchedule(run({ initRank: 6, tinit: 1, tfinal: 3, deltaT: 2 }), { steps: 10 });
  expect(schedule).toEqual({ steps: 10, tinit: 1, tfinal: 3 });
  const steps = Array.from({ length: 10 }, (_, t) =>
    adaloraStep(schedule, t, { deltaT: 2, initial: 168, target: 112 }),
  );
  expect(steps.map((s) => s.learn)).toEqual([true, true, true, true, true, true, true, false, false, false]);
  // int(56 · (1 − (t − 1)/6)³ + 112) of 168 stay.
  expect(steps.map((s) => s.drop)).toEqual([
    null,
    null,
    168 - 144,
    null,
    168 - 119,
    null,
    168 - 112,
    168 - 112,
    null,
    null,
  ]);
  expect(steps.map((s) => s.mask)).toEqual([false, false, true, false, true, false, true, true, true, true]);
});

it('auto: a tenth and a third of the run', () => {
  expect(adaloraSchedule(run({}), { steps: 100 })).toEqual({ steps: 100, tinit: 10, tfinal: 33 });
});

it('refuses what cannot be pruned', () => {
  expect(() => adaloraSchedule(run({ tinit: 5, tfinal: 5 }), { steps: 10 })).toThrow('leave none');
  expect(() => adaloraSchedule(run({ initRank: 3 }), { steps: 10 })).toThrow('below its target');
});
