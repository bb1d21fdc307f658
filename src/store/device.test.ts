/**
 * Another device is chosen while something is on the page: nothing is lost without a word, and nothing changes when it
 * fails.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TINY_LLAMA } from '../train/testing/tinyLlama';
import { defaultSession } from '../shared/config';
import type { ModelInfo, TrainEvent } from '../train/protocol';
import { adaptersOf } from './carry';
import { MetricLog } from './metricLog';
import type { SessionView } from './slices';
import { Studio } from './studio';
import { TestPort, clientOn, stepEvent, foreign } from './testing/fixtures';
import { MemoryLibrary } from './testing/memoryLibrary';
import { names } from '../shared/texts/names';

const MODEL = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
const GPU = {
  source: MODEL,
  check: { ok: true },
  config: { context: 128, layers: TINY_LLAMA.layers, embedding: TINY_LLAMA.embedding, head: TINY_LLAMA.head },
  device: { kind: 'gpu', vendor: 'v', architecture: 'a', description: '', threads: null },
} as unknown as ModelInfo;
const CPU = { ...GPU, device: { ...GPU.device, kind: 'cpu', vendor: '', threads: 2 } } as ModelInfo;
const file = (name: string) => ({ name, bytes: new Uint8Array([1]) });

beforeEach(() => {
  vi.stubGlobal('navigator', {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Three runs that have ended on a GPU, one of which draws its tokens, and an imported adapter. */
function page() {
  const train = new TestPort<TrainEvent>();
  const studio = new Studio({
    names,
    baseUrl: '/',
    hubHost: '',
    library: new MemoryLibrary(),
    makeTrain: (hooks) => clientOn(train, hooks),
    makeData: (hooks) => clientOn(new TestPort(), hooks),
    makeKeep: (hooks) => clientOn(new TestPort(), hooks),
  });
  const { train: settings, runs } = defaultSession();
  const config = {
    train: settings,
    runs: [...runs, { ...runs[1], id: 'random', name: 'Random', gate: { ...runs[1].gate, rule: 'random' as const } }],
  };
  const metricLogs = new Map(['base', 'lora', 'ts-lora', 'random'].map((id) => [id, new MetricLog(id)]));
  for (const { id } of config.runs) metricLogs.get(id)!.addStep(stepEvent(id, 1));
  const session: SessionView = {
    config,
    template: { prompt: 'Q', completion: 'A' },
    mapping: null,
    dataName: 'd',
    plan: null,
    devices: [{ kind: 'gpu', name: 'v a', threads: null }],
    metricLogs,
    failed: new Map(),
    startedAt: 7,
  };
  studio.store.setState((s) => ({
    model: { ...s.model, status: 'ready', source: MODEL, info: GPU, gpu: { state: 'hardware', name: 'v a' } },
    runs: {
      ...s.runs,
      session,
      phase: 'finished',
      imported: [{ runId: 'imported-3', name: 'Mine', template: null, gated: false, method: 'lora', labels: null }],
    },
  }));
  const answer = async (type: string, times: number, value: unknown) => {
    await vi.waitFor(() => expect(train.sent.filter((m) => m.type === type)).toHaveLength(times));
    train.reply(type, value);
  };
  /** As the worker answers until the other device is asked for. */
  const exported = async () => {
    for (const n of [1, 2, 3]) await answer('export', n, { files: [file(`${n}`)] });
    await vi.waitFor(() => expect(train.last('open-model')).toMatchObject({ source: MODEL, device: 'cpu' }));
  };
  return { studio, train, answer, exported, state: () => studio.store.getState() };
}

test('adapters go along where a file can hold them; curves and answers stay', async () => {
  const { studio, train, answer, exported, state } = page();
  expect(adaptersOf(state().runs.session)).toEqual({ goes: ['lora', 'ts-lora'], stays: ['random'] });
  const moved = studio.models.computeOn('cpu');
  await exported();
  // What is open stays until the other is ready.
  expect(state().model).toMatchObject({ status: 'ready', info: GPU, moving: 'cpu' });
  expect(state().runs.imported).toHaveLength(1);
  train.say({ kind: 'event', event: { type: 'progress', phase: 'checking', label: 'x', loaded: 1, total: 2 } });
  await vi.waitFor(() => expect(state().model.progress).toEqual({ label: 'x', loaded: 1, total: 2 }));
  train.reply('open-model', CPU);
  for (const [n, runId] of [
    [1, 'lora'],
    [2, 'ts-lora'],
    [3, 'imported-1'],
  ] as const)
    await answer('import', n, { runId, name: 'from file', template: null });
  expect(await moved).toBe(true);
  expect(train.sent.filter((m) => m.type === 'import').map((m) => m.as)).toEqual(['lora', 'ts-lora', null]);
  expect(state().model).toMatchObject({ info: CPU, choice: 'cpu', moving: null, progress: null });
  expect(state().runs.imported).toEqual([
    { runId: 'imported-1', name: 'Mine', template: null, gated: false, method: 'lora', labels: null },
  ]);
  expect([...state().runs.session!.gone!]).toEqual(['random']);
  expect(state().runs.session!.devices).toEqual([{ kind: 'gpu', name: 'v a', threads: null }]);
  expect(state().runs.session!.metricLogs.get('lora')!.loss.length).toBe(1);
});

test('a device that cannot be opened changes nothing, and is said', async () => {
  const { studio, train, exported, state } = page();
  const { runs } = state();
  const moved = studio.models.computeOn('cpu');
  await exported();
  train.fail('open-model', foreign('GpuError', 'no SIMD'));
  expect(await moved).toBe(false);
  expect(state().model).toMatchObject({ status: 'ready', info: GPU, choice: 'auto', moving: null });
  expect(state().runs).toEqual(runs);
  expect(state().ui.notices).toMatchObject([{ section: 'model', info: { params: { text: 'no SIMD' } } }]);
});

test('an adapter that cannot follow is said, and only that one is gone', async () => {
  const { studio, train, answer, exported, state } = page();
  const moved = studio.models.computeOn('cpu');
  await exported();
  train.reply('open-model', CPU);
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'import')).toHaveLength(1));
  train.fail('import', foreign('AdapterError', 'does not fit'));
  for (const [n, runId] of [
    [2, 'ts-lora'],
    [3, 'imported-1'],
  ] as const)
    await answer('import', n, { runId, name: '', template: null });
  expect(await moved).toBe(true);
  expect([...state().runs.session!.gone!].sort()).toEqual(['lora', 'random']);
  expect(state().ui.notices).toMatchObject([{ section: 'compare', info: { params: { text: 'does not fit' } } }]);
});

test('while something trains the device stays, and that is said', async () => {
  const { studio, train, state } = page();
  studio.store.setState((s) => ({ runs: { ...s.runs, phase: 'paused' } }));
  expect(await studio.models.computeOn('cpu')).toBe(false);
  expect(train.sent).toEqual([]);
  expect(state().model).toMatchObject({ info: GPU, moving: null });
  expect(state().ui.notices).toMatchObject([{ section: 'model', info: { code: 'store.busy.run' } }]);
});

test('where nothing is open any more, as when a GPU was lost, the model is opened on the other device', async () => {
  const { studio, train, state } = page();
  studio.store.setState((s) => ({ model: { ...s.model, status: 'failed', info: null } }));
  const moved = studio.models.computeOn('cpu');
  await vi.waitFor(() => expect(train.last('open-model')).toMatchObject({ device: 'cpu' }));
  train.reply('open-model', CPU);
  expect(await moved).toBe(true);
  expect(state().model).toMatchObject({ status: 'ready', info: CPU, choice: 'cpu' });
});
