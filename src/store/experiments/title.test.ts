import { afterEach, expect, test } from 'vitest';
import { defaultSession } from '../../shared/config';
import { type Experiment, experimentSchema } from '../../shared/experiment';
import { speak } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { anExperiment } from '../testing/experiments';
import { START_DRAFT, type ExperimentDraft, experimentSettings } from './presets';
import { titleOf } from './title';

afterEach(() => speak('en'));

const { train, runs } = defaultSession();
/** As the browser keeps it. */
const started = (draft: Partial<ExperimentDraft>) =>
  experimentSchema.parse({
    ...anExperiment({}),
    ...experimentSettings({ ...START_DRAFT, seeds: 3, ...draft }, train, runs, names),
  }) as Experiment;
const called = (experiment: Experiment) => titleOf(experiment, names.experiment);

test('the name of an experiment follows the language, whatever was spoken when it began', async () => {
  const methods: ExperimentDraft['methods'] = ['lora', 'ts-lora'];
  const kinds = () =>
    [
      { kind: 'compare' as const, methods },
      { kind: 'compare' as const, methods, axes: [{ field: 'rank', values: '2,4' }] },
      { kind: 'compare' as const, methods, rules: ['soft' as const, 'late' as const, 'coin' as const] },
      { kind: 'importance' as const },
    ].map(started);
  const english = kinds();
  const said = [
    'LoRA / TS-LoRA over 3 seeds',
    'LoRA / TS-LoRA by rank over 3 seeds',
    '5 methods over 3 seeds',
    'Which modules matter? over 3 seeds',
  ];
  expect(english.map((e) => e.name)).toEqual(said);
  expect(english.map(called)).toEqual(said);
  await speak('zh');
  const chinese = kinds();
  expect(english.map(called)).toEqual(chinese.map((e) => e.name));
  expect(called(english[0])).toBe('LoRA / TS-LoRA，3 个种子');
  await speak('en');
  expect(chinese.map(called)).toEqual(said);
});

test('a name that nobody knows the making of stays', async () => {
  const { title, ...before } = started({ kind: 'importance' });
  expect(title).toEqual({ kind: 'importance' });
  const old = experimentSchema.parse({ ...before, name: 'Mine' }) as Experiment;
  expect(called(old)).toBe('Mine');
});
