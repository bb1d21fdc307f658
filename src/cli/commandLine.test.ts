/** The command line that the page gives for a set-up says the same to the terminal. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { defaultSession } from '../shared/config';
import type { DataReplies } from '../train/protocol';
import { commandLine } from '../store/configure/commandLine';
import { settingsLink } from '../store/configure/share';
import { type DatasetSlice, initialState, noDecisions } from '../store/slices';
import { dataChoices } from './choices';
import { parseOptions } from './options';
import { readSetup } from './setup';

const config = defaultSession();
config.train.steps = 33;
config.runs[1].gate.rule = 'literal';

/** What a shell makes of the line, without the program's name. */
const shell = (line: string): string[] =>
  execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8' })
    .split('\0')
    .slice(2, -1);

const files = (...names: string[]) =>
  ({
    table: { columns: ['q', "the answer's"], files: names.map((path) => ({ path, bytes: 1, use: 'train' })) },
    repairs: noDecisions().repairs,
  }) as unknown as DataReplies['parse'];
const dataset = (change: Partial<DatasetSlice>): DatasetSlice => ({ ...initialState().dataset, ...change });

test('settings, model and data come back as they were', async () => {
  const { line, whole } = commandLine(settingsLink(config), {
    model: { kind: 'hub', id: 'owner/name', revision: 'v2', host: 'https://x', file: 'onnx/model_q4.onnx' },
    dataset: dataset({
      parsed: files("Tom's facts.csv"),
      ownMapping: true,
      mapping: { kind: 'prompt-completion', roles: { prompt: 'q', completion: "the answer's", context: null } },
      template: { prompt: '-- {prompt}\n$HOME `x` "', completion: '{completion}' },
      seed: 4,
      validationShare: 0.25,
      maxExamples: 99,
      stratify: false,
      completionOnly: false,
    }),
  });
  expect(whole).toBe(true);
  const { words, options } = parseOptions(shell(line));
  expect(words[0]).toBe('train');
  expect((await readSetup(words[1])).config).toEqual(config);
  expect(options).toMatchObject({
    model: 'owner/name@v2',
    'model-file': 'onnx/model_q4.onnx',
    data: ["Tom's facts.csv"],
  });
  expect(dataChoices(options, null)).toMatchObject({
    validationShare: 0.25,
    seed: 4,
    maxExamples: 99,
    stratify: false,
    completionOnly: false,
    said: {
      kind: 'prompt-completion',
      roles: { prompt: 'q', completion: "the answer's" },
      template: { prompt: '-- {prompt}\n$HOME `x` "' },
    },
  });
});

test('what is guessed and what is usual is not said', () => {
  const model = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
  const { line } = commandLine('3.abc', { model, dataset: dataset({ parsed: files('a.csv', 'b.csv') }) });
  expect(line).toBe('npx sieve train 3.abc --model sieve-stories-nano --data a.csv --data b.csv');
});

test('a set-up that no option says is told', () => {
  const { repairs } = noDecisions();
  const whole = (change: Partial<DatasetSlice>) =>
    commandLine('3.abc', { model: null, dataset: dataset({ parsed: files('a.csv'), ...change }) }).whole;
  expect(whole({})).toBe(true);
  expect(whole({ decisions: { repairs, edits: { excluded: [3], changed: [] } } })).toBe(false);
  expect(whole({ decisions: { ...noDecisions(), repairs: { ...repairs, leak: true } } })).toBe(false);
  expect(whole({ choices: { ...initialState().dataset.choices, header: 'no' } })).toBe(false);
  expect(whole({ chatChoice: null })).toBe(false);
});
