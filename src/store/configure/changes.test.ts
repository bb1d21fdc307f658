import { expect, it } from 'vitest';
import {
  GATE_RULES,
  defaultExperiment,
  experimentProblems,
  gateSchema,
  parseExperiment,
  runSchema,
  trainSchema,
} from '../../shared/config';
import {
  ADAPTER_KEYS,
  DEFAULT_GATE,
  DEFAULT_RUN,
  DEFAULT_TRAIN,
  MAIN_KEYS,
  MORE_KEYS,
  changedKeys,
  experimentChanges,
  gateKeys,
  initialOf,
  runChanges,
} from './changes';

it('every setting belongs to exactly one group, so that none is left uncounted', () => {
  expect([...MAIN_KEYS, ...MORE_KEYS].sort()).toEqual(Object.keys(trainSchema.shape).sort());
  expect(['id', 'name', 'method', 'gate', 'adalora', ...ADAPTER_KEYS].sort()).toEqual(
    Object.keys(runSchema.shape).sort(),
  );
  const shown = new Set(GATE_RULES.flatMap((rule) => gateKeys({ ...DEFAULT_GATE, rule })));
  expect([...shown].sort()).toEqual(Object.keys(gateSchema.shape).sort());
});

it('a rule shows only what it goes by', () => {
  expect(gateKeys({ ...DEFAULT_GATE, rule: 'quantile' })).toEqual(['rule', 'keep']);
  expect(gateKeys({ ...DEFAULT_GATE, rule: 'oracle' })).toEqual(['rule']);
  expect(gateKeys({ ...DEFAULT_GATE, rule: 'random', follows: 'ts-lora' })).toEqual(['rule', 'follows']);
  expect(gateKeys({ ...DEFAULT_GATE, rule: 'random' })).toContain('keep');
  expect(gateKeys({ ...DEFAULT_GATE, rule: 'averaged' })).toContain('eta');
  expect(gateKeys(DEFAULT_GATE)).not.toContain('eta');
  expect(gateKeys({ ...DEFAULT_GATE, tauStep: 0.1 })).not.toContain('rhoPer');
});

it('counts what differs, lists by their content, and puts it back', () => {
  const start = defaultExperiment();
  expect(experimentChanges(start)).toBe(0);
  const train = { ...start.train, steps: 7, keepBest: true };
  expect(changedKeys(train, DEFAULT_TRAIN, MAIN_KEYS)).toEqual(['steps']);
  expect(changedKeys(train, DEFAULT_TRAIN, MORE_KEYS)).toEqual(['keepBest']);
  expect({ ...train, ...initialOf(DEFAULT_TRAIN, MAIN_KEYS) }).toEqual({ ...start.train, keepBest: true });
  const gated = start.runs[1];
  expect(runChanges({ ...gated, modules: [...gated.modules] })).toBe(0);
  expect(runChanges({ ...gated, modules: ['q'], rank: NaN })).toBe(2);
  // What a rule does not use is no change.
  expect(runChanges({ ...gated, gate: { ...gated.gate, rule: 'quantile', lambdaBar: 3, keep: 0.2 } })).toBe(2);
  expect(runChanges({ ...DEFAULT_RUN, gate: { ...gated.gate, lambdaBar: 3 } })).toBe(0);
  expect(experimentChanges({ train, runs: [start.runs[0]] })).toBe(3);
});

it('refuses at the field, in words', () => {
  const start = defaultExperiment();
  const told = (change: (e: typeof start) => unknown) =>
    experimentProblems(change(structuredClone(start))).map((p) => `${p.path}: ${p.message}`);
  expect(told((e) => e)).toEqual([]);
  expect(told((e) => ({ ...e, train: { ...e.train, steps: 0, seed: 1.5, learningRate: NaN, epsilon: 0 } }))).toEqual([
    'train.steps: must be at least 1',
    'train.learningRate: must be a number',
    'train.seed: must be a whole number',
    'train.epsilon: must be above 0',
  ]);
  const run = (patch: object) => told((e) => ({ ...e, runs: [e.runs[0], { ...e.runs[1], ...patch }] }));
  const gate = (patch: object) => run({ gate: { ...start.runs[1].gate, ...patch } });
  expect(run({ method: 'dora', dropout: 0.1 })).toEqual([
    'runs.1.dropout: must be 0 for DoRA, which is trained without dropout; choose LoRA to have it',
  ]);
  expect(run({ method: 'adalora', rank: 16 })).toEqual([
    'runs.1.adalora.initRank: must be at least the rank it ends at, 16',
  ]);
  expect(run({ method: 'adalora', adalora: { tinit: 80 } })).toEqual([
    'runs.1.adalora.tinit: the first 80 and the last 33 steps leave none of the run’s 100 to prune in',
  ]);
  expect(run({ only: ['0.q', '0.q'] })).toEqual(['runs.1.only: names a module twice']);
  expect(run({ only: ['q.0'] })).toEqual(['runs.1.only.0: has a form that is not allowed']);
  expect(run({ colour: 1 })).toEqual(['runs.1: has a field that Sieve does not know: colour']);
  expect(run({ name: '' })).toEqual(['runs.1.name: must not be empty']);
  expect(gate({ tauStep: -1 })).toEqual(['runs.1.gate.tauStep: must be above 0']);
  expect(gate({ tauStep: NaN })).toEqual(['runs.1.gate.tauStep: must be a number']);
  expect(gate({ keep: 2 })).toEqual(['runs.1.gate.keep: must be at most 1']);
  expect(gate({ rule: 'best' })[0]).toMatch(/^runs\.1\.gate\.rule: must be one of reconstructed, /);
  expect(gate({ prices: 'held-out' })).toEqual([
    'train.sliceShare: must be above 0 when a run learns from held-out prices',
  ]);
  expect(gate({ rule: 'random', follows: 'lora' })).toEqual([
    'runs.1.gate.follows: must name a gated run that stands before this one',
  ]);
  expect(told((e) => ({ ...e, train: { ...e.train, keepBest: true } }))).toEqual([
    'train.sliceShare: must be above 0 when the best adapter is kept',
  ]);
  expect(() => parseExperiment(null)).toThrow(/^configuration: must be an object$/);
});
