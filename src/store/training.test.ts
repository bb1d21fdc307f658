import { expect, test, vi } from 'vitest';
import type { CheckpointInfo } from '../train/protocol';
import { whyNotTrain } from '../ui/whyNotTrain';
import { SECOND_MODEL, MODULES, evalEvent, gateStats, stepEvent, foreign } from './testing/fixtures';
import { say } from '../shared/texts/say';
import { START_DRAFT } from './experiments/presets';
import { INFO, PLAN, make, sent, ready, started, event, inBrowser } from './testing/studio';

inBrowser();

test('a run: events fill the metricLogs of every run, the base included', async () => {
  const { train, state } = await started();
  const gate = gateStats(MODULES.length, 200, () => 150);
  event(train, { type: 'modules', runId: 'ts-lora', modules: MODULES, parameters: 64 });
  event(train, evalEvent('base', 0, 6));
  event(train, stepEvent('lora', 1));
  event(train, stepEvent('ts-lora', 1, gate));
  event(train, { type: 'phase', phase: 'training' });
  const { session, phase } = state().runs;
  expect(phase).toBe('training');
  expect(session!.metricLogs.get('base')!.evals[0].loss).toBe(6);
  expect(session!.metricLogs.get('lora')!.loss.length).toBe(1);
  const ts = session!.metricLogs.get('ts-lora')!;
  expect(ts.skipped!.row(0)[0]).toBeCloseTo(0.25);
  expect(ts.workDone / ts.workDense).toBeCloseTo(0.6);
  expect(train.last('start')).toMatchObject({ config: { runs: [{ id: 'lora' }, { id: 'ts-lora' }] } });
});

test('samples and early stops reach the metricLogs; prompts are sent as the run’s template has them', async () => {
  const { studio, train, state } = await started();
  expect(train.last('start').samplePrompts).toBeNull();
  event(train, { type: 'sample', runId: 'lora', step: 0, prompt: 'p', expected: 'q', text: 'out' });
  event(train, { type: 'stopped-early', runId: 'lora', step: 40, bestStep: 20, bestLoss: 3 });
  event(train, { type: 'dev', runId: 'lora', step: 40, loss: 3.5, best: { step: 20, loss: 3 } });
  event(train, { type: 'skips-all', runId: 'ts-lora', step: 40, modules: [{ module: 2, reason: 'harmful' }] });
  event(train, { type: 'phase', phase: 'training' });
  const lora = state().runs.session!.metricLogs.get('lora')!;
  expect(lora.samples).toEqual([{ step: 0, prompt: 'p', expected: 'q', text: 'out' }]);
  expect(lora.stopped).toEqual({ step: 40, bestStep: 20, bestLoss: 3 });
  expect(lora.dev).toEqual({ step: 40, loss: 3.5, best: { step: 20, loss: 3 } });
  expect(state().runs.session!.metricLogs.get('ts-lora')!.skipsAll).toEqual([{ module: 2, reason: 'harmful' }]);
  const opened = studio.training.resetTau('ts-lora', 2);
  expect(train.last('reset-tau')).toMatchObject({ runId: 'ts-lora', module: 2 });
  train.reply('reset-tau', null);
  await opened;
  const set = studio.training.setSamplePrompts(['why?']);
  await sent(train, 'sample-prompts');
  expect(train.last('sample-prompts').prompts).toEqual(['Q: why?\n']);
  train.reply('sample-prompts', null);
  await set;
  expect(state().runs.samplePrompts).toEqual(['why?']);
  void studio.training.setSamplePrompts(null);
  await vi.waitFor(() => expect(train.last('sample-prompts').prompts).toBeNull());
});

test('starting again resets first; a run in the way is refused', async () => {
  const { studio, train, state } = await started();
  event(train, { type: 'phase', phase: 'training' });
  await studio.training.start();
  expect(say(state().ui.notices[0].info)).toMatch(/is running/);
  event(train, { type: 'phase', phase: 'finished' });
  const again = studio.training.start();
  await sent(train, 'reset');
  train.reply('reset', null);
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'start')).toHaveLength(2));
  train.reply('start', PLAN);
  await again;
  expect(state().runs.session!.metricLogs.get('lora')!.loss.length).toBe(0);
});

test('a new session begins at its latest step; the run and the module that are looked at stay', async () => {
  const { studio, train, state } = await started();
  event(train, { type: 'phase', phase: 'finished' });
  studio.select({ run: 'lora', module: '2.k', token: 3, step: 60 });
  studio.point({ step: 59, token: 2 });
  const again = studio.training.start();
  await sent(train, 'reset');
  train.reply('reset', null);
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'start')).toHaveLength(2));
  expect(state().selection).toEqual({
    run: 'lora',
    module: '2.k',
    token: null,
    step: null,
    pointed: { step: null, token: null },
  });
  train.reply('start', PLAN);
  await again;
});

test('a start that fails is said where it happened, leaves nothing unheard, and the page can go on', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', hear);
  const { studio, train, keep, state } = await ready();
  const start = studio.training.start();
  await sent(train, 'start');
  train.fail('start', foreign('GpuError', 'not enough memory'));
  await start;
  expect(state().runs.phase).toBe('failed');
  expect(state().ui.notices).toMatchObject([{ section: 'train', info: foreign('GpuError', 'not enough memory') }]);
  // What its data are made from cannot be told either: that is no reason to fail, and none to be unheard.
  await sent(keep, 'keep-sources');
  keep.fail('keep-sources', foreign('StorageError', 'no storage'));
  expect(await state().runs.session!.recipe).toBeNull();
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
  expect(whyNotTrain(state())).toBeNull();
});

test('a failed run is named; a worker that dies fails the model and can be opened again', async () => {
  const { studio, train, state } = await started();
  event(train, {
    type: 'run-failed',
    runId: 'ts-lora',
    error: foreign('TrainError', 'loss is NaN'),
  });
  expect(state().runs.session!.failed.get('ts-lora')).toEqual(foreign('TrainError', 'loss is NaN'));
  expect(say(state().ui.notices[0].info)).toBe('TS-LoRA: loss is NaN');
  train.crash('out of memory');
  expect(state().model.status).toBe('failed');
  expect(state().runs.phase).toBe('failed');
  const open = studio.models.open(INFO.source);
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'open-model')).toHaveLength(2));
  train.reply('open-model', INFO);
  await open;
  expect(state().model.status).toBe('ready');
});

test('Compare asks base and trained runs with the run’s template, and pieces add up', async () => {
  const { studio, train, state } = await started();
  event(train, stepEvent('lora', 1));
  event(train, { type: 'phase', phase: 'finished' });
  const done = studio.comparing.answer('hi');
  await sent(train, 'generate');
  const request = train.last('generate');
  expect(request).toMatchObject({ runs: ['base', 'lora'], prompt: 'Q: hi\n' });
  event(train, { type: 'generated', requestId: request.requestId, runId: 'lora', piece: 'ab', done: false });
  event(train, { type: 'generated', requestId: request.requestId, runId: 'lora', piece: 'c', done: true });
  event(train, { type: 'generated', requestId: request.requestId + 100, runId: 'lora', piece: 'stray', done: true });
  expect(state().runs.answers.lora).toEqual({ text: 'abc', done: true });
  train.reply('generate', { texts: { base: 'x', lora: 'abc' } });
  await done;
  expect(state().runs.generating).toBeNull();
  expect(state().runs.answers.base).toEqual({ text: 'x', done: true });
});

test('runs can be added up to eight and removed; ids stay unique', async () => {
  const { studio, state } = make();
  for (let i = 0; i < 6; i++) studio.configure.addRun(i % 2 ? 'lora' : 'ts-lora');
  const { draft } = state().runs;
  expect(new Set(draft.runs.map((r) => r.id)).size).toBe(8);
  expect(state().runs.draftError).toBeNull();
  studio.configure.removeRun('ts-lora-2');
  studio.configure.addRun('ts-lora');
  expect(state().runs.draft.runs.at(-1)!.id).toBe('ts-lora-2');
  studio.configure.setRun(null, { rank: 1_000_000_000 });
  expect(say(state().runs.draftError!)).toBe('LoRA, Rank: must be at most 64');
});

test('steps are timed on the data as they are; one that was cancelled leaves the last', async () => {
  const { studio, train, state } = await ready();
  const measured = studio.configure.measure();
  await sent(train, 'time-steps');
  expect(state().runs.measuring).toBe(true);
  train.reply('time-steps', { stepMs: [10, 12, 11], evalMs: 4 });
  await measured;
  expect(state().runs).toMatchObject({ measuring: false, timing: { stepMs: [10, 12, 11], evalMs: 4, from: 'probe' } });
  const again = studio.configure.measure();
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'time-steps')).toHaveLength(2));
  const stop = studio.configure.stopMeasuring();
  train.reply('cancel-timing', null);
  train.fail('time-steps', foreign('Cancelled', 'Cancelled.'));
  await Promise.all([again, stop]);
  expect(state().ui.notices).toEqual([]);
  expect(state().runs.timing?.stepMs).toEqual([10, 12, 11]);
});

test('the learning rate is the one that is usual for the model, until somebody chooses another', async () => {
  const { studio, train, state } = await ready();
  const open = async (parameters: number) => {
    const opening = studio.models.open(SECOND_MODEL);
    await sent(train, 'open-model');
    train.reply('open-model', { ...INFO, parameters });
    await opening;
    return state().runs.draft.train.learningRate;
  };
  expect(state().runs.draft.train.learningRate).toBe(3e-3);
  expect(await open(135e6)).toBe(1e-3);
  expect(await open(1e6)).toBe(3e-3);
  studio.configure.setTrain({ learningRate: 7e-4 });
  expect(await open(500e6)).toBe(7e-4);
});

test('a run is saved on the way, a session of an experiment is not; nothing else starts between two of its sessions', async () => {
  const run = await ready();
  run.studio.store.setState((s) => ({ keep: { ...s.keep, mode: 'writer' } }));
  const start = run.studio.training.start();
  await sent(run.train, 'start');
  run.train.reply('start', PLAN);
  await start;
  expect(run.state().runs.session?.dataName).toBe('S');
  expect(run.keep.sent.map((m) => m.type)).toEqual(['keep-sources', 'clear-checkpoint']);

  const { studio, train, keep, state } = await ready();
  studio.store.setState((s) => ({ keep: { ...s.keep, mode: 'writer' } }));
  await studio.experiments.start({ ...START_DRAFT, methods: ['lora', 'ts-lora'] });
  await sent(train, 'start');
  expect(train.last('start')).toMatchObject({ measureGates: true });
  train.reply('start', PLAN);
  await vi.waitFor(() => expect(state().runs.session?.plan).toEqual(PLAN));
  expect(state().runs.session?.dataName).toBe('S');
  studio.store.setState((s) => ({
    runs: { ...s.runs, phase: 'idle' },
    keep: { ...s.keep, offer: { step: 1 } as CheckpointInfo },
  }));
  await studio.training.start();
  const said = state().ui.notices.map(({ section, info }) => [section, info.code]);
  expect(said).toContainEqual(['train', 'store.busy.experiment']);
  await studio.checkpoints.resume();
  expect(train.sent.filter((m) => m.type === 'start')).toHaveLength(1);
  // What its data are is read; nothing of it is saved on the way.
  expect(keep.sent.map((m) => [m.type, m.write])).toEqual([['keep-sources', false]]);
});
