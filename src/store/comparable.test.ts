import { expect, test } from 'vitest';
import { runsOfSaved, sessionRuns } from './comparable';
import { recordOf } from './savedSessions';
import { exportedRun, readRunParts, restoredRun, runFiles } from './runFile';
import { MODULES, endedSession } from './testing/fixtures';
import { names } from '../shared/texts/names';
import { inWords } from '../shared/testing/words';

const MODEL = { kind: 'embedded', id: 'sieve-stories-nano' } as const;

test('a session’s runs with what they measured, and nothing that they did not', () => {
  const [lora, gated] = sessionRuns(endedSession(), MODEL);
  expect(lora).toMatchObject({
    key: 'session/lora',
    saved: null,
    name: 'LoRA',
    of: '',
    data: 'facts.jsonl',
    failed: { params: { text: 'NaN' } },
    skips: null,
  });
  expect(lora.final).toMatchObject({
    steps: 1,
    evaluatedAt: null,
    loss: null,
    base: 5.5,
    best: null,
    skipped: null,
    workSaved: null,
    examples: null,
  });
  expect(gated.final).toMatchObject({
    steps: 6,
    evaluatedAt: 6,
    loss: 3.25,
    best: { step: 3, loss: 3 },
    parameters: 64,
    tokens: 1200,
    examples: 32,
  });
  expect(gated.final.skipped).toBeCloseTo(0.15);
  expect(gated.final.workSaved).toBeCloseTo(0.4);
  expect(gated.skips).toMatchObject({ on: 'validation', step: 6, modules: MODULES });
  gated.skips!.shares.forEach((share, m) => expect(share).toBeCloseTo(m / 10));
  expect(Array.from(gated.curves.validation.values)).toEqual([5.5, 3, 3.25]);
  expect(gated.curves.train.steps).toHaveLength(6);
});

test('before an evaluation measures the gates, the last step tells what is skipped', () => {
  const s = endedSession();
  s.metricLogs.get('ts-lora')!.evals.pop();
  expect(sessionRuns(s, MODEL)[1].skips).toMatchObject({ on: 'training', step: 6, shares: [0.5, 0.5, 0.5, 0.5] });
});

test('a saved session reads like the session it was, from its file', async () => {
  const s = endedSession();
  const record = {
    ...recordOf(s, 'finished', { id: 'abc-1', model: MODEL, endedAt: 2000, bytes: 5 }, names),
    name: 'Hats',
  };
  const { metricLogs } = restoredRun(
    await readRunParts(
      await exportedRun(
        record,
        runFiles(
          [...s.metricLogs.values()].map((h) => h.snapshot()),
          {},
        ),
      ),
    ),
  );
  const kept = runsOfSaved(record, metricLogs);
  expect(kept.map((r) => [r.key, r.saved, r.of])).toEqual([
    ['abc-1/lora', 'abc-1', 'Hats'],
    ['abc-1/ts-lora', 'abc-1', 'Hats'],
  ]);
  sessionRuns(s, MODEL).forEach((run, i) => {
    const { metricLog: _own, key: _key, saved: _saved, of: _of, curves, ...same } = run;
    // Of an error its name is not kept.
    expect(inWords(kept[i])).toMatchObject(inWords(same) as object);
    for (const name of ['train', 'validation', 'gradNorm', 'learningRate'] as const)
      expect(Array.from(kept[i].curves[name].values)).toEqual(Array.from(curves[name].values));
  });
});
