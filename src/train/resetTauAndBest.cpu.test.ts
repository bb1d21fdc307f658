/**
 * Two promises to whoever trains, from start to end: a module that skips every token can be opened again, and a run
 * ends with its best adapter.
 */
import { expect, it } from 'vitest';
import type { SessionConfig, GateConfig } from '../shared/config';
import { readAdapter } from './readAdapter';
import { NANO, smallData, smallSession, watched } from './testing/studio';

const RUN = 'ts-lora';
const files = async (studio: ReturnType<typeof watched>['studio']) =>
  (await studio.export({ type: 'export', runId: RUN, template: { prompt: '', completion: '' }, check: false })).files;

/** TS-LoRA alone. */
function gatedAlone(train: Partial<SessionConfig['train']>, gate: Partial<GateConfig>): SessionConfig {
  const e = smallSession(train);
  return { ...e, runs: e.runs.filter((r) => r.id === RUN).map((r) => ({ ...r, gate: { ...r.gate, ...gate } })) };
}

it('a module that skips every token is named with its reason, and learns again once it is opened', async () => {
  let pauseAt: 'skips-all' | 'step' | null = 'skips-all';
  const { studio, events, phase } = watched({
    on: (event, own) => {
      if (event.type !== pauseAt) return;
      pauseAt = null;
      own.pause();
    },
  });
  const { config: model } = await studio.openModel({ type: 'open-model', source: NANO });
  // The penalty for an active token outweighs all that it helps. Without a first moment, AdamW leaves alone what gets
  // no gradient.
  const config = gatedAlone(
    { steps: 60, evalInterval: 60, evalExamples: 2, batchSize: 1, beta1: 0 },
    { tauLearningRate: 1, tauWarmup: 2, sparsityPenalty: 100 },
  );
  const adapters = async () => readAdapter(await files(studio), model, 'read').adapters;
  const lastOf = <T extends 'step' | 'skips-all'>(type: T) =>
    events.findLast((e) => e.type === type) as Extract<(typeof events)[number], { type: T }>;

  let paused = phase('paused');
  await studio.start({ type: 'start', config, ...(await smallData(48)) });
  await paused;
  const modules = lastOf('step').gate!.tau.length;
  expect(lastOf('skips-all').modules).toEqual(
    Array.from({ length: modules }, (_, module) => ({ module, reason: 'harmful' })),
  );
  expect(lastOf('step').gate!.active.every((kept) => kept === 0)).toBe(true);
  const shut = await adapters();

  const seen = lastOf('step').step;
  await studio.resetTau({ type: 'reset-tau', runId: RUN, module: 1 });
  expect(lastOf('skips-all').modules.map((c) => c.module)).toEqual(
    Array.from({ length: modules }, (_, m) => m).filter((m) => m !== 1),
  );
  pauseAt = 'step';
  paused = phase('paused');
  studio.resume();
  await paused;
  const next = events.flatMap((e) => (e.type === 'step' && e.step === seen + 1 ? [e.gate!] : []))[0];
  expect([...next.active]).toEqual(Array.from(next.tokens, (tokens, m) => (m === 1 ? tokens : 0)));
  const after = await adapters();
  const moved = (now: Float32Array, before: Float32Array) => now.some((v, i) => v !== before[i]);
  expect(after.map((m, i) => [moved(m.a, shut[i].a), moved(m.b, shut[i].b)])).toEqual(
    after.map((_, i) => [i === 1, i === 1]),
  );
  await studio.reset();
});

it('a run ends with the adapter that was best on the dev split, not with its last', async () => {
  const { studio, events, phase } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const set = await smallData(48);
  // A rate that grows and grows: the loss rises again.
  const config = gatedAlone(
    { steps: 4, evalInterval: 2, warmupSteps: 10, schedule: 'constant', learningRate: 0.5, devShare: 0.2 },
    { tauLearningRate: 1e-3, tauWarmup: 1 },
  );
  const ended = async (change: Partial<SessionConfig['train']>) => {
    events.length = 0;
    const finished = phase('finished');
    await studio.start({
      type: 'start',
      config: { ...config, train: { ...config.train, ...change } },
      ...set,
    });
    await finished;
    // As hashes: a difference of so many bytes would take minutes to print.
    const hashes = (await files(studio)).map(
      async (f) =>
        `${f.name} ${new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(f.bytes))).join(' ')}`,
    );
    return {
      validation: events.findLast((e) => e.type === 'eval')!.loss,
      files: await Promise.all(hashes),
      looks: events.flatMap((e) => (e.type === 'dev' ? [e] : [])),
    };
  };
  const kept = await ended({ loadBestCheckpoint: true });
  const { best, loss, step } = kept.looks.at(-1)!;
  expect(step).toBe(4);
  expect(best.step, JSON.stringify(kept.looks)).toBe(2);
  expect(best.loss).toBe(Math.min(...kept.looks.map((l) => l.loss)));
  expect(best.loss).toBeLessThan(loss);
  // Bit for bit what training up to that step gives, thresholds included, and measured as such.
  const upTo = await ended({ steps: best.step });
  expect(kept.files).toEqual(upTo.files);
  expect(kept.validation).toBe(upTo.validation);
  const last = await ended({});
  expect(last.looks).toEqual([]);
  expect(last.files).not.toEqual(kept.files);
  expect(last.validation).toBeGreaterThan(kept.validation);
  await studio.reset();
});
