/** A session that an earlier version began and paused goes on as that version went on. */
import { expect, it } from 'vitest';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { readSafetensors } from '../hub/safetensors';
import { parseSession } from '../shared/config';
import { todaysState } from './formerState';
import { NANO, watched } from './testing/studio';
import { readRunParts } from '../store/runFile';
import { checkpoint, exportedFile, last, LAST_SESSION, SESSION_THEN } from './testing/earlier';

/** SwiftShader then, the CPU engine now. */
const ROUNDING = 2e-6;

it('a checkpoint goes on: the same losses, step by step, and the same adapters', async () => {
  const { metricLogs, adapters } = await readRunParts(exportedFile());
  const { checkpoint: saved, train, validation } = checkpoint();
  expect(parseSession(todaysState(saved.state).config)).toEqual(SESSION_THEN);
  expect(saved.state.step).toBe(8);
  const { studio, phase, losses } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const done = phase('finished');
  await studio.restore({ type: 'restore', state: saved.state, train, validation });
  await done;
  for (const { id } of SESSION_THEN.runs) {
    const then = metricLogs.find((h) => h.runId === id)!.loss.subarray(8);
    expectClose(losses(id), then, { rtol: ROUNDING }, `losses of ${id}`);
    const files = adapters.get(id);
    if (!files) continue;
    const weights = (of: typeof files) => of.find((f) => f.name === 'adapter_model.safetensors')!.bytes;
    const now = await studio.export({
      type: 'export',
      runId: id,
      template: { prompt: '', completion: '' },
      check: false,
    });
    const [before, after] = [weights(files), weights(now.files)].map((b) => readSafetensors(b));
    const isTau = (name: string) => name.endsWith('.lora_tau');
    expect(after.names.filter((name) => !isTau(name))).toEqual(before.names);
    for (const name of before.names)
      expectCloseToMax(after.get(name).data, before.get(name).data, 1e-4, `${id} ${name}`);
    // Thresholds had a file of their own.
    const gate = files.find((f) => f.name === 'ts_peft.json');
    const taus = gate ? (JSON.parse(new TextDecoder().decode(gate.bytes)).thresholds as Record<string, number>) : {};
    expect(after.names.filter(isTau)).toHaveLength(Object.keys(taus).length);
    for (const [path, tau] of Object.entries(taus))
      expectCloseToMax(after.get(`base_model.model.${path}.lora_tau`).data, [tau], 1e-4, `${id} ${path}`);
  }
  await studio.reset();
});

it('the last commit of version 1: gates, dev split and data orders go on where they stood, bit for bit', async () => {
  const { metricLogs } = await readRunParts(last.exportedFile());
  const { state } = last.checkpoint();
  expect(todaysState(state)).toMatchObject({ version: 2, step: 26 });
  expect(parseSession(todaysState(state).config)).toMatchObject(LAST_SESSION);
  const { studio, events, phase, losses } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const done = phase('finished');
  await studio.restore({ type: 'restore', state, ...last.tokenSets() });
  await done;
  for (const { id } of LAST_SESSION.runs) {
    const { loss, dev } = metricLogs.find((h) => h.runId === id)!;
    expect(losses(id).map(Math.fround), id).toEqual([...loss.subarray(26)]);
    const now = events.findLast((e) => e.type === 'dev' && e.runId === id);
    expect(now, id).toMatchObject({ step: 30, best: { step: dev!.best.step } });
  }
  // It was known already that all of them skip everything: nothing new is said.
  expect(events.filter((e) => e.type === 'skips-all')).toEqual([]);
  await studio.reset();
});
