import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunConfig, defaultSession, parseSession, runSchema } from '../../shared/config';
import { experimentSchema } from '../../shared/experiment';
import { aCell, anExperiment } from '../testing/experiments';
import { SWEPT, fieldOf, sweepOf, sweptSetting } from '../../shared/settings';
import { type Axis, axisValues, expandGrid, sessionsOf, sharedOf } from './grid';
import { jobCount, nextJob } from './plan';
import { resultsOf } from './results';
import { isMessage } from '../../shared/message';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { referenceName, verdictsOf } from '../../ui/experiment/verdicts';

const {
  train,
  runs: [lora, ts],
} = defaultSession();
const run = (method: RunConfig['method'], patch: object = {}) =>
  runSchema.parse({ id: method, name: method, method, ...patch });

/** What a refusal says. */
const refusal = (result: unknown): string => {
  if (!isMessage(result)) throw new Error('nothing was refused');
  return say(result);
};

function expanded(runs: readonly RunConfig[], axes: Axis[]) {
  const result = expandGrid(runs, axes, train, names);
  if (isMessage(result)) throw new Error(say(result));
  return result;
}

describe('the values of a setting', () => {
  it('are read from any list, percentages as shares', () => {
    expect(axisValues({ field: 'learningRate', values: ' 1e-3,0.003 ;0.01 ' })).toEqual([
      { shown: '1e-3', value: 0.001 },
      { shown: '0.003', value: 0.003 },
      { shown: '0.01', value: 0.01 },
    ]);
    expect(axisValues({ field: 'targetSparsity', values: '30 50' })).toEqual([
      { shown: '30', value: 0.3 },
      { shown: '50', value: 0.5 },
    ]);
    expect(refusal(axisValues({ field: 'rank', values: ' ' }))).toMatch(/at least one value/);
    expect(refusal(axisValues({ field: 'rank', values: '4,4.0' }))).toMatch(/duplicate value/);
    expect(refusal(axisValues({ field: 'rank', values: '1 2 3 4 5 6 7 8 9 10 11 12 13' }))).toMatch(/at most 12/);
  });
});

describe('a grid', () => {
  it('multiplies runs and settings, and names what differs', () => {
    const { variants, grid } = expanded(
      [lora, ts],
      [
        { field: 'rank', values: '4, 8' },
        { field: 'learningRate', values: '0.001' },
      ],
    );
    expect(variants.map((a) => [a.name, a.rank, a.alpha, a.learningRate])).toEqual([
      ['LoRA, rank 4, learning rate 0.001', 4, 8, 0.001],
      ['TS-LoRA, rank 4, learning rate 0.001', 4, 8, 0.001],
      ['LoRA, rank 8, learning rate 0.001', 8, 16, 0.001],
      ['TS-LoRA, rank 8, learning rate 0.001', 8, 16, 0.001],
    ]);
    expect(grid.settings.map((s) => [s.name, s.variants.length])).toEqual([
      ['rank 4, learning rate 0.001', 2],
      ['rank 8, learning rate 0.001', 2],
    ]);
  });

  it('a run that a field does not concern stands once', () => {
    const { variants, grid } = expanded([lora, ts], [{ field: 'targetSparsity', values: '30, 50, 70' }]);
    expect(variants.map((a) => [a.name, a.gate.targetSparsity])).toEqual([
      ['LoRA', null],
      ['TS-LoRA, target sparsity 30 %', 0.3],
      ['TS-LoRA, target sparsity 50 %', 0.5],
      ['TS-LoRA, target sparsity 70 %', 0.7],
    ]);
    expect(grid.settings.map((s) => s.variants.length)).toEqual([2, 1, 1]);
    expect(refusal(expandGrid([lora], [{ field: 'targetSparsity', values: '30' }], train, names))).toMatch(
      /None of the chosen methods/,
    );
  });

  it('a random gate follows the run of its own setting, in the same session', () => {
    const follower = run('ts-lora', { id: 'random', name: 'Random', gate: { rule: 'random', follows: 'ts-lora' } });
    const { variants, grid } = expanded([lora, ts, follower], [{ field: 'targetSparsity', values: '10 20 30 40' }]);
    const followed = variants
      .filter((a) => a.gate.follows !== null)
      .map((a) => variants.find((x) => x.id === a.gate.follows)!.gate.targetSparsity);
    expect(followed).toEqual([0.1, 0.2, 0.3, 0.4]);
    // The follower's own setting changes though the followed run has none of that kind.
    const dora = run('ts-dora', { name: 'TS-DoRA' });
    const behind = { ...follower, gate: { ...follower.gate, follows: 'ts-dora' } };
    const mixed = expanded([dora, behind], [{ field: 'dropout', values: '0 10' }]);
    expect(mixed.variants).toHaveLength(4);
    for (const session of [...sessionsOf({ variants, grid }), ...sessionsOf(mixed)])
      expect(parseSession({ train, runs: session }).runs).toEqual(session);
  });

  it('refuses in words what cannot be trained, naming variant and field', () => {
    expect(refusal(expandGrid([lora], [{ field: 'rank', values: '8 100' }], train, names))).toBe(
      'LoRA, rank 100, Rank: must be at most 64.',
    );
    expect(
      refusal(
        expandGrid(
          [lora],
          [
            { field: 'rank', values: '8' },
            { field: 'rank', values: '4' },
          ],
          train,
          names,
        ),
      ),
    ).toMatch(/two different/);
    expect(
      refusal(
        expandGrid([run('ts-lora', { gate: { gradientFrom: 'dev' } })], [{ field: 'rank', values: '8' }], train, names),
      ),
    ).toMatch(/^Dev split: must be above 0/);
    const eight = Array.from({ length: 8 }, (_, i) => run('lora', { id: `r${i}` }));
    expect(refusal(expandGrid(eight, [{ field: 'rank', values: '1 2 3 4 5 6 7 8' }], train, names))).toMatch(
      /64 variants; at most 48/,
    );
  });

  it('whatever it is, every variant belongs to one setting, and sessions are valid and hold all variants once', () => {
    const axis = fc.record({
      field: fc.constantFrom(...SWEPT.map(fieldOf)),
      values: fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }).map((v) => v.join(' ')),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom<RunConfig['method']>('lora', 'dora', 'adalora', 'ts-lora', 'ts-dora'), {
          minLength: 1,
        }),
        fc.array(axis, { minLength: 1, maxLength: 2 }),
        (methods, axes) => {
          const result = expandGrid(
            methods.map((m) => run(m)),
            axes.map((a) => (a.field === 'learningRate' ? { ...a, values: a.values.replaceAll(/\d+/g, '0.0$&') } : a)),
            train,
            names,
          );
          if (isMessage(result)) return;
          const experiment = experimentSchema.parse({
            ...anExperiment({}),
            train,
            variants: result.variants,
            grid: result.grid,
          });
          const sessions = sessionsOf(experiment);
          expect(
            sessions
              .flat()
              .map((a) => a.id)
              .sort(),
          ).toEqual(experiment.variants.map((a) => a.id).sort());
          for (const runs of sessions) {
            expect(runs.length).toBeLessThanOrEqual(8);
            const shared = sharedOf(experiment.grid, runs);
            expect(parseSession({ train: { ...train, ...shared }, runs }).runs).toEqual(runs);
          }
        },
      ),
    );
  });
});

describe('any setting', () => {
  it.each(SWEPT.map(fieldOf))('%s starts with values that can be trained', (field) => {
    const values = sweepOf(sweptSetting(field)!);
    expect(isMessage(axisValues({ field, values }))).toBe(false);
    expect(values.split(', ').length).toBeGreaterThan(1);
  });

  it('choices are words; what a session shares has sessions of its own', () => {
    expect(axisValues({ field: 'train.schedule', values: 'linear, constant' })).toEqual([
      { shown: 'linear', value: 'linear' },
      { shown: 'constant', value: 'constant' },
    ]);
    expect(refusal(axisValues({ field: 'train.schedule', values: 'linear, none' }))).toMatch(/“none” is none of/);
    expect(refusal(axisValues({ field: 'rslora', values: 'yes' }))).toMatch(/“yes” is none of false, true/);
    const { variants, grid } = expanded(
      [lora, ts],
      [
        { field: 'train.batchSize', values: '2, 4' },
        { field: 'rslora', values: 'false, true' },
      ],
    );
    expect(variants).toHaveLength(8);
    expect(new Set(variants.map((v) => v.name)).size).toBe(8);
    const experiment = anExperiment({ variants, grid, seeds: [1] });
    expect(experimentSchema.parse(experiment).grid).toEqual(grid);
    // Four runs of each batch size: they share what is shared.
    expect(jobCount(experiment)).toBe(2);
    const first = nextJob(experiment, [], names)!;
    expect([first.config.train.batchSize, first.config.runs.length]).toEqual([2, 4]);
    const cells = first.config.runs.map((r) => aCell(experiment, 1, r.id));
    expect(nextJob(experiment, cells, names)!.config.train.batchSize).toBe(4);
  });
});

describe('an experiment with a grid', () => {
  const six = expanded([lora, ts], [{ field: 'rank', values: '1 2 4 8 16' }]);
  const experiment = anExperiment({ variants: six.variants, grid: six.grid, seeds: [1, 2] });

  it('trains in sessions of at most eight, whole settings together', () => {
    expect(jobCount(experiment)).toBe(4);
    const first = nextJob(experiment, [], names)!;
    expect(first.config.runs.map((r) => r.rank)).toEqual([1, 1, 2, 2, 4, 4, 8, 8]);
    const cells = first.config.runs.map((r) => aCell(experiment, 1, r.id));
    expect(nextJob(experiment, cells, names)!.config.runs.map((r) => r.rank)).toEqual([16, 16]);
  });

  it('is read setting by setting: each variant against the first of its own', () => {
    const cells = experiment.seeds.flatMap((seed) =>
      experiment.variants.map((a, i) => aCell(experiment, seed, a.id, { loss: 4 + i / 10 + seed / 100 })),
    );
    const results = resultsOf(experiment, cells, names.ranking);
    const { rows } = results;
    expect(referenceName(results)).toBe('LoRA, same setting');
    expect(rows.map((r) => r.setting)).toEqual([
      'rank 1',
      'rank 1',
      'rank 2',
      'rank 2',
      'rank 4',
      'rank 4',
      'rank 8',
      'rank 8',
      'rank 16',
      'rank 16',
    ]);
    expect(rows.map((r) => r.against?.name ?? null)).toEqual([
      null,
      'LoRA, rank 1',
      null,
      'LoRA, rank 2',
      null,
      'LoRA, rank 4',
      null,
      'LoRA, rank 8',
      null,
      'LoRA, rank 16',
    ]);
    expect(rows[3].difference!.mean).toBeCloseTo(0.1);
    expect(verdictsOf(experiment, cells, results)).toHaveLength(5);
    // What no field concerns stands once, and is the reference of all.
    const mixed = expanded([lora, ts], [{ field: 'targetSparsity', values: '30 50' }]);
    const skips = anExperiment({ variants: mixed.variants, grid: mixed.grid, seeds: [1] });
    const found = resultsOf(
      skips,
      skips.variants.map((a) => aCell(skips, 1, a.id)),
      names.ranking,
    );
    expect(found.rows.map((r) => r.against?.name ?? null)).toEqual([null, 'LoRA', 'LoRA']);
    expect(found.reference).toEqual({ variant: 'LoRA' });
    // Of one method alone, the settings are held against the first.
    const one = expanded([lora], [{ field: 'rank', values: '1 2 4' }]);
    const alone = anExperiment({ variants: one.variants, grid: one.grid, seeds: [1] });
    expect(
      resultsOf(
        alone,
        alone.variants.map((a) => aCell(alone, 1, a.id)),
        names.ranking,
      ).rows.map((r) => r.against?.name ?? null),
    ).toEqual([null, 'LoRA, rank 1', 'LoRA, rank 1']);
  });
});
