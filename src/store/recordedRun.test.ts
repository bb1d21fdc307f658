import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RECORDED_RUN, recordedRun } from './recordedRun';
import { readRunParts, restoredRun } from './runFile';

const PATH = `public/${RECORDED_RUN}`;
const open = async () => restoredRun(await readRunParts(new Blob([readFileSync(PATH)])));

test('the recorded run is small, of an embedded model and a sample set, and ends better than it began', async () => {
  expect(statSync(PATH).size).toBeLessThan(300_000);
  const file = await open();
  expect(file.record).toMatchObject({ ended: 'finished', model: { kind: 'embedded' } });
  expect(file.record!.config.runs.map((r) => r.method)).toEqual(['lora', 'ts-lora']);
  for (const { loss, failed } of file.record!.finals) {
    expect(failed).toBeNull();
    expect(loss).toBeLessThan(file.record!.base!);
  }
});

test('it plays: curves up to a step, all of them in the end', async () => {
  const file = await open();
  const recording = recordedRun(file)!;
  const points = (step: number) =>
    [...recording.at(step).metricLogs.values()].map((h) => [h.step.length, h.evals.length] as const);
  const of = ['base', 'lora', 'ts-lora'].map((id) => [...file.metricLogs.keys()].indexOf(id));
  expect(of).not.toContain(-1);
  const half = Math.floor(recording.steps / 2);
  for (const i of of.slice(1)) {
    expect(points(0)[i][0]).toBe(0);
    expect(points(half)[i][0]).toBe(half);
    expect(points(half)[i][1]).toBeLessThan(points(recording.steps)[i][1]);
    expect(points(recording.steps)[i][0]).toBe(recording.steps);
  }
  // The text goes through the sieve on the way: it is there from the first step on, and falls more than once.
  const gated = file.metricLogs.get('ts-lora')!;
  const states = [...gated.trail, gated.watch!];
  expect(states[0].step).toBe(0);
  expect(states.length).toBeGreaterThan(8);
  for (const { step } of states) {
    const { watch, trail } = recording.at(step).metricLogs.get('ts-lora')!;
    expect([watch!.step, trail.length]).toEqual([step, states.findIndex((s) => s.step === step)]);
    expect(watch).toBe(gated.watchAt(step));
  }
  const skipped = states.map(({ active }) => active.filter((a) => a === 0).length / active.length);
  expect(skipped[0]).toBe(0);
  expect(skipped.filter((share, i) => i > 0 && share > skipped[i - 1] + 0.02).length).toBeGreaterThan(2);
  // There is no adapter to ask, and what was looked at is as it was.
  expect(recording.at(half).gone).toEqual(new Set(['lora', 'ts-lora']));
  expect(file.metricLogs.get('lora')!.step.length).toBe(recording.steps);
  expect(recordedRun({ ...file, record: null })).toBeNull();
});
