import { expect, test } from 'vitest';
import { runSchema, trainSchema } from '../../shared/config';
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
    configured({ rank: 16, rslora: true, modules: ['q_proj', 'v_proj'] }, { seed: 2, patience: 3, maxGradientNorm: 0 }),
  ]);
  expect(rows.map((r) => [r.label, ...r.values])).toEqual([
    ['Rank', '8', '16'],
    ['Target modules', 'all-linear', 'q_proj v_proj'],
    ['rsLoRA scaling', 'no', 'yes'],
    ['Seed', '1', '2'],
    ['Patience (evaluations)', 'off', '3'],
    ['Max gradient norm', '1', '0'],
  ]);
});

test('equal runs differ in nothing, whatever they are called', () => {
  expect(configDiff([configured({}), configured({ id: 'y', name: 'Y' })])).toEqual([]);
  expect(configDiff([])).toEqual([]);
});

test('settings of a gate are compared among gated runs only', () => {
  const gate = { sparsityPenalty: 0.2, targetSparsity: 0.5 };
  expect(configDiff([configured({}), configured({ method: 'ts-lora', gate })]).map((r) => r.label)).toEqual(['Method']);
  const rows = configDiff([configured({}), configured({ method: 'ts-lora' }), configured({ method: 'ts-lora', gate })]);
  expect(rows).toEqual([
    { path: 'run.method', label: 'Method', values: ['LoRA', 'TS-LoRA', 'TS-LoRA'] },
    { path: 'run.gate.targetSparsity', label: 'Target sparsity (%)', values: [null, 'left to the rule', '50'] },
    { path: 'run.gate.sparsityPenalty', label: 'Sparsity penalty λ̄', values: [null, '0', '0.2'] },
  ]);
});

test('what a rule does not go by does not apply', () => {
  const gate = { rule: 'quantile', activeShare: 0.25, sparsityPenalty: 0.2 };
  const rows = configDiff([configured({ method: 'ts-lora' }), configured({ method: 'ts-lora', gate })]);
  expect(rows.map((r) => [r.label, ...r.values])).toEqual([
    ['Gate rule', 'learned threshold (reconstructed)', 'fixed share by size'],
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
