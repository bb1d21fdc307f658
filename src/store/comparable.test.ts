import { expect, test } from 'vitest';
import { defaultExperiment } from '../shared/config';
import { keptRunsOf, sessionRuns } from './comparable';
import { RunHistory } from './history';
import { recordOf } from './keptRuns';
import { exportedRun, readRunParts, restoredRun, runFiles } from './runFile';
import type { Session } from './slices';
import { MODULES, evalEvent, gateStats, stepEvent } from './testing/fixtures';

const MODEL = { kind: 'embedded', id: 'sieve-stories-nano' } as const;

function session(): Session {
  const histories = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new RunHistory(id)]));
  histories.get('base')!.addEval(evalEvent('base', 0, 5.5));
  const gated = histories.get('ts-lora')!;
  gated.modules = MODULES;
  gated.parameters = 64;
  for (let step = 1; step <= 6; step++) gated.addStep(stepEvent('ts-lora', step, gateStats(4, 100, () => 50)));
  histories.get('lora')!.addStep(stepEvent('lora', 1));
  gated.addEval(evalEvent('ts-lora', 3, 3));
  gated.addEval({ ...evalEvent('ts-lora', 6, 3.25), gate: gateStats(4, 100, (m) => 100 - 10 * m) });
  return { experiment: defaultExperiment(), template: { prompt: '{prompt}\n', completion: '{completion}' }, mapping: null, dataName: 'facts.jsonl', plan: null, histories, failed: new Map([['lora', { name: 'TrainError', message: 'NaN', hint: '' }]]), startedAt: 1000 };
}

test('a session’s runs with what they measured, and nothing that they did not', () => {
  const [lora, gated] = sessionRuns(session(), MODEL);
  expect(lora).toMatchObject({ key: 'session/lora', kept: null, name: 'LoRA', of: '', data: 'facts.jsonl', failed: 'NaN', skips: null });
  expect(lora.final).toMatchObject({ steps: 1, evaluatedAt: null, loss: null, base: 5.5, best: null, skipped: null, workSaved: null, examples: null });
  expect(gated.final).toMatchObject({ steps: 6, evaluatedAt: 6, loss: 3.25, best: { step: 3, loss: 3 }, parameters: 64, tokens: 1200, examples: 32 });
  expect(gated.final.skipped).toBeCloseTo(0.15);
  expect(gated.final.workSaved).toBeCloseTo(0.4);
  expect(gated.skips).toMatchObject({ on: 'heldOut', step: 6, modules: MODULES });
  gated.skips!.shares.forEach((share, m) => expect(share).toBeCloseTo(m / 10));
  expect(Array.from(gated.curves.heldOut.values)).toEqual([5.5, 3, 3.25]);
  expect(gated.curves.train.steps).toHaveLength(6);
});

test('before an evaluation measures the gates, the last step tells what is skipped', () => {
  const s = session();
  s.histories.get('ts-lora')!.evals.pop();
  expect(sessionRuns(s, MODEL)[1].skips).toMatchObject({ on: 'training', step: 6, shares: [0.5, 0.5, 0.5, 0.5] });
});

test('a kept run reads like the session it was, from its file', async () => {
  const s = session();
  const record = { ...recordOf(s, 'finished', { id: 'abc-1', model: MODEL, gpu: 'gpu', endedAt: 2000, bytes: 5 }), name: 'Hats' };
  const { histories } = restoredRun(await readRunParts(await exportedRun(record, runFiles([...s.histories.values()].map((h) => h.snapshot()), {}))));
  const kept = keptRunsOf(record, histories);
  expect(kept.map((r) => [r.key, r.kept, r.of])).toEqual([['abc-1/lora', 'abc-1', 'Hats'], ['abc-1/ts-lora', 'abc-1', 'Hats']]);
  sessionRuns(s, MODEL).forEach((run, i) => {
    const { history: _own, key: _key, kept: _kept, of: _of, curves, ...same } = run;
    expect(kept[i]).toMatchObject(same);
    for (const name of ['train', 'heldOut', 'gradNorm', 'learningRate'] as const) expect(Array.from(kept[i].curves[name].values)).toEqual(Array.from(curves[name].values));
  });
});
