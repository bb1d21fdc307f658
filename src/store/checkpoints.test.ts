import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { defaultSession } from '../shared/config';
import type { ErrorInfo } from '../shared/errors';
import type { DeviceInfo, UsedDevice } from '../shared/types';
import type {
  Checkpoint,
  KeepReplies,
  KeepRequest,
  ModelInfo,
  Phase,
  SessionState,
  TrainEvent,
  TrainReplies,
  TrainRequest,
} from '../train/protocol';
import { Checkpoints } from './checkpoints';
import { applyEvents } from './events';
import { calledDevice, sameBits } from './device';
import { MetricLog } from './metricLog';
import { type SessionView, type State, initialState } from './slices';
import { TestPort, clientOn, stepEvent, foreign } from './testing/fixtures';
import { say } from '../shared/texts/say';

const MODEL = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
const GPU: UsedDevice = { kind: 'gpu', name: 'v a', threads: null };
const CPU: UsedDevice = { kind: 'cpu', name: '', threads: 2 };
const device = { kind: 'gpu', threads: null, vendor: 'v', architecture: 'a', description: '' } as DeviceInfo;
const set = () => ({ ids: new Int32Array(4), offsets: Uint32Array.of(0, 4), supervised: new Uint8Array(4) });
const config = defaultSession();
const snapshot = (step: number): SessionState => ({
  version: 3,
  config,
  step,
  evaluated: 0,
  tookBest: false,
  stopping: false,
  failed: [],
  tuning: {},
  layout: null,
  data: null,
  runs: {},
  early: [],
  signs: {},
});
/** Of a run that was interrupted, and what the page had saved with it. */
const INFO = { savedAt: 1, startedAt: 7, step: 5, config, model: MODEL, dataHash: 'abc' };
const PAGE = {
  version: 2,
  template: { prompt: '', completion: '' },
  mapping: null,
  dataName: '',
  plan: null,
  startedAt: 7,
  watchText: null,
  samplePrompts: ['why?'],
  metricLogs: [],
  failed: [],
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Like `vi.waitFor`, which would move the clock. */
async function until(check: () => void): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      check();
      return;
    } catch (error) {
      if (i === 500) throw error;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}

/** A run that has just started, with both workers answered by hand. */
function running() {
  const store = createStore<State>(() => initialState());
  const [train, keep] = [new TestPort<TrainEvent>(), new TestPort<never>()];
  const said: { kind: string; info: ErrorInfo }[] = [];
  const ended = vi.fn(() => Promise.resolve());
  const openModel = vi.fn(async () => {
    store.setState((s) => ({ model: { ...s.model, status: 'ready' }, runs: { ...s.runs, session: null } }));
  });
  const restoreData = vi.fn(() => Promise.resolve());
  const checkpoints = new Checkpoints({
    store,
    ended,
    openModel,
    restoreData,
    sweepData: () => Promise.resolve(),
    flush: () => {},
    setDraft: () => {},
    applyChatTemplate: () => Promise.reject(new Error('no chat')),
    say: (kind, info) => said.push({ kind, info }),
    train: clientOn<TrainRequest, TrainReplies, TrainEvent>(train, { onEvent: () => {}, onCrash: () => {} }),
    keep: clientOn<KeepRequest, KeepReplies, never>(keep, { onEvent: () => {}, onCrash: () => {} }),
  });
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  const session: SessionView = {
    config,
    template: { prompt: 'Q', completion: 'A' },
    mapping: null,
    dataName: 'd',
    plan: null,
    devices: [GPU],
    metricLogs,
    failed: new Map(),
    startedAt: 7,
  };
  store.setState((s) => ({
    model: { ...s.model, status: 'ready', source: MODEL, info: { device } as ModelInfo },
    runs: { ...s.runs, session, phase: 'training' },
    keep: { ...s.keep, mode: 'writer' },
  }));
  const phase = (to: Phase) => {
    store.setState((s) => ({ runs: { ...s.runs, phase: to } }));
    checkpoints.after();
  };
  const sent = (port: { sent: { type: string }[] }, type: string, times = 1) =>
    until(() => expect(port.sent.filter((m) => m.type === type)).toHaveLength(times));
  return {
    store,
    train,
    keep,
    said,
    ended,
    openModel,
    restoreData,
    checkpoints,
    metricLogs,
    session,
    phase,
    sent,
    state: () => store.getState().keep,
  };
}

async function begun() {
  const all = running();
  all.checkpoints.begin(set(), set());
  await all.sent(all.keep, 'clear-checkpoint');
  all.keep.reply('clear-checkpoint', null);
  await all.sent(all.keep, 'save-data');
  all.keep.reply('save-data', { hash: 'abc' });
  all.phase('training');
  return all;
}

/** Answers the two requests of the checkpoint that is due. */
async function saved(
  { train, keep, sent }: Awaited<ReturnType<typeof begun>>,
  step: number,
  times: number,
): Promise<Checkpoint> {
  await sent(train, 'state', times);
  train.reply('state', snapshot(step));
  await sent(keep, 'save-checkpoint', times);
  keep.reply('save-checkpoint', { bytes: 1 });
  return keep.last('save-checkpoint').checkpoint as Checkpoint;
}

test('the first checkpoint comes soon, later ones as far apart as the run is long, at most 15 s', async () => {
  const all = await begun();
  const { checkpoints, train, metricLogs } = all;
  metricLogs.get('lora')!.addStep(stepEvent('lora', 1));
  vi.advanceTimersByTime(400);
  checkpoints.after();
  expect(train.sent).toEqual([]);
  vi.advanceTimersByTime(200);
  checkpoints.after();
  const first = await saved(all, 1, 1);
  expect(first.info).toMatchObject({ step: 1, devices: [GPU], dataHash: 'abc', model: MODEL, startedAt: 7 });
  expect(
    (first.page as { metricLogs: { runId: string; loss: Float32Array }[] }).metricLogs.map((h) => [
      h.runId,
      h.loss.length,
    ]),
  ).toEqual([
    ['base', 0],
    ['lora', 1],
    ['ts-lora', 0],
  ]);
  await until(() => expect(all.state().saved?.step).toBe(1));
  let count = 1;
  const gaps: number[] = [];
  let last = performance.now();
  for (let ms = 0; ms < 90_000; ms += 250) {
    vi.advanceTimersByTime(250);
    checkpoints.after();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (train.sent.length <= count) continue;
    count++;
    await saved(all, count, count);
    await until(() => expect(all.state().saved?.step).toBe(count));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  expect(gaps[0]).toBeLessThan(2000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(15_250);
  expect(gaps.at(-1)).toBeGreaterThanOrEqual(15_000);
});

test('what compiling takes does not put off the checkpoints of a run that goes on', async () => {
  const all = running();
  const info = { ...INFO, devices: [GPU] };
  all.store.setState((s) => ({ runs: { ...s.runs, phase: 'stopped' }, keep: { ...s.keep, offer: info } }));
  const resume = all.checkpoints.resume();
  await all.sent(all.keep, 'load-checkpoint');
  all.keep.reply('load-checkpoint', {
    checkpoint: { info, state: snapshot(5), page: PAGE },
    train: set(),
    validation: set(),
  });
  await all.sent(all.train, 'reset');
  all.train.reply('reset', null);
  await all.sent(all.train, 'restore');
  vi.advanceTimersByTime(12_000);
  all.phase('compiling');
  all.train.reply('restore', null);
  await resume;
  all.phase('training');
  for (const [step, times] of [
    [6, 1],
    [7, 2],
  ] as const) {
    vi.advanceTimersByTime(600);
    all.checkpoints.after();
    await saved(all, step, times);
    await until(() => expect(all.state().saved?.step).toBe(step));
  }
});

test('a pause is saved at once; what cannot be written is said and the run goes on', async () => {
  const all = await begun();
  all.phase('paused');
  await all.sent(all.train, 'state');
  all.train.reply('state', snapshot(3));
  await all.sent(all.keep, 'save-checkpoint');
  all.keep.fail('save-checkpoint', foreign('StorageError', 'no room'));
  await until(() => expect(say(all.state().problem!)).toBe('no room'));
  expect(all.said).toEqual([]);
  all.checkpoints.visible(false);
  await saved(all, 4, 2);
  await until(() => expect(all.state()).toMatchObject({ problem: null, saved: { step: 4 } }));
});

test('a pause while a checkpoint is written has one of its own: what was written is older', async () => {
  const all = await begun();
  vi.advanceTimersByTime(600);
  all.checkpoints.after();
  await all.sent(all.train, 'state');
  all.phase('paused');
  await saved(all, 1, 1);
  await until(() => expect(all.state().saved).toEqual({ step: 1, paused: false }));
  await saved(all, 2, 2);
  await until(() => expect(all.state().saved).toEqual({ step: 2, paused: true }));
});

test('a run that has ended is handed on first, then its checkpoint goes', async () => {
  const all = await begun();
  all.phase('finished');
  expect(all.ended).toHaveBeenCalledWith(all.session, 'finished');
  await all.sent(all.keep, 'clear-checkpoint', 2);
  all.keep.reply('clear-checkpoint', null);
  vi.advanceTimersByTime(60_000);
  all.checkpoints.after();
  expect(all.train.sent).toEqual([]);
});

test('a lost GPU: goes on from the checkpoint by itself once, then leaves it to the person', async () => {
  const all = await begun();
  vi.advanceTimersByTime(600);
  all.metricLogs.get('lora')!.addStep(stepEvent('lora', 1));
  all.checkpoints.after();
  const checkpoint = await saved(all, 1, 1);
  await until(() => expect(all.state().saved?.step).toBe(1));
  const lose = async (times: number) => {
    all.store.setState((s) => ({
      model: { ...s.model, status: 'failed' },
      runs: {
        ...s.runs,
        broke: { error: foreign('GpuError', 'The GPU was lost'), thriftier: false },
      },
    }));
    all.phase('failed');
    await all.sent(all.keep, 'checkpoint-info', times);
    all.keep.reply('checkpoint-info', { info: checkpoint.info, damaged: 0 });
  };
  await lose(1);
  await all.sent(all.keep, 'load-checkpoint');
  // As an earlier version saved it, which kept an error's words.
  const page = {
    ...(checkpoint.page as object),
    failed: [['ts-lora', { name: 'TrainError', message: 'NaN', hint: '' }]],
  };
  all.keep.reply('load-checkpoint', { checkpoint: { ...checkpoint, page }, train: set(), validation: set() });
  await all.sent(all.train, 'restore');
  expect(all.openModel).toHaveBeenCalledWith(MODEL);
  all.phase('training');
  all.train.reply('restore', null);
  await until(() =>
    expect(all.said.map((x) => say(x.info))).toEqual([expect.stringMatching(/resumed from the checkpoint at step 1/)]),
  );
  const { session } = all.store.getState().runs;
  expect(session?.metricLogs.get('lora')?.loss.length).toBe(1);
  expect(session?.failed.get('ts-lora')).toEqual(foreign('TrainError', 'NaN'));
  expect(session).toMatchObject({ startedAt: 7, template: { prompt: 'Q', completion: 'A' }, dataName: 'd' });

  vi.advanceTimersByTime(60_000);
  await lose(2);
  await until(() => expect(all.state().offer).toEqual(checkpoint.info));
  expect(all.keep.sent.filter((m) => m.type === 'load-checkpoint')).toHaveLength(1);
  await until(() =>
    expect(all.said.at(-1)).toMatchObject({
      kind: 'error',
      info: { code: 'store.resume.lostAgain', params: { step: 1 } },
    }),
  );
  const details = all.said.at(-1)!.info.details!;
  expect(details).toContain('error: GpuError: shared.foreign {"text":"The GPU was lost"}');
  expect(details).toMatch(/^device: .*"vendor":"v"/m);
  expect(details).toMatch(/^checkpoint: step 1 of/m);
});

test.each([true, false])(
  'an error of the GPU (%s) or its loss: goes on from the checkpoint, the first in less memory',
  async (thriftier) => {
    const all = await begun();
    vi.advanceTimersByTime(600);
    all.checkpoints.after();
    const checkpoint = await saved(all, 1, 1);
    await until(() => expect(all.state().saved?.step).toBe(1));
    const notice = <T>(n: T) => ({ ...n, id: 1 });
    all.store.setState((s) =>
      applyEvents(
        s,
        [
          {
            type: 'fatal',
            error: foreign(thriftier ? 'OutOfMemoryError' : 'GpuError', 'x'),
            thriftier,
          },
        ],
        notice,
      ),
    );
    all.checkpoints.after();
    await all.sent(all.keep, 'checkpoint-info');
    all.keep.reply('checkpoint-info', { info: checkpoint.info, damaged: 0 });
    await all.sent(all.keep, 'load-checkpoint');
    all.keep.reply('load-checkpoint', { checkpoint, train: set(), validation: set() });
    await all.sent(all.train, 'restore');
    expect(all.openModel).toHaveBeenCalledWith(MODEL);
    expect(all.train.last('restore').thriftier).toBe(thriftier || undefined);
    all.phase('training');
    all.train.reply('restore', null);
    await until(() =>
      expect(all.said.map((x) => say(x.info))).toEqual([
        expect.stringMatching(thriftier ? /at step 1 with less memory/ : /the GPU was lost/),
      ]),
    );
  },
);

test('another device is named when the run goes on there; another version’s checkpoint is not touched', async () => {
  const all = running();
  all.store.setState((s) => ({ runs: { ...s.runs, session: null, phase: 'idle' } }));
  // As earlier versions wrote it.
  const old = { ...INFO, gpu: 'other gpu' };
  const info = { ...old, devices: [{ ...GPU, name: 'other gpu' }] };
  const look = all.checkpoints.look();
  all.keep.reply('checkpoint-info', { info: old, damaged: 1 });
  await look;
  expect(all.state()).toMatchObject({ offer: info, damaged: true });
  let resume = all.checkpoints.resume();
  await all.sent(all.keep, 'load-checkpoint');
  all.keep.reply('load-checkpoint', {
    checkpoint: { info, state: snapshot(5), page: { ...PAGE, version: 3 } },
    train: set(),
    validation: set(),
  });
  await resume;
  expect(all.said.at(-1)).toMatchObject({
    kind: 'error',
    info: { code: 'store.saved.otherVersion' },
  });
  expect(all.state().offer).toEqual(info);
  resume = all.checkpoints.resume();
  await all.sent(all.keep, 'load-checkpoint', 2);
  all.keep.reply('load-checkpoint', {
    checkpoint: { info: old, state: snapshot(5), page: PAGE },
    train: set(),
    validation: set(),
  });
  await all.sent(all.train, 'restore');
  expect(all.train.last('restore').samplePrompts).toEqual(['why?']);
  all.train.reply('restore', null);
  await resume;
  expect(all.store.getState().runs.samplePrompts).toEqual(['why?']);
  expect(all.said.at(-1)).toMatchObject({
    kind: 'warning',
    info: { code: 'store.resume.wentOn', params: { began: 'other gpu', goesOn: 'v a' } },
  });
  expect(all.openModel).not.toHaveBeenCalled();
  expect(all.store.getState().runs.session?.devices).toEqual([{ ...GPU, name: 'other gpu' }, GPU]);
});

test.each([
  ['the same GPU', [GPU], [GPU], null],
  [
    'the CPU after a GPU',
    [CPU, { ...GPU, name: 'other' }],
    [CPU, { ...GPU, name: 'other' }, GPU],
    'ran on other and continues on v a',
  ],
  ['nobody knows what', [], [GPU], null],
])('a run that was computed on %s goes on', async (_, devices, after, warning) => {
  const all = running();
  all.store.setState((s) => ({
    runs: { ...s.runs, session: null, phase: 'idle' },
    keep: { ...s.keep, offer: { ...INFO, devices } },
  }));
  const resume = all.checkpoints.resume();
  await all.sent(all.keep, 'load-checkpoint');
  all.keep.reply('load-checkpoint', {
    checkpoint: { info: { ...INFO, devices }, state: snapshot(5), page: PAGE },
    train: set(),
    validation: set(),
  });
  await all.sent(all.train, 'restore');
  all.train.reply('restore', null);
  await resume;
  expect(all.store.getState().runs.session?.devices).toEqual(after);
  expect(all.said.map((s) => say(s.info))).toEqual(warning === null ? [] : [expect.stringContaining(warning)]);
});

test('a CPU computes the same bits with any number of threads; a GPU where it has the same name', () => {
  expect(sameBits(CPU, { ...CPU, threads: 8 })).toBe(true);
  expect(sameBits(GPU, { ...GPU })).toBe(true);
  expect([sameBits(GPU, CPU), sameBits(GPU, { ...GPU, name: 'w' })]).toEqual([false, false]);
  // `sieve-train` says so of its own.
  const torch = { ...CPU, name: 'PyTorch' };
  expect([sameBits(CPU, torch), sameBits(torch, torch)]).toEqual([false, true]);
  expect([CPU, torch].map((device) => say(calledDevice(device)))).toEqual([
    'CPU, 2 threads',
    'PyTorch on CPU, 2 threads',
  ]);
});

test('an absence is told truthfully: how long, and what the run did meanwhile', async () => {
  const all = await begun();
  const lora = all.metricLogs.get('lora')!;
  lora.addStep(stepEvent('lora', 1));
  all.checkpoints.visible(false);
  vi.advanceTimersByTime(5000);
  all.checkpoints.visible(true);
  expect(all.state().away).toBeNull();
  all.checkpoints.visible(false);
  vi.advanceTimersByTime(12 * 60_000);
  lora.addStep(stepEvent('lora', 2));
  all.checkpoints.visible(true);
  expect(all.state().away).toEqual({ ms: 720_000, steps: 1, slower: null });
  // The time that is left is reckoned from steps that were seen from begin to end: the first one holds the absence.
  expect(lora.speed()).toBeNull();
  lora.addStep({ ...stepEvent('lora', 3), ms: 720_000 });
  expect(lora.speed()).toBeNull();
  lora.addStep(stepEvent('lora', 4));
  expect(lora.speed()!.msPerStep).toBe(stepEvent('lora', 4).ms);
});

test('a hidden run that was held back is told how much, one that kept its pace is not', async () => {
  const all = await begun();
  const lora = all.metricLogs.get('lora')!;
  let step = 0;
  // Fixture steps take 50 ms each: 20 of them a second.
  const hide = (ms: number, steps: number) => {
    for (let i = 0; i < 3; i++) lora.addStep(stepEvent('lora', ++step));
    all.checkpoints.visible(false);
    vi.advanceTimersByTime(ms);
    for (let i = 0; i < steps; i++) lora.addStep(stepEvent('lora', ++step));
    all.checkpoints.visible(true);
    return all.state().away;
  };
  expect(hide(20_000, 390)).toEqual({ ms: 20_000, steps: 390, slower: null });
  expect(hide(20_000, 100)).toEqual({ ms: 20_000, steps: 100, slower: 0.25 });
});

/** A run that began while another tab was writing, which is closed then. @param offer what the other tab has left */
async function takenOver(offer: Checkpoint['info'] | null) {
  const all = running();
  all.store.setState((s) => ({ keep: { ...s.keep, mode: 'reader' } }));
  all.checkpoints.begin(set(), set());
  all.phase('training');
  expect(all.keep.sent).toEqual([]);
  all.store.setState((s) => ({ keep: { ...s.keep, mode: 'writer' } }));
  const look = all.checkpoints.look();
  all.keep.reply('checkpoint-info', { info: offer, damaged: 0 });
  await look;
  return all;
}

test('a run goes on being saved in the tab that takes over', async () => {
  const all = await takenOver(null);
  await all.sent(all.keep, 'clear-checkpoint');
  all.keep.reply('clear-checkpoint', null);
  await all.sent(all.keep, 'save-data');
  all.keep.reply('save-data', { hash: 'abc' });
  vi.advanceTimersByTime(600);
  all.phase('training');
  await saved(all, 1, 1);
  await until(() => expect(all.state().saved?.step).toBe(1));
});

test('a run that the closed tab has left is not written over: the own one says so, and is kept when it ends', async () => {
  const info = { ...INFO, devices: [GPU] };
  const all = await takenOver(info);
  expect(all.state().problem?.code).toBe('store.resume.waiting');
  vi.advanceTimersByTime(60_000);
  all.phase('training');
  all.phase('finished');
  await until(() => expect(all.ended).toHaveBeenCalledTimes(1));
  await until(() => expect(all.state()).toMatchObject({ problem: null, offer: info }));
  expect(all.keep.sent.map((m) => m.type)).toEqual(['checkpoint-info']);
  expect(all.train.sent).toEqual([]);
});
