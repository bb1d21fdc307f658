import { expect, it } from 'vitest';
import { RATIO_BINS } from '../shared/types';
import { GateWarnings, STUCK_STEPS } from './gateWarnings';
import { say } from '../shared/texts/say';

const modules = [
  { layer: 0, kind: 'q_proj' },
  { layer: 0, kind: 'down_proj' },
] as const;
const tokens = Uint32Array.of(50, 50);
const inBin = (...bins: number[]) => {
  const histogram = new Uint32Array(2 * RATIO_BINS);
  bins.forEach((bin, m) => {
    histogram[m * RATIO_BINS + bin] = 50;
  });
  return histogram;
};
const usual = { tokens, histogram: inBin(30, 30), muSkipped: Float32Array.of(-1, -1), lambda: 0 };
const run = (
  warnings: GateWarnings,
  active: number[],
  {
    from,
    steps,
    stats = usual,
  }: {
    from: number;
    steps: number;
    stats?: {
      tokens: Uint32Array<ArrayBuffer>;
      histogram: Uint32Array<ArrayBuffer>;
      muSkipped: Float32Array<ArrayBuffer>;
      lambda: number;
    };
  },
) =>
  Array.from({ length: steps }, (_, i) =>
    warnings.after(from + i, { ...stats, active: Uint32Array.from(active) }).warnings.map(say),
  ).flat();

it('names a module that stays shut, once', () => {
  const w = new GateWarnings(modules, 0);
  expect(run(w, [10, 0], { from: 1, steps: STUCK_STEPS - 1 })).toEqual([]);
  expect(run(w, [10, 0], { from: STUCK_STEPS, steps: 60 })).toEqual([
    expect.stringContaining('layer 0 down: every token skipped'),
  ]);
});

it('a module that opens in between is not stuck', () => {
  const w = new GateWarnings(modules, 0);
  expect([
    ...run(w, [10, 0], { from: 1, steps: 15 }),
    ...run(w, [10, 1], { from: 16, steps: 1 }),
    ...run(w, [10, 0], { from: 17, steps: 15 }),
  ]).toEqual([]);
});

it('all tokens skipped, and none', () => {
  expect(run(new GateWarnings(modules, 0), [0, 0], { from: 1, steps: 50 })).toEqual([
    expect.stringContaining('every gate has skipped every token'),
  ]);
  const open = new GateWarnings(modules, 10);
  expect(run(open, [50, 50], { from: 1, steps: 10 + STUCK_STEPS - 1 })).toEqual([]);
  expect(run(open, [50, 50], { from: 10 + STUCK_STEPS, steps: 50 })).toEqual([
    expect.stringContaining('no token has been skipped'),
  ]);
});

it('says why a module skipsAll, and forgets it when it opens', () => {
  const reason = (stats: Partial<typeof usual>) => {
    const w = new GateWarnings(modules, 0);
    run(w, [10, 0], { from: 1, steps: STUCK_STEPS, stats: { ...usual, ...stats } });
    return w.skipsAll;
  };
  expect(reason({})).toEqual([{ module: 1, reason: 'stuck' }]);
  expect(reason({ histogram: inBin(30, 0) })).toEqual([{ module: 1, reason: 'no-update' }]);
  expect(reason({ muSkipped: Float32Array.of(-1, 0.5) })).toEqual([{ module: 1, reason: 'harmful' }]);
  // The penalty for 50 tokens outweighs what they would help.
  expect(reason({ lambda: 0.03 })).toEqual([{ module: 1, reason: 'harmful' }]);

  const w = new GateWarnings(modules, 0);
  run(w, [10, 0], { from: 1, steps: STUCK_STEPS });
  expect(w.after(STUCK_STEPS + 1, { ...usual, active: Uint32Array.of(10, 3) }).changed).toBe(true);
  expect(w.skipsAll).toEqual([]);
  expect(run(w, [10, 0], { from: 30, steps: STUCK_STEPS })).toHaveLength(1);
  w.tauReset(1);
  expect(w.skipsAll).toEqual([]);
});

it('what was said is over when it holds no longer, and is said again when it does', () => {
  const codes = (w: GateWarnings, active: number[], from: number, steps: number) =>
    Array.from({ length: steps }, (_, i) => w.after(from + i, { ...usual, active: Uint32Array.from(active) })).flatMap(
      ({ warnings, over }) => [...over.map((code) => `-${code}`), ...warnings.map(({ code }) => code)],
    );
  const all = (...parts: string[]) => parts.map((part) => part.replace(/[a-z]+$/i, 'train.warning.$&'));
  const stuck = new GateWarnings(modules, 0);
  expect([...codes(stuck, [10, 0], 1, 30), ...codes(stuck, [10, 1], 31, 9)]).toEqual(all('skipsAll', '-skipsAll'));
  const open = new GateWarnings(modules, 0);
  expect([...codes(open, [50, 50], 1, 30), ...codes(open, [49, 50], 31, 9), ...codes(open, [50, 50], 40, 30)]).toEqual(
    all('allOpen', '-allOpen', 'allOpen'),
  );
  const shut = new GateWarnings(modules, 0);
  expect([...codes(shut, [0, 0], 1, 30), ...codes(shut, [1, 0], 31, 9), ...codes(shut, [1, 1], 40, 1)]).toEqual(
    all('allShut', '-allShut', '-allShutAtZero', '-skipsAll'),
  );
});

it('the closing trap is named', () => {
  const [warning] = run(new GateWarnings(modules, 0), [0, 0], {
    from: 1,
    steps: 50,
    stats: { ...usual, histogram: inBin(0, 0) },
  });
  expect(warning).toContain('B is still zero');
});

it('a run that ends without a token skipped is said to equal its method without gates, and why', () => {
  const still = new GateWarnings(modules, 10);
  run(still, [50, 50], { from: 1, steps: 10 });
  expect(say(still.atEnd(10)!)).toMatch(
    /thresholds never moved: τ warm-up takes 10 steps, and the run had 10.*equals LoRA/,
  );
  run(still, [50, 50], { from: 11, steps: 5 });
  expect(say(still.atEnd(15)!)).toMatch(/^no token was skipped in 15 steps.*equals LoRA/);
  const resumed = new GateWarnings(modules, 10, structuredClone(still.state()));
  expect(resumed.atEnd(15)).toEqual(still.atEnd(15));
  run(resumed, [50, 49], { from: 16, steps: 1 });
  expect([
    resumed.atEnd(16),
    new GateWarnings(modules, 0, { ...still.state(), skipped: undefined }).atEnd(15),
    new GateWarnings(modules, 0).atEnd(0),
  ]).toEqual([null, null, null]);
});

it('goes on from its state as if it had not been interrupted', () => {
  const steps = (w: GateWarnings, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => w.after(from + i, { ...usual, active: Uint32Array.of(10, 0) }));
  const whole = new GateWarnings(modules, 0);
  const all = steps(whole, 1, 60);
  for (const cut of [5, STUCK_STEPS, 40]) {
    const first = new GateWarnings(modules, 0);
    const before = steps(first, 1, cut);
    const second = new GateWarnings(modules, 0, structuredClone(first.state()));
    expect([...before, ...steps(second, cut, 60)]).toEqual(all);
    expect(second.skipsAll).toEqual(whole.skipsAll);
  }
});
