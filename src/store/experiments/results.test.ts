import { expect, it } from 'vitest';
import type { Cell, ModuleMeasure, Experiment } from '../../shared/experiment';
import { aCell, anExperiment } from '../testing/experiments';
import { PROBE_GATED, PROBE_PLAIN } from './plan';
import { classesOf, noiseOf, rankingsOf, resultsOf } from './results';
import { names } from '../../shared/texts/names';
import { verdictsOf } from '../../ui/experiment/verdicts';

const verdicts = (experiment: Experiment, cells: readonly Cell[]) =>
  verdictsOf(experiment, cells, resultsOf(experiment, cells, names.ranking));

const compared = () => {
  const experiment = anExperiment({ seeds: [1, 2, 3] });
  // The seeds differ by far more than the variants.
  const losses = { lora: [3, 5, 4], 'ts-lora': [3.1, 5.11, 4.09] };
  const cells = experiment.seeds.flatMap((seed, i) =>
    (['lora', 'ts-lora'] as const).map((variant) => aCell(experiment, seed, variant, { loss: losses[variant][i] })),
  );
  return { experiment, cells };
};

it('a comparison: means, pairs, and a verdict', () => {
  const { experiment, cells } = compared();
  const { rows, base, measures } = resultsOf(experiment, cells, names.ranking);
  expect(base).toBe(5);
  expect(measures.map((m) => m.id)).toEqual(['loss', 'best']);
  expect(rows[0]).toMatchObject({ id: 'lora', done: 3, failed: 0, difference: null, losses: [3, 5, 4] });
  expect(rows[0].values[0]!.mean).toBe(4);
  expect(rows[1].difference!.mean).toBeCloseTo(0.1, 12);
  expect(verdicts(experiment, cells)).toEqual([
    'Validation loss: TS-LoRA worse by 0.100 than LoRA (95 % CI 0.075 to 0.125, n = 3).',
  ]);
});

it('cells come in any order; a broken run is counted and left out of its pair', () => {
  const { experiment, cells } = compared();
  const broken = cells
    .toReversed()
    .map((c) => (c.seed === 2 && c.variant === 'lora' ? { ...c, failed: 'NaN', loss: null } : c));
  const { rows } = resultsOf(experiment, broken, names.ranking);
  expect(rows[0]).toMatchObject({ done: 2, failed: 1, losses: [3, null, 4] });
  expect(rows[1].difference).toMatchObject({ n: 2 });
  expect(verdicts(experiment, [])).toEqual([]);
  expect(verdicts(experiment, cells.slice(0, 2))[0]).toMatch(/one seed cannot show/);
});

it('accuracy is always said, written answers only where they differ', () => {
  const { experiment, cells } = compared();
  const right = (share: number) => ({
    examples: 10,
    candidates: 2,
    likelihood: share,
    macroF1: null,
    generated: 0.5,
    tokenF1: null,
  });
  const scored = cells.map((c) => ({ ...c, accuracy: right((c.variant === 'lora' ? 0.5 : 0.8) + c.seed / 100) }));
  const { measures } = resultsOf(experiment, scored, names.ranking);
  expect(measures.map((m) => m.id)).toEqual(['loss', 'best', 'likelihood', 'generated']);
  const said = verdicts(experiment, scored);
  expect(said).toHaveLength(2);
  expect(said[1]).toMatch(/^Accuracy: TS-LoRA better by 0\.300 than LoRA/);
  const alike = cells.map((c) => ({
    ...c,
    accuracy: right(0.5 + (c.variant === 'lora' ? 1 : -1) * 0.01 * (c.seed % 2)),
  }));
  expect(verdicts(experiment, alike)[1]).toMatch(/^Accuracy: no difference shown/);
});

it('rankings: stability between seeds, agreement with the active share, who was chosen', () => {
  const experiment = anExperiment({ kind: 'importance', seeds: [1, 2] });
  const modules = (active: number[]): ModuleMeasure[] =>
    active.map((a, i) => ({
      layer: i,
      kind: 'q_proj',
      parameters: 10,
      active: a,
      weight: i + 1,
      change: 4 - i,
      gradient: a,
      sensitivity: null,
    }));
  const cells = [
    [0.1, 0.2, 0.3, 0.4],
    [0.1, 0.2, 0.4, 0.3],
  ].flatMap((active, i) => [
    aCell(experiment, i + 1, PROBE_GATED, { stage: 'probe', modules: modules(active) }),
    aCell(experiment, i + 1, PROBE_PLAIN, {
      stage: 'probe',
      modules: modules(active).map((m) => ({ ...m, active: null })),
    }),
  ]);
  const found = rankingsOf(experiment, cells)!;
  const of = (id: string) => found.rankings.find((r) => r.ranking === id)!;
  expect(found.seeds).toBe(2);
  // One swap of neighbours in four: 1 − 6·2/60.
  expect(of('active').stability).toBeCloseTo(0.8, 12);
  expect(of('weight').stability).toBeNull();
  expect(of('change').stability).toBe(1);
  expect(of('gradient').withActive).toBeCloseTo(1, 12);
  expect(of('change').withActive).toBeCloseTo(-0.9, 12);
  // A quarter of the budget is one module.
  expect(found.modules.map((m) => m.chosen.active)).toEqual([0, 0, 1, 1]);
  expect(found.modules[3].active!.mean).toBeCloseTo(0.35, 12);
  expect(rankingsOf(anExperiment({}), [])).toBeNull();
  const ends = [1, 2].flatMap((seed) => [
    aCell(experiment, seed, 'active', { loss: 3 + seed / 100 }),
    aCell(experiment, seed, 'weight', { loss: 4 }),
    aCell(experiment, seed, 'all', { loss: 2 }),
  ]);
  expect(verdicts(experiment, [...cells, ...ends])).toEqual([
    'Validation loss: selection by active share better by 0.985 than selection by weight (95 % CI 0.921 to 1.049, n = 2).',
    'Validation loss: selection by active share worse by 1.015 than all modules (95 % CI 0.951 to 1.079, n = 2).',
  ]);
});

it('token classes: each seed’s own share counts alike', () => {
  const { experiment, cells } = compared();
  const classed = cells.map((c) => ({
    ...c,
    classes: [
      { group: 'Kind', name: 'digits', tokens: 10 * c.seed, passed: 100 * c.seed, skipped: 10 * c.seed * c.seed },
    ],
  }));
  const [row] = classesOf(classed, 'ts-lora');
  expect(row).toMatchObject({ tokens: 60, skipped: { n: 3 } });
  expect(row.skipped!.mean).toBeCloseTo(0.2, 12);
  expect(classesOf(cells, experiment.variants[0].id)).toEqual([]);
});

it('noise: means over seeds at every step, own and fresh apart', () => {
  const { experiment, cells } = compared();
  const noisy = cells
    .filter((c) => c.variant === 'ts-lora')
    .map((c) => ({
      ...c,
      noise: [
        { step: 20, fresh: true, active: 0.5, skipped: null },
        { step: 10, fresh: false, active: c.seed / 10, skipped: 0.4 },
        { step: 10, fresh: true, active: 0.6, skipped: 0.5 },
      ],
    }));
  const rows = noiseOf(noisy, experiment.variants[1].id);
  expect(rows.map((r) => r.step)).toEqual([10, 20]);
  expect(rows[0].activeOwn!.mean).toBeCloseTo(0.2, 12);
  expect(rows[0].activeFresh).toMatchObject({ mean: 0.6, n: 3 });
  expect(rows[1]).toMatchObject({ activeOwn: null, skippedFresh: null });
});
