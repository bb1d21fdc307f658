import { expect, it } from 'vitest';
import { GateWarnings, STUCK_STEPS } from './gateWarnings';

const modules = [{ layer: 0, kind: 'q' }, { layer: 0, kind: 'down' }] as const;
const tokens = Uint32Array.of(50, 50);
const run = (warnings: GateWarnings, active: number[], from: number, steps: number) =>
  Array.from({ length: steps }, (_, i) => warnings.after(from + i, { active: Uint32Array.from(active), tokens })).flat();

it('names a module that stays shut, once', () => {
  const w = new GateWarnings(modules, 0);
  expect(run(w, [10, 0], 1, STUCK_STEPS - 1)).toEqual([]);
  expect(run(w, [10, 0], STUCK_STEPS, 60)).toEqual([expect.stringContaining('layer 0 down: no token kept')]);
});

it('a module that opens in between is not stuck', () => {
  const w = new GateWarnings(modules, 0);
  expect([...run(w, [10, 0], 1, 15), ...run(w, [10, 1], 16, 1), ...run(w, [10, 0], 17, 15)]).toEqual([]);
});

it('all tokens skipped, and none', () => {
  expect(run(new GateWarnings(modules, 0), [0, 0], 1, 50)).toEqual([expect.stringContaining('every gate has been shut')]);
  const open = new GateWarnings(modules, 10);
  expect(run(open, [50, 50], 1, 10 + STUCK_STEPS - 1)).toEqual([]);
  expect(run(open, [50, 50], 10 + STUCK_STEPS, 50)).toEqual([expect.stringContaining('no token has been skipped')]);
});
