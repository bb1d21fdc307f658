/**
 * A method, and a gate rule, are registered and no more: a description, the engine's object, a sentence in the
 * catalogue. What is listed here only for the test trains, is exported and imported, and stands in the form and
 * everywhere else.
 */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createStore } from 'zustand';
import type * as EngineMethods from '../engine/adapters/list';
import type * as EngineRules from '../engine/adapters/gate/list';
import type { GateGradients, RuleContext } from '../engine/adapters/gate/rule';
import type { UpdateContext } from '../engine/adapters/adapterMethod';
import type * as Methods from '../shared/methods/list';
import type * as Rules from '../shared/rules/list';
import { TINY_LLAMA } from './testing/tinyLlama';

const MOCKED = [
  '../shared/methods/list',
  '../shared/rules/list',
  '../engine/adapters/list',
  '../engine/adapters/gate/list',
];

beforeAll(async () => {
  vi.resetModules();
  // LoRA that is a few times as strong, alone and gated; and a gate whose τ is set once and for all.
  vi.doMock('../shared/methods/list', async (original) => {
    const { METHOD_LIST } = await original<typeof Methods>();
    const { message } = await import('../shared/message');
    const { gated } = await import('../shared/methods/method');
    const { number } = await import('../shared/settings/setting');
    const strong = {
      name: 'strong',
      label: 'StrongLoRA',
      update: 'strong',
      gated: false,
      ignores: ['rslora'],
      refuses: { dropout: message('shared.setting.doraDropout') },
      settings: { times: number({ place: 'more', min: 1, max: 9, default: 3, sweep: '2, 4' }) },
      scaling: ({ alpha, rank }: { alpha: number; rank: number }, own: Readonly<Record<string, unknown>>) =>
        ((own.times as number) * alpha) / rank,
    };
    return { METHOD_LIST: [...METHOD_LIST, strong, gated(strong)] };
  });
  vi.doMock('../shared/rules/list', async (original) => {
    const rules = await original<typeof Rules>();
    return {
      ...rules,
      RULE_LIST: [...rules.RULE_LIST, { name: 'fixed', cut: 'learned', settings: ['activeShare', 'tauWarmup'] }],
    };
  });
  vi.doMock('../engine/adapters/list', async (original) => {
    const { ADAPTER_METHODS } = await original<typeof EngineMethods>();
    const { lora } = await import('../engine/adapters/lora');
    const { z } = await import('../shared/zod');
    const strong = {
      ...lora,
      name: 'strong',
      create: (context: UpdateContext) => lora.create(context),
      peft: {
        ...lora.peft,
        fields: { ...lora.peft.fields, strong_times: z.number().optional() },
        is: (config: Readonly<Record<string, unknown>>) => config.strong_times !== undefined,
        write: (run: Parameters<typeof lora.peft.write>[0]) => ({
          ...lora.peft.write(run),
          strong_times: (run as unknown as { strong: { times: number } }).strong.times,
        }),
        read: (config: Readonly<Record<string, unknown>>) => ({
          ...lora.peft.read(config),
          strong: { times: config.strong_times },
        }),
      },
    };
    return { ADAPTER_METHODS: [...ADAPTER_METHODS, strong] };
  });
  vi.doMock('../engine/adapters/gate/list', async (original) => {
    const { RULE_ENTRIES } = await original<typeof EngineRules>();
    const { packGateSlots } = await import('../engine/kernels/gate/slots');
    const fixed = {
      name: 'fixed',
      create: ({ device, slots, modules, config }: RuleContext) => ({
        prepare: (gradients: GateGradients | null) =>
          gradients &&
          device.write(slots, packGateSlots(Array.from({ length: modules }, () => ({ tau: config.activeShare })))),
      }),
    };
    return { RULE_ENTRIES: [...RULE_ENTRIES, fixed] };
  });
  const { speakOfErrors, texts } = await import('../shared/texts');
  await speakOfErrors();
  const { train, settings, configure } = texts();
  Object.assign(train.run.does, { strong: 'LoRA, but stronger.', 'ts-strong': 'The same with gates.' });
  Object.assign(settings, { strong: { times: { label: 'Times', help: 'How many times as strong.' } } });
  Object.assign(settings.group, { strong: 'StrongLoRA' });
  Object.assign(configure.adapter.ownHelp, { strong: 'It is strong.' });
  Object.assign(settings.gate.rule.options, { fixed: 'fixed threshold' });
  Object.assign(configure.gate.rule, { fixed: 'τ stays as it is set.' });
});

afterAll(() => {
  for (const path of MOCKED) vi.doUnmock(path);
  vi.resetModules();
});

/** A session of the new method with the new rule, and LoRA beside it. */
async function config() {
  const { parseSession } = await import('../shared/config');
  return parseSession({
    train: { steps: 4, warmupSteps: 0, schedule: 'constant', learningRate: 1e-2 },
    runs: [
      { id: 'lora', name: 'LoRA', method: 'lora', rank: 4, alpha: 8 },
      { id: 'new', name: 'New', method: 'strong', rank: 4, alpha: 8, strong: { times: 5 } },
      {
        id: 'gated',
        name: 'Gated',
        method: 'ts-strong',
        rank: 4,
        alpha: 8,
        gate: { rule: 'fixed', activeShare: 0.005, tauWarmup: 1 },
      },
    ],
  });
}

it('trains on the CPU engine, and comes back from its files', async () => {
  const { BaseModel } = await import('../engine/base');
  const { weightShapes } = await import('../shared/model');
  const { openCpuDevice } = await import('../engine/kernels/openCpu');
  const { randomFloats } = await import('../engine/testing/harness');
  const { Trainer } = await import('../engine/trainer');
  const { adapterFiles } = await import('./adapterFiles');
  const { readAdapter } = await import('./readAdapter');
  const { mergeModule } = await import('./merge');
  const { train, runs } = await config();
  const sizes = new Map(weightShapes(TINY_LLAMA).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b)]));
  const device = await openCpuDevice({ threads: 1 });
  const base = new BaseModel(device, TINY_LLAMA, (name) => randomFloats(sizes.get(name)!, 1, 0.2));
  const trainer = await Trainer.create(base, runs, train, {
    capacity: { rows: 24, supervised: 24, segments: runs.length, headChunk: 64 },
    microBatches: 1,
    recompute: false,
  });
  const ids = Int32Array.from({ length: 20 }, (_, i) => (7 * i) % TINY_LLAMA.vocab);
  const batch = { ids, targets: ids.map((_, i) => ids[i + 1] ?? -1), starts: Uint32Array.of(0, 20) };
  const names = runs.map(({ id }) => id);
  const losses: Record<string, number[]> = { lora: [], new: [], gated: [] };
  for (let step = 0; step < train.steps; step++) {
    const results = await trainer.step(names, [batch], step);
    for (const id of names) losses[id].push((await results.get(id)!).loss);
  }
  expect(losses.new[0]).toBe(losses.lora[0]);
  for (const id of ['new', 'gated']) expect(losses[id].at(-1)).toBeLessThan(losses[id][0] - 0.01);
  // Five times as strong, it moves away from LoRA.
  expect(losses.new.at(-1)).not.toBe(losses.lora.at(-1));
  const thresholds = await trainer.run('gated').method.thresholds();
  expect(new Set(thresholds)).toEqual(new Set([Math.fround(0.005)]));

  for (const run of runs.slice(1)) {
    const adapters = await trainer.run(run.id).adapters();
    const files = adapterFiles({
      run,
      model: { id: 'tiny', revision: null },
      adapters,
      thresholds: run.id === 'gated' ? thresholds : null,
      template: { prompt: '', completion: '' },
      check: null,
    });
    const back = readAdapter(files, TINY_LLAMA, 'back');
    expect(back.run).toMatchObject({ method: run.method, rank: 4, strong: { times: run.id === 'new' ? 5 : 3 } });
    expect(back.adapters).toEqual(adapters);
    expect(back.thresholds).toEqual(run.id === 'gated' ? thresholds : null);
  }
  const [module] = await trainer.run('new').adapters();
  const zero = new Float32Array(module.dIn * module.dOut);
  const merged = mergeModule(runs[1], module, zero);
  mergeModule({ ...runs[1], method: 'lora' }, module, zero).forEach((v, i) => expect(merged[i]).toBeCloseTo(5 * v, 5));
  trainer.free();
  base.free();
});

it('stands in the form, the docs, the config diff, links and the grid', async () => {
  const { texts } = await import('../shared/texts');
  const { train, runs } = await config();
  const [, fresh, gated] = runs;

  // Form: the method in the list with its sentence, its own settings, and the rule with what counts under it.
  const { RunEditor } = await import('../ui/RunEditor');
  const { StudioContext } = await import('../ui/studioContext');
  const state = {
    runs: { draft: { train, runs }, problems: [] },
    model: { info: null },
    dataset: { report: null },
  };
  const value = { store: createStore(() => state), configure: {} } as never;
  const form = (index: number) =>
    renderToStaticMarkup(
      createElement(StudioContext, { value }, createElement(RunEditor, { run: runs[index], index, only: false })),
    );
  expect(form(0)).toContain('<option value="strong">StrongLoRA</option>');
  expect(form(0)).toContain(`<option value="ts-strong">${texts().train.run.gated('TS-StrongLoRA')}</option>`);
  expect(form(1)).toContain('LoRA, but stronger.');
  expect(form(1)).toMatch(/Times.*<input[^>]* value="5"/s);
  expect(form(1)).not.toContain('rsLoRA');
  expect(form(2)).toContain('τ stays as it is set.');
  expect(form(2)).toMatch(/<option value="fixed" selected="">fixed threshold/);
  expect(form(2)).toContain(texts().settings.gate.activeShare.label);
  expect(form(2)).not.toContain(texts().settings.gate.sparsityPenalty.label);

  // What it refuses is refused.
  const { sessionProblems } = await import('../shared/config');
  expect(sessionProblems({ train, runs: [{ ...fresh, dropout: 0.1 }] }).map(({ path }) => path)).toEqual([
    'runs.0.dropout',
  ]);

  // Docs, config diff, link, grid, experiments.
  const { settingsTable } = await import('../../e2e/settingsTable');
  expect(settingsTable()).toContain('## StrongLoRA');
  expect(settingsTable()).toContain(
    '| Times | How many times as strong. | `runs.n.strong.times` | 1 to 9 | `3` | `--strong-times` |  | StrongLoRA, TS-StrongLoRA | yes |',
  );
  expect(settingsTable()).toMatch(/`runs\.n\.gate\.activeShare`.*rules quantile, late, random, fixed/);
  const { configDiff } = await import('../ui/compare/configDiff');
  const rest = { train, model: 'm', data: 'd', template: { prompt: '', completion: '' } };
  const rows = configDiff([fresh, gated].map((config) => ({ config, ...rest })));
  expect(rows).toContainEqual({ path: 'run.method', label: 'Method', values: ['StrongLoRA', 'TS-StrongLoRA'] });
  expect(rows).toContainEqual({ path: 'run.strong.times', label: 'Times', values: ['5', '3'] });
  const { readLink, settingsLink } = await import('../store/configure/share');
  expect(readLink(settingsLink({ train, runs }))).toEqual({ train, runs });
  const { names } = await import('../shared/texts/names');
  const { expandGrid } = await import('../store/experiments/grid');
  expect(expandGrid([fresh], [{ field: 'times', values: '2, 4' }], train, names)).toMatchObject({
    variants: [
      { name: 'New, times 2', strong: { times: 2 } },
      { name: 'New, times 4', strong: { times: 4 } },
    ],
  });
  const { START_DRAFT, experimentSettings } = await import('../store/experiments/presets');
  const methods = ['lora' as const, fresh.method];
  expect(experimentSettings({ ...START_DRAFT, methods }, train, runs, names).variants.map(({ name }) => name)).toEqual([
    'LoRA',
    'StrongLoRA',
  ]);
});
