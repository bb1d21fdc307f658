import { expect, test } from 'vitest';
import { runSchema, trainSchema } from '../../shared/config';
import { texts } from '../../shared/texts';
import { type Configured, configDiff } from './configDiff';

function configured(run: object, train: object = {}, rest: Partial<Configured> = {}): Configured {
  return {
    config: runSchema.parse({ id: 'x', name: 'X', method: 'lora', ...run }),
    train: trainSchema.parse(train),
    model: 'nano',
    data: 'facts.jsonl',
    template: { prompt: '{prompt}\n', completion: '{completion}' },
    ...rest,
  };
}

test('only what differs, in plain words', () => {
  const rows = configDiff([
    configured({ rank: 8 }),
    configured({ rank: 16, rslora: true, modules: ['q', 'v'] }, { seed: 2, patience: 3, clipNorm: 0 }),
  ]);
  expect(rows.map((r) => [r.label, ...r.values])).toEqual([
    ['Rank', '8', '16'],
    ['Scaled by √rank (rsLoRA)', 'no', 'yes'],
    ['Adapted modules', 'q k v o gate up down', 'q v'],
    ['Seed', '1', '2'],
    ['Gradient clipping at norm', '1', 'off'],
    ['Early stopping after evaluations without gain', 'never', '3'],
  ]);
});

test('equal runs differ in nothing, whatever they are called', () => {
  expect(configDiff([configured({}), configured({ id: 'y', name: 'Y' })])).toEqual([]);
  expect(configDiff([])).toEqual([]);
});

test('settings of a gate are compared among gated runs only', () => {
  const gate = { lambdaBar: 0.2, target: 0.5 };
  expect(configDiff([configured({}), configured({ method: 'ts-lora', gate })]).map((r) => r.label)).toEqual(['Method']);
  const rows = configDiff([configured({}), configured({ method: 'ts-lora' }), configured({ method: 'ts-lora', gate })]);
  expect(rows).toEqual([
    { path: 'run.method', label: 'Method', values: ['LoRA', 'TS-LoRA', 'TS-LoRA'] },
    { path: 'run.gate.lambdaBar', label: 'Price of a kept token, λ̄', values: [null, '0', '0.2'] },
    { path: 'run.gate.target', label: 'Skipped share aimed at', values: [null, 'left to the rule', '0.5'] },
  ]);
});

test('model, data and template count', () => {
  const other = configured({}, {}, { model: '4m', data: '', template: { prompt: '', completion: '{text}' } });
  expect(configDiff([configured({}), other]).map((r) => [r.label, ...r.values])).toEqual([
    ['Model', 'nano', '4m'],
    ['Data', 'facts.jsonl', 'unknown'],
    ['Prompt template', '{prompt}\n', 'none'],
    ['Completion template', '{completion}', '{text}'],
  ]);
});

test('every field of the schemas is looked at', () => {
  const run = configured({});
  const t = texts().compare.settings;
  expect(Object.keys(t.train).sort()).toEqual(Object.keys(run.train).sort());
  expect(Object.keys(t.gate).sort()).toEqual(Object.keys(run.config.gate).sort());
  expect(Object.keys(t.adalora).sort()).toEqual(Object.keys(run.config.adalora).sort());
  expect([...Object.keys(t.run), 'adalora', 'gate', 'id', 'name'].sort()).toEqual(Object.keys(run.config).sort());
});
