import { describe, expect, it } from 'vitest';
import { defaultSession, parseSession, trainSchema } from '../../shared/config';
import type { ModuleMeasure } from '../../shared/experiment';
import { aCell, anExperiment } from '../testing/experiments';
import { PROBE_ADALORA, PROBE_GATED, PROBE_PLAIN, doneJobs, jobCount, nextJob, scores, topModules } from './plan';
import { START_DRAFT, type ExperimentDraft, experimentSettings, experimentProblem, experimentSize } from './presets';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';

const MODULES: ModuleMeasure[] = [
  { layer: 0, kind: 'q_proj', parameters: 100, active: 0.2, weight: 1, change: 3, gradient: 1, sensitivity: null },
  { layer: 0, kind: 'up_proj', parameters: 300, active: 0.9, weight: 10, change: 2, gradient: 2, sensitivity: null },
  { layer: 1, kind: 'q_proj', parameters: 100, active: 0.5, weight: 2, change: 1, gradient: 3, sensitivity: null },
  { layer: 1, kind: 'up_proj', parameters: 300, active: 0.5, weight: 0, change: 4, gradient: 4, sensitivity: null },
];

describe('the queue of a comparison', () => {
  const experiment = anExperiment({ seeds: [5, 6] });

  it('is one session a seed, with all variants, and differs in nothing but the seed', () => {
    expect(jobCount(experiment)).toBe(2);
    const job = nextJob(experiment, [], names)!;
    expect(job).toMatchObject({
      stage: 'train',
      seed: 5,
      config: { train: { ...experiment.train, seed: 5 }, runs: experiment.variants },
    });
    const half = [aCell(experiment, 5, 'lora')];
    // A session whose cells are not all there is repeated whole.
    expect(nextJob(experiment, half, names)!.seed).toBe(5);
    expect(doneJobs(experiment, half)).toBe(0);
    const first = [...half, aCell(experiment, 5, 'ts-lora', { failed: 'loss is NaN', loss: null })];
    expect(nextJob(experiment, first, names)!.seed).toBe(6);
    expect(doneJobs(experiment, first)).toBe(1);
    expect(
      nextJob(experiment, [...first, aCell(experiment, 6, 'lora'), aCell(experiment, 6, 'ts-lora')], names),
    ).toBeNull();
  });
});

describe('module importance', () => {
  const experiment = anExperiment({ kind: 'importance', seeds: [5, 6] });
  const probes = (seed: number) => [
    aCell(experiment, seed, PROBE_GATED, { stage: 'probe', modules: MODULES }),
    aCell(experiment, seed, PROBE_PLAIN, { stage: 'probe', modules: MODULES.map((m) => ({ ...m, active: null })) }),
    aCell(experiment, seed, PROBE_ADALORA, {
      stage: 'probe',
      modules: MODULES.map((m) => ({ ...m, sensitivity: m.weight })),
    }),
  ];

  it('probes, then trains on what the probe of the same seed says', () => {
    expect(jobCount(experiment)).toBe(4);
    const probe = nextJob(experiment, [], names)!;
    expect(probe).toMatchObject({ stage: 'probe', seed: 5 });
    expect(probe.config.train.steps).toBe(experiment.importance!.probeSteps);
    expect(probe.config.runs.map((r) => [r.id, r.method])).toEqual([
      [PROBE_GATED, 'ts-lora'],
      [PROBE_PLAIN, 'lora'],
      [PROBE_ADALORA, 'adalora'],
    ]);
    const { stage, config } = nextJob(experiment, probes(5), names)!;
    expect(stage).toBe('train');
    expect(config.runs.map((r) => r.id)).toEqual([
      'active',
      'relative',
      'change',
      'gradient',
      'sensitivity',
      'weight',
      'random',
      'all',
    ]);
    expect(config.runs.every((r) => r.method === 'lora')).toBe(true);
    expect(config.runs[0].only).toEqual(['0.q_proj', '1.q_proj']);
    expect(config.runs.find((r) => r.id === 'sensitivity')!.only).toEqual(
      config.runs.find((r) => r.id === 'weight')!.only,
    );
    expect(config.runs.at(-1)!.only).toBeNull();
    expect(parseSession(config)).toEqual(config);
    expect(() =>
      nextJob(
        experiment,
        [probes(5)[0], probes(5)[2], aCell(experiment, 5, PROBE_PLAIN, { stage: 'probe', failed: 'NaN' })],
        names,
      ),
    ).toThrow(/no ranking/);
  });

  it('gives every ranking the same budget, best first, ties bottom up', () => {
    const at = (share: number) => topModules(MODULES, 'active', share, 1);
    expect(at(1)).toEqual(['0.q_proj', '0.up_proj', '1.q_proj', '1.up_proj']);
    // 400 of 800: the best takes 300, then 1.q of the two equal ones fits.
    expect(at(0.5)).toEqual(['0.up_proj', '1.q_proj']);
    expect(at(0.01)).toEqual(['0.up_proj']);
    expect(topModules(MODULES, 'gradient', 0.5, 1)).toEqual(['1.q_proj', '1.up_proj']);
    expect(topModules(MODULES, 'random', 0.5, 1)).toEqual(topModules(MODULES, 'random', 0.5, 1));
    expect(scores(MODULES, 'relative', 1)).toEqual([3, 0.2, 0.5, 0]);
    expect(scores(MODULES, 'random', 1)).not.toEqual(scores(MODULES, 'random', 2));
  });
});

describe('the form', () => {
  it('is complete at the start, and complains in words', () => {
    const { train, runs } = defaultSession();
    const told = (patch: Partial<ExperimentDraft>) => {
      const problem = experimentProblem({ ...START_DRAFT, ...patch }, train, runs, names);
      return problem && say(problem);
    };
    expect(told({})).toBeNull();
    expect(told({ methods: ['lora'] })).toMatch(/two methods/);
    expect(told({ seeds: 0 })).toMatch(/seeds/);
    expect(told({ kind: 'importance', share: 2 })).toMatch(/budget/);
    expect(told({ kind: 'importance', probeSteps: NaN })).toMatch(/probe/);
    expect(told({ of: 'runs' })).toBeNull();
    expect(told({ methods: ['lora'], axes: [{ field: 'rank', values: '4' }] })).toMatch(/second value/);
    expect(told({ methods: ['lora'], axes: [{ field: 'rank', values: '4 8' }] })).toBeNull();
    expect(told({ axes: [{ field: 'rank', values: '4, x' }] })).toMatch(/“x” is not a number/);
  });

  it('takes training and adapter from Configure, seeds counting up', () => {
    const train = trainSchema.parse({ seed: 7, steps: 12 });
    const runs = anExperiment({}).variants.map((r) => ({
      ...r,
      rank: 4,
      alpha: 3,
      gate: { ...r.gate, sparsityPenalty: r.method === 'ts-lora' ? 0.5 : 0 },
    }));
    const settings = experimentSettings({ ...START_DRAFT, loadBestCheckpoint: true }, train, runs, names);
    expect(settings.seeds).toEqual([7, 8, 9]);
    expect(settings.train).toEqual({ ...train, loadBestCheckpoint: true, devShare: 0.1 });
    expect(settings.variants.map((a) => [a.rank, a.alpha, a.gate.sparsityPenalty])).toEqual(
      settings.variants.map(() => [4, 3, 0.5]),
    );
  });

  it('tells how much a grid is, and keeps each method’s own learning rate', () => {
    const { train, runs } = defaultSession();
    const draft: ExperimentDraft = {
      ...START_DRAFT,
      methods: ['lora', 'ts-lora'],
      seeds: 2,
      axes: [
        { field: 'rank', values: '2,4' },
        { field: 'targetSparsity', values: '30 50 70' },
      ],
    };
    // LoRA has no gate: once for each rank.
    expect(experimentSize(draft, train, runs, names)).toMatchObject({ variants: 2 + 6, cells: 16 });
    expect(experimentSize({ ...draft, seeds: 0 }, train, runs, names)).toBeNull();
    const settings = experimentSettings(
      { ...START_DRAFT, methods: ['lora', 'ts-lora'] },
      train,
      [runs[0], { ...runs[1], learningRate: 0.01 }],
      names,
    );
    expect(settings.variants.map((a) => a.learningRate)).toEqual([null, 0.01]);
  });

  it('puts other gates and token dropout beside the methods, at the share that the first gate is to skip', () => {
    const { train, runs } = defaultSession();
    const variants = (gate: Partial<(typeof runs)[1]['gate']>, draft: Partial<ExperimentDraft> = {}) =>
      experimentSettings(
        {
          ...START_DRAFT,
          methods: ['dora', 'lora', 'ts-lora'],
          rules: ['soft', 'late', 'coin', 'quantile'],
          tokenDropout: true,
          ...draft,
        },
        train,
        [runs[0], { ...runs[1], gate: { ...runs[1].gate, ...gate } }],
        names,
      ).variants.slice(3);
    const steered = variants({ targetSparsity: 0.7 });
    expect(steered.map(({ id }) => id)).toEqual([
      'lora-token-dropout',
      'ts-lora-soft',
      'ts-lora-late',
      'ts-lora-coin',
      'ts-lora-quantile',
    ]);
    expect(steered.map(({ name }) => name)).toContain('TS-LoRA, late gate');
    expect(steered.map(({ tokenDropout }) => tokenDropout)).toEqual([0.7, 0, 0, 0, 0]);
    expect(steered[1].gate).toMatchObject({ rule: 'soft', targetSparsity: 0.7 });
    expect(steered[2].gate.activeShare).toBeCloseTo(0.3);
    expect(steered[4].gate.activeShare).toBeCloseTo(0.3);
    // A rule that finds its own share is compared with what the others have by default.
    expect(variants({})[2].gate).toMatchObject({ rule: 'late', targetSparsity: null, activeShare: 0.5 });
    // Of a rule with a fixed share the learned ones get it as their target; the first gate's own rule is there already.
    const fixed = variants({ rule: 'quantile', activeShare: 0.25 });
    expect(fixed.map(({ id }) => id)).not.toContain('ts-lora-quantile');
    expect(fixed[1].gate.targetSparsity).toBeCloseTo(0.75);
    expect(variants({}, { methods: ['dora', 'ts-lora', 'ts-dora'] }).map(({ id }) => id)).not.toContain(
      'dora-token-dropout',
    );
  });
});
