import { expect, test, vi } from 'vitest';
import { draftProblems } from '../checks';
import { isPreset } from './presets';
import { inWords } from '../../shared/testing/words';
import { INFO, PLAN, make, ready, inBrowser } from '../testing/studio';

inBrowser();

const problems = (...of: Parameters<typeof draftProblems>) => inWords(draftProblems(...of));

test('a draft is checked against the schema and the model that is open', () => {
  const { draft } = make().state().runs;
  const model = { context: 64, layers: INFO.config.layers, embedding: INFO.config.embedding };
  expect(problems(draft, model)).toEqual([]);
  expect(problems(draft, { ...model, context: 32 })).toEqual([
    { path: 'train.maxSequenceLength', message: 'this model reads at most 32 tokens' },
  ]);
  expect(problems({ ...draft, train: { ...draft.train, learningRate: NaN } }, undefined)).toEqual([
    { path: 'train.learningRate', message: 'must be a number' },
  ]);
  expect(problems({ ...draft, runs: [{ ...draft.runs[0], rank: 1e9 }] }, undefined)).toMatchObject([
    { path: 'runs.0.rank' },
  ]);
  const only = { ...draft, runs: [draft.runs[0], { ...draft.runs[1], only: ['1.q_proj', '2.q_proj'] }] };
  expect(problems(only, undefined)).toEqual([]);
  expect(problems(only, model)).toEqual([
    { path: 'runs.1.only', message: 'this model has no "2.q_proj" in its 2 layers, counted from 0' },
  ]);
});

test('a run that is removed leaves no follower behind; a method brings what it needs and its name', () => {
  const {
    studio: { configure },
    state,
  } = make();
  configure.addRun('ts-dora');
  const { gate } = state().runs.draft.runs[2];
  configure.setRun('ts-dora', { gate: { ...gate, rule: 'random', follows: 'ts-lora' } });
  expect(state().runs.problems).toEqual([]);
  configure.removeRun('ts-lora');
  expect(state().runs.draft.runs.map((r) => [r.id, r.gate.follows])).toEqual([
    ['lora', null],
    ['ts-dora', null],
  ]);
  configure.setRun(null, { rank: 16 });
  configure.setMethod('lora', 'adalora');
  expect(state().runs.draft.runs[0]).toMatchObject({
    id: 'lora',
    name: 'AdaLoRA',
    method: 'adalora',
    adalora: { initRank: 24 },
  });
  expect(state().runs.problems).toEqual([]);
});

test('a plan that does not fit brings the mildest change that does, in one click', async () => {
  const { studio, train, state } = await ready();
  studio.configure.setTrain({ batchSize: 8 });
  const planned = (batch: number) =>
    vi.waitFor(() =>
      expect((train.last('plan').config as { train: { batchSize: number } }).train.batchSize).toBe(batch),
    );
  await planned(8);
  train.reply('plan', { ...PLAN, fits: false });
  await planned(4);
  expect(state().runs.plan!.fits).toBe(false);
  expect(state().runs.fix).toBeNull();
  train.reply('plan', { ...PLAN, fits: false });
  await planned(2);
  train.reply('plan', PLAN);
  await vi.waitFor(() => expect(state().runs.fix?.label).toMatchObject({ params: { to: '2 × 4', from: '8 × 1' } }));
  studio.configure.applyFix();
  expect(state().runs.draft.train).toMatchObject({ batchSize: 2, gradientAccumulationSteps: 4 });
  expect(state().runs.fix).toBeNull();
});

test('a preset is taken as it is for what is open now, and stays known', async () => {
  const { studio, state } = await ready();
  studio.configure.takePreset('quick');
  const { preset, draft } = state().runs;
  expect(preset?.preset).toBe('quick');
  expect(isPreset(draft, preset!.result)).toBe(true);
  // All ten examples are in the open bin: the quick look's cap on a GPU.
  expect(draft.train.maxSequenceLength).toBe(128);
  expect(draft.runs.map((r) => r.rank)).toEqual([4, 4]);
});
