import { expect, it } from 'vitest';
import { defaultSession, sessionProblems, parseSession, runSchema } from '../../shared/config';
import { settingsOf } from '../../shared/settings';
import { changed, sessionChanges, initialOf, runChanges, settingsFor } from './changes';
import { say } from '../../shared/texts/say';

it('a rule shows only what it goes by', () => {
  const gateKeys = (gate: object) =>
    settingsFor('gate', runSchema.parse({ id: 'a', name: 'A', method: 'ts-lora', gate })).map(({ key }) => key);
  expect(gateKeys({})).toEqual([
    'rule',
    'targetSparsity',
    'sparsityPenalty',
    'tauLearningRate',
    'rhoPer',
    'tauWarmup',
    'gradientFrom',
  ]);
  expect(gateKeys({ rule: 'quantile' })).toEqual(['rule', 'activeShare']);
  expect(gateKeys({ rule: 'oracle' })).toEqual(['rule']);
  expect(gateKeys({ rule: 'random', follows: 'ts-lora' })).toEqual(['rule', 'follows']);
  expect(gateKeys({ rule: 'random' })).toContain('activeShare');
  expect(gateKeys({ rule: 'averaged' })).toContain('eta');
  expect(gateKeys({ tauLearningRate: 0.1 })).not.toContain('rhoPer');
  expect(gateKeys({ targetSparsity: 0.5, gradientFrom: 'dev' })).toEqual(
    expect.arrayContaining(['targetPer', 'gradientInterval']),
  );
});

it('counts what differs, lists by their content, and puts it back', () => {
  const start = defaultSession();
  expect(sessionChanges(start)).toBe(0);
  const all = settingsOf('train');
  const main = all.filter(({ setting }) => setting.place === 'main');
  const train = { ...start.train, steps: 7, loadBestCheckpoint: true };
  expect(changed(all, train).map(({ key }) => key)).toEqual(['steps', 'loadBestCheckpoint']);
  expect({ ...train, ...initialOf(main) }).toEqual({ ...start.train, loadBestCheckpoint: true });
  const gated = start.runs[1];
  expect(runChanges({ ...gated, modules: [...gated.modules] })).toBe(0);
  expect(runChanges({ ...gated, modules: ['q'], rank: NaN })).toBe(2);
  // What a rule does not use is no change.
  expect(
    runChanges({ ...gated, gate: { ...gated.gate, rule: 'quantile', sparsityPenalty: 3, activeShare: 0.2 } }),
  ).toBe(2);
  expect(runChanges({ ...start.runs[0], gate: { ...gated.gate, sparsityPenalty: 3 } })).toBe(0);
  expect(sessionChanges({ train, runs: [start.runs[0]] })).toBe(3);
});

it('refuses at the field, in words', () => {
  const start = defaultSession();
  const told = (change: (e: typeof start) => unknown) =>
    sessionProblems(change(structuredClone(start))).map((p) => `${p.path}: ${say(p.message)}`);
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
  expect(run({ only: ['0.q_proj', '0.q_proj'] })).toEqual(['runs.1.only: names a module twice']);
  expect(run({ only: ['q.0'] })).toEqual(['runs.1.only.0: has a form that is not allowed']);
  expect(run({ colour: 1 })).toEqual(['runs.1: has a field that Sieve does not know: colour']);
  expect(run({ name: '' })).toEqual(['runs.1.name: must not be empty']);
  expect(gate({ tauLearningRate: -1 })).toEqual(['runs.1.gate.tauLearningRate: must be above 0']);
  expect(gate({ tauLearningRate: NaN })).toEqual(['runs.1.gate.tauLearningRate: must be a number']);
  expect(gate({ activeShare: 2 })).toEqual(['runs.1.gate.activeShare: must be at most 1']);
  expect(gate({ rule: 'best' })[0]).toMatch(/^runs\.1\.gate\.rule: must be one of reconstructed, /);
  expect(gate({ gradientFrom: 'dev' })).toEqual([
    'train.devShare: must be above 0 when a gate takes μ from the dev split',
  ]);
  expect(gate({ rule: 'random', follows: 'lora' })).toEqual([
    'runs.1.gate.follows: must name a gated run above this one',
  ]);
  expect(told((e) => ({ ...e, train: { ...e.train, loadBestCheckpoint: true } }))).toEqual([
    'train.devShare: must be above 0 when the best checkpoint is loaded at the end',
  ]);
  expect(() => parseSession(null)).toThrow(/^configuration: must be an object$/);
});
