import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LANGUAGES, type Language, speak, texts } from '../shared/texts';
import { dataChoices, deviceWish } from './choices';
import { EXIT } from './exit';
import { settingFlags } from './flags';
import { optionNames, parseOptions } from './options';

test('options, settings and words are told apart', () => {
  const { words, options } = parseOptions(
    'train c.json --data a.csv --steps 7 --data=b.csv --json --load-best-checkpoint true'.split(' '),
  );
  expect(words).toEqual(['train', 'c.json']);
  expect(options).toEqual({
    data: ['a.csv', 'b.csv'],
    json: true,
    settings: { steps: '7', 'load-best-checkpoint': 'true' },
  });
  expect(parseOptions(['-h']).options.help).toBe(true);
});

test('what cannot be understood is named', () => {
  const of = (args: string) => () => parseOptions(args.split(' '));
  expect(of('train --stepz 3')).toThrow('There is no option --stepz.');
  expect(of('train --steps')).toThrow('--steps needs a value.');
  expect(of('train --json=yes')).toThrow('--json takes no value.');
  // A name that every object has.
  expect(of('train --constructor 1')).toThrow('There is no option --constructor.');
  const choices = (args: string) => () => dataChoices(parseOptions(args.split(' ')).options, null);
  expect(choices('--validation-share 0.6')).toThrow('--validation-share must be a number from 0 to 0.5.');
  expect(choices('--data-seed 1.5')).toThrow('--data-seed must be a whole number');
  expect(choices('--max-examples=')).toThrow('--max-examples must be');
  expect(choices('--kind poem')).toThrow('--kind must be one of: text, ');
  expect(choices('--column prompt')).toThrow('“prompt” is not a role and its column.');
  expect(choices('--column poem=a')).toThrow('There is no role “poem” here.');
  expect(choices('--kind text --column label=a')).toThrow('There is no role “label” here.');
  expect(() => deviceWish({ device: 'tpu', settings: {} })).toThrow('--device must be one of: cpu, gpu.');
  expect(() => deviceWish({ threads: '0', settings: {} })).toThrow('--threads must be');
});

test('a kind follows from the roles that are given', () => {
  const said = (args: string) => dataChoices(parseOptions(args.split(' ')).options, null).said;
  expect(said('--column prompt=q --column completion=a')).toEqual({
    kind: 'prompt-completion',
    roles: { prompt: 'q', completion: 'a' },
    template: {},
  });
  expect(said('--column label=y')?.kind).toBe('text-label');
  expect(said('--prompt-template {text}:')).toEqual({ roles: {}, template: { prompt: '{text}:' } });
  expect(said('--max-examples 5')).toBeUndefined();
});

test('files of validation examples are told from those to train on', () => {
  const { options } = parseOptions('--data x/a.csv --validation y/b.csv'.split(' '));
  expect(dataChoices(options, null).choices?.files).toEqual({ 'a.csv': 'train', 'b.csv': 'validation' });
});

test('no option is called as a setting is', () => {
  expect(optionNames.filter((name) => settingFlags.includes(name))).toEqual([]);
});

test('help and docs name every option and exit code, in every language', async () => {
  const docs = readFileSync('docs/terminal.md', 'utf8');
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    await speak(language);
    const text = texts().errors.cli.words.help({ languages: 'en', models: [], formats: '', kinds: '' });
    expect(optionNames.filter((name) => !text.includes(`--${name}`))).toEqual([]);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`[:;：；] ?${code} `));
  }
  await speak('en');
  expect(optionNames.filter((name) => !docs.includes(`--${name}`))).toEqual([]);
  for (const code of Object.values(EXIT)) expect(docs).toContain(`| ${code} |`);
});
