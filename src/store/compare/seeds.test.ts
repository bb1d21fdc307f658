import { expect, test } from 'vitest';
import { defaultSession } from '../../shared/config';
import { names } from '../../shared/texts/names';
import { MetricLog } from '../metricLog';
import { recordOf } from '../savedSessions';
import { type AddedRun, type SessionView, initialState } from '../slices';
import { evalEvent, stepEvent } from '../testing/fixtures';
import { contenders } from './contenders';
import { bandOf, groupBand, seedGroups, seedRows } from './seeds';

const NANO = { kind: 'embedded', id: 'sieve-stories-nano' } as const;

/** A session that was kept: losses of LoRA and TS-LoRA at step 3. */
function kept(id: string, seed: number, losses: [number, number], rank = 8): AddedRun {
  const config = defaultSession();
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((run) => [run, new MetricLog(run)]));
  metricLogs.get('base')!.addEval(evalEvent('base', 0, 5.5));
  ['lora', 'ts-lora'].forEach((run, i) => {
    for (let step = 1; step <= 3; step++) metricLogs.get(run)!.addStep(stepEvent(run, step));
    metricLogs.get(run)!.addEval(evalEvent(run, 3, losses[i]));
  });
  const session: SessionView = {
    config: {
      runs: config.runs.map((r) => ({ ...r, rank })),
      train: { ...config.train, seed },
    },
    template: { prompt: '', completion: '' },
    mapping: null,
    dataName: 'facts.jsonl',
    plan: null,
    devices: [],
    metricLogs,
    failed: new Map(),
    startedAt: seed * 10 + rank,
  };
  const record = { ...recordOf(session, 'finished', { id, model: NANO, endedAt: 9, bytes: 1 }, names), name: id };
  return { record, metricLogs, adapters: new Set(), loaded: {}, refused: {} };
}

function compared(all: AddedRun[]) {
  const s = initialState();
  return contenders(
    { ...s, keep: { ...s.keep, runs: all.map((k) => k.record) }, compare: { ...s.compare, added: all } },
    names,
  );
}

test('runs that differ in nothing but the seed are one; other settings are not', () => {
  const all = compared([kept('a', 1, [3, 3.2]), kept('b', 2, [3.1, 3.4]), kept('c', 3, [2, 2], 4)]);
  const groups = seedGroups(all, all[1]);
  expect(groups.map((g) => [g.name, g.runs.map((r) => r.train.seed)])).toEqual([
    ['LoRA · a', [1, 2]],
    ['TS-LoRA · a', [1, 2]],
    ['LoRA · c', [3]],
    ['TS-LoRA · c', [3]],
  ]);
});

test('the difference to the baseline is paired by seed', () => {
  const all = compared([kept('a', 1, [3, 3.2]), kept('b', 2, [3.1, 3.4]), kept('c', 5, [2.9, 3.0])]);
  const lora = all.find((c) => c.key === 'b/lora')!;
  const [first, second] = seedRows(seedGroups(all, lora), lora);
  expect(first.difference).toBeNull();
  expect(first.loss).toMatchObject({ n: 3 });
  expect(first.loss.mean).toBeCloseTo(3, 12);
  // 0.2, 0.3, 0.1: mean 0.2, standard deviation 0.1, t(0.975, 2) = 4.302653.
  expect(second.difference!.mean).toBeCloseTo(0.2, 12);
  expect(second.difference!.half).toBeCloseTo((4.302653 * 0.1) / Math.sqrt(3), 6);
  expect(second.skipped).toBeNull();
  // Against the base model, which no seed changes.
  const base = all.find((c) => c.kind === 'base' && c.measured !== null)!;
  expect(seedRows(seedGroups(all, base), base)[0].difference!.mean).toBeCloseTo(3 - 5.5, 12);
});

test('a band has the steps that all seeds have', () => {
  const curve = (steps: number[], values: number[]) => ({ steps, values });
  expect(bandOf([curve([0, 2, 4], [5, 3, 2]), curve([0, 4, 6], [5, 4, 1])])).toEqual([
    { step: 0, mean: 5, low: 5, high: 5 },
    { step: 4, mean: 3, low: 2, high: 4 },
  ]);
  expect(bandOf([])).toEqual([]);
  const all = compared([kept('a', 1, [3, 3.2]), kept('b', 2, [3.1, 3.4])]);
  expect(groupBand(seedGroups(all, all[0])[1]).at(-1)).toMatchObject({ step: 3, low: 3.2, high: 3.4 });
});
