/**
 * A session that is interrupted between a step and what is measured after it (the dev split, validation loss, samples)
 * repeats exactly that, and ends as one that nobody interrupted: same numbers, same runs ended early, same adapters.
 */
import { expect, it } from 'vitest';
import { pack, unpack } from '../shared/pack';
import type { SessionState, TrainEvent } from './protocol';
import { NANO, smallData, smallSession, watched } from './testing/studio';

/** What a page would show in the end: a measurement that is repeated takes its own place. */
function shown(events: readonly TrainEvent[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const e of events) {
    if (e.type === 'step') all[`step ${e.runId} ${e.step}`] = [e.loss, e.gradNorm, e.gate && Array.from(e.gate.tau)];
    if (e.type === 'eval') all[`eval ${e.runId} ${e.step}`] = [e.loss, e.gate && Array.from(e.gate.active)];
    if (e.type === 'dev') all[`dev ${e.runId} ${e.step}`] = [e.loss, e.best];
    if (e.type === 'sample') all[`sample ${e.runId} ${e.step}`] = e.text;
    if (e.type === 'stopped-early') all[`stopped ${e.runId}`] = [e.step, e.bestStep, e.bestLoss];
  }
  return all;
}

it('whatever the moment, a measurement is repeated whole and nothing else is', async () => {
  const set = await smallData(48);
  const small = smallSession({
    steps: 5,
    evalInterval: 2,
    evalExamples: 4,
    warmupSteps: 5,
    devShare: 0.2,
    loadBestCheckpoint: true,
    patience: 1,
  });
  // The rate grows so large that the loss rises again: LoRA ends early, its best adapter is not its last, and the other
  // goes on.
  const config = { ...small, runs: small.runs.map((r) => (r.id === 'lora' ? { ...r, learningRate: 0.2 } : r)) };
  const snapshots: { after: string; seen: TrainEvent[]; state: Promise<Uint8Array<ArrayBuffer>> }[] = [];
  let watching = true;
  const { studio, events, phase } = watched({
    on: (event, own) => {
      if (!watching || (event.type !== 'dev' && event.type !== 'eval' && event.type !== 'sample')) return;
      if (event.type === 'dev' ? event.runId !== 'ts-lora' : event.runId === 'ts-lora') return;
      // Asked for here, it is taken before whatever the session does next.
      const snapshot = { after: `${event.type} of ${event.runId} at step ${event.step}`, seen: [] as TrainEvent[] };
      const state = own
        .state()
        .then((s) => {
          snapshot.seen = [...events];
          return new Blob(pack(s)).arrayBuffer();
        })
        .then((b) => new Uint8Array(b));
      snapshots.push(Object.assign(snapshot, { state }));
    },
  });
  const adapters = async () => {
    const files = await Promise.all(
      ['lora', 'ts-lora'].map(
        async (runId) =>
          (await studio.export({ type: 'export', runId, template: { prompt: '', completion: '' }, check: false }))
            .files,
      ),
    );
    return files.flat().map((f) => [f.name, f.bytes] as const);
  };
  await studio.openModel({ type: 'open-model', source: NANO });
  let done = phase('finished');
  await studio.start({ type: 'start', config, ...set, samplePrompts: null });
  await done;
  watching = false;
  const straight = shown(events);
  const weights = await adapters();
  expect(
    events.flatMap((e) => (e.type === 'stopped-early' ? [[e.runId, e.step, e.bestStep]] : [])),
    JSON.stringify(events.filter((e) => e.type === 'dev')),
  ).toEqual([['lora', 4, 2]]);
  expect(snapshots.map((s) => s.after).filter((a) => a.startsWith('dev'))).toEqual(
    [2, 4, 5].map((step) => `dev of ts-lora at step ${step}`),
  );

  for (const snapshot of snapshots) {
    const { after, state } = snapshot;
    const saved = await state;
    events.length = 0;
    done = phase('finished');
    await studio.restore({ type: 'restore', state: unpack(saved) as SessionState, ...set, samplePrompts: null });
    await done;
    expect(shown([...snapshot.seen, ...events]), `interrupted after the ${after}`).toEqual(straight);
    expect(await adapters(), `adapters, interrupted after the ${after}`).toEqual(weights);
  }
  await studio.reset();
}, 120_000);
