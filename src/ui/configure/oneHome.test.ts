/** A setting has one home: an entry in the registry with its words is all that it takes. */
import { readFileSync } from 'node:fs';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { createStore } from 'zustand';
import { settingsTable } from '../../../e2e/settingsTable';
import { GROUP_NAMES, SWEPT, fieldOf, flagOf, settingsOf } from '../../shared/settings';
import type * as Adapter from '../../shared/settings/adapter';
import { number } from '../../shared/settings/setting';

afterEach(() => {
  vi.doUnmock('../../shared/settings/adapter');
  vi.resetModules();
});

test('a setting that is added is found everywhere', async () => {
  vi.resetModules();
  vi.doMock('../../shared/settings/adapter', async (original) => {
    const adapter = await original<typeof Adapter>();
    const dummy = number({
      place: 'more',
      unit: 'percent',
      min: 0,
      max: 0.8,
      default: 0.25,
      sweep: '10, 20',
      library: { name: 'PEFT', parameter: 'dummy_share' },
    });
    return { ...adapter, ADAPTER: { ...adapter.ADAPTER, dummy } };
  });
  const { speakOfErrors, texts } = await import('../../shared/texts');
  await speakOfErrors();
  Object.assign(texts().settings.run, { dummy: { label: 'Dummy share', help: 'It does nothing.' } });

  // Schema: its default, its bounds, and a mistake named by its label.
  const { defaultSession, sessionProblems } = await import('../../shared/config');
  const { describeProblem } = await import('../../store/configure/names');
  const start = defaultSession();
  expect(start.runs[0]).toMatchObject({ dummy: 0.25 });
  const of = (dummy: number) => ({ ...start, runs: [{ ...start.runs[0], dummy }, start.runs[1]] });
  const { say } = await import('../../shared/texts/say');
  const [problem] = sessionProblems(of(0.9));
  expect(say(describeProblem(problem, start))).toBe('LoRA, Dummy share: must be at most 0.8');

  // Form: its field with the value, the mark of a change, the help and what PEFT calls it.
  const { RunAdapter } = await import('./AdapterFields');
  const { StudioContext } = await import('../studioContext');
  const changed = of(0.5);
  const state = { runs: { draft: changed, problems: [] }, model: { info: null } };
  const studio = { store: createStore(() => state), configure: {} } as never;
  const form = renderToStaticMarkup(
    createElement(StudioContext, { value: studio }, createElement(RunAdapter, { run: changed.runs[0], index: 0 })),
  );
  expect(form).toMatch(/<label[^>]* title="PEFT: dummy_share">Dummy share \(%\)<span class="changed" title="[^"]*25"/);
  expect(form).toMatch(/<input[^>]* min="0" max="80"[^>]* value="50"/);
  expect(form).toContain('It does nothing.');

  // Changes, config diff, settings file, link.
  const { sessionChanges } = await import('../../store/configure/changes');
  expect(sessionChanges(changed)).toBe(1);
  const { configDiff } = await import('../compare/configDiff');
  const rest = { train: start.train, model: 'm', data: 'd', template: { prompt: '', completion: '' } };
  expect(configDiff([start, changed].map((e) => ({ config: e.runs[0], ...rest })))).toEqual([
    { path: 'run.dummy', label: 'Dummy share (%)', values: ['25', '50'] },
  ]);
  const { readLink, readSettings, settingsFile, settingsLink } = await import('../../store/configure/share');
  expect(settingsFile(changed)).toContain('"dummy": 0.5');
  expect(readSettings(settingsFile(changed))).toEqual(changed);
  expect(readLink(settingsLink(changed))).toEqual(changed);
  expect(settingsLink(changed).length).toBeGreaterThan(settingsLink(start).length);

  // Experiment grid: a choice of the form, and values in percent.
  const { SWEPT: swept } = await import('../../shared/settings');
  expect(swept.map(({ key }) => key)).toContain('dummy');
  const { expandGrid } = await import('../../store/experiments/grid');
  const { names } = await import('../../shared/texts/names');
  const grid = expandGrid([start.runs[0]], [{ field: 'dummy', values: '10, 20' }], start.train, names);
  expect(grid).toMatchObject({
    variants: [
      { name: 'LoRA, dummy share 10 %', dummy: 0.1 },
      { name: 'LoRA, dummy share 20 %', dummy: 0.2 },
    ],
  });

  const { START_DRAFT, experimentSettings } = await import('../../store/experiments/presets');
  expect(
    experimentSettings(START_DRAFT, start.train, changed.runs, names).variants.map((variant) => ({ ...variant })),
  ).toMatchObject(START_DRAFT.methods.map(() => ({ dummy: 0.5 })));

  // Command line and docs.
  const { withFlags } = await import('../../cli/flags');
  expect(withFlags(start, { dummy: '0.75' }).runs.map((run) => ({ ...run }))).toMatchObject([
    { dummy: 0.75 },
    { dummy: 0.75 },
  ]);
  const { settingsTable: table } = await import('../../../e2e/settingsTable');
  expect(table()).toContain(
    '| Dummy share (%) | It does nothing. | `runs.n.dummy` | 0 to 0.8 | `0.25` | `--dummy` | PEFT `dummy_share` |  | yes |',
  );
});

test('docs/settings.md is up to date: npm run settings', () => {
  expect(readFileSync('docs/settings.md', 'utf8')).toBe(settingsTable());
});

test('no two settings share a flag, nor two that may vary a key', () => {
  const flags = GROUP_NAMES.flatMap((group) => settingsOf(group)).map(flagOf);
  expect(new Set(flags).size).toBe(flags.length);
  expect(new Set(SWEPT.map(fieldOf)).size).toBe(SWEPT.length);
});
