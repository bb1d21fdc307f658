import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type {
  CheckpointInfo,
  DataEvent,
  DataReplies,
  MemoryPlan,
  ModelInfo,
  ModelSource,
  TrainEvent,
} from '../train/protocol';
import { type OwnFile, type PrepareOptions, READ_AUTO } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import type { DeviceChoice } from '../shared/types';
import { whyNotTrain } from '../ui/whyNotTrain';
import { noGpuReason } from './device';
import { noDecisions } from './slices';
import {
  FIRST_MODEL,
  SECOND_MODEL,
  pageHost,
  MODULES,
  TestPort,
  clientOn,
  endedSession,
  evalEvent,
  gateStats,
  stepEvent,
  foreign,
} from './testing/fixtures';
import { MemoryLibrary } from './testing/memoryLibrary';
import { START_DRAFT } from './experiments/presets';
import { draftProblems, pastedName } from './checks';
import { contenders } from './compare/contenders';
import { isPreset } from './configure/presets';
import { savedSessionSchema } from '../shared/savedSession';
import { recordOf } from './savedSessions';
import { exportedRun, readRunParts, restoredRun, runFiles } from './runFile';
import { Studio } from './studio';
import { comparePrompt, startMapping } from './template';
import { unzipAdapter } from './zip';
import { llamaOf } from '../train/testing/tinyLlama';
import { say } from '../shared/texts/say';
import { names } from '../shared/texts/names';
import { message } from '../shared/message';
import { speak } from '../shared/texts';
import { bytesOfSets } from '../shared/tokenSets';
import { inWords } from '../shared/testing/words';
import { STUCK } from '../shared/startWorker';

const INFO: ModelInfo = {
  source: { kind: 'embedded', id: 'sieve-stories-4m' },
  file: {
    path: 'onnx/model.onnx',
    format: 'onnx',
    dtype: 'fp32',
    bytes: 4000,
    exact: true,
    readable: true,
    fits: true,
  },
  config: llamaOf({
    layers: 2,
    dModel: 8,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    ffn: 16,
    vocab: 32,
    context: 128,
    ropeTheta: 1e4,
    rmsEps: 1e-5,
    tied: true,
  }),
  parameters: 1000,
  weightBytes: 4000,
  check: {
    ok: true,
    tokens: 16,
    by: 'onnxruntime',
    divergence: null,
    relativeError: 1e-6,
    tolerance: 1e-3,
    firstDifference: null,
  },
  gradients: {
    state: 'agrees',
    tokens: 16,
    layers: 2,
    ofLayers: 2,
    lossError: 0,
    lossTolerance: 1e-4,
    gradientError: 0,
    gradientTolerance: 1e-3,
    worst: 'x',
  },
  device: {
    kind: 'gpu',
    threads: null,
    vendor: 'v',
    architecture: 'a',
    description: '',
    software: false,
    shaderF16: false,
    timestamps: false,
    maxBufferSize: 1,
    maxBindingSize: 1,
  },
};
const CPU: ModelInfo = {
  ...INFO,
  gradients: null,
  device: { ...INFO.device, kind: 'cpu', vendor: '', architecture: '', software: true, threads: 2 },
};
const ADAPTER = { info: { vendor: 'v', architecture: 'a', description: '', isFallbackAdapter: false } };
const PLAN: MemoryPlan = { items: [{ part: 'weights', bytes: 4000 }], totalBytes: 4000, limitBytes: null, fits: true };
const PARSED: DataReplies['parse'] = {
  table: {
    fileName: 'a.jsonl',
    format: 'jsonl',
    columns: ['prompt', 'completion'],
    header: null,
    separator: '',
    quote: 'double',
    surplus: 1,
    unit: null,
    notes: [],
    encoding: 'utf-8',
    legacy: null,
    packed: null,
    files: [],
    validationFrom: null,
  },
  sample: [['p', 'c']],
  rowCount: 10,
  repairs: noDecisions().repairs,
  empty: [],
  detection: {
    mapping: { kind: 'prompt-completion', roles: { prompt: 'prompt', completion: 'completion' } },
    evidence: [message('data.evidence.oneColumn')],
  },
  template: { prompt: 'Q: {prompt}\n', completion: '{completion}' },
};
const tokens = () => ({ ids: new Int32Array(4), offsets: Uint32Array.of(0, 4), supervised: new Uint8Array(4) });
const PREPARED = (): DataReplies['prepare'] => ({
  report: {
    rows: 10,
    usable: 10,
    excluded: 0,
    changed: 0,
    examples: 10,
    train: 9,
    validation: 1,
    tokens: 40,
    supervised: 20,
    longest: 4,
    truncated: 0,
    issues: [],
    lengths: { width: 1, counts: [10], limit: 8 },
    labels: null,
    checked: [],
    strangers: [],
    warnings: [],
    problem: null,
  },
  preview: [],
  train: tokens(),
  validation: tokens(),
});

beforeEach(() => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(ADAPTER) } });
  vi.stubGlobal('fetch', pageHost([{ id: 's', file: 's.jsonl', prompts: ['hello'] }]));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function make(startDevice?: DeviceChoice) {
  const train = new TestPort<TrainEvent>();
  const data = new TestPort<DataEvent>();
  const keep = new TestPort<never>();
  const studio = new Studio({
    names,
    baseUrl: '/',
    hubHost: 'https://huggingface.co',
    startDevice,
    makeTrain: (hooks) => clientOn(train, hooks),
    makeData: (hooks) => clientOn(data, hooks),
    makeKeep: (hooks) => clientOn(keep, hooks),
    library: new MemoryLibrary(),
    readers: { run: async (zip) => restoredRun(await readRunParts(zip)), adapter: unzipAdapter },
  });
  return { studio, train, data, keep, state: () => studio.store.getState() };
}

const sent = (port: { sent: { type: string }[] }, type: string) =>
  vi.waitFor(() => {
    if (!port.sent.some((m) => m.type === type)) throw new Error(`no ${type} yet`);
  });

/** Boots and answers every request, as the two workers would. */
async function ready(info = INFO, startDevice?: DeviceChoice) {
  const all = make(startDevice);
  const { studio, train, data } = all;
  const booted = studio.boot();
  await sent(train, 'open-model');
  data.reply('open-tokenizer', { templates: [] });
  train.reply('open-model', info);
  await sent(data, 'parse');
  data.reply('parse', PARSED);
  await sent(data, 'prepare');
  data.reply('prepare', PREPARED());
  await booted;
  await sent(train, 'plan');
  train.reply('plan', PLAN);
  await vi.waitFor(() => expect(all.state().runs.plan).toEqual(PLAN));
  return all;
}

async function started() {
  const all = await ready();
  const start = all.studio.training.start();
  await sent(all.train, 'start');
  all.train.reply('start', PLAN);
  await start;
  return all;
}

const event = (port: TestPort<TrainEvent>, e: TrainEvent) => port.say({ kind: 'event', event: e });

test('after boot the default model and the first sample set are there', async () => {
  const { state, train } = await ready();
  expect(state().model).toMatchObject({ status: 'ready', info: INFO, gpu: { state: 'hardware', name: 'v a' } });
  expect(train.last('open-model').device).toBe('auto');
  expect(state().dataset).toMatchObject({ status: 'ready', origin: { kind: 'sample', id: 's' }, preparing: false });
  expect(state().dataset.report?.train).toBe(9);
  expect(state().ui.notices).toEqual([]);
  // The plan follows the tokens.
  const data = bytesOfSets([state().dataset.train, state().dataset.validation]);
  expect(data).toBeGreaterThan(0);
  await vi.waitFor(() => expect(train.last('plan')).toMatchObject({ data }));
});

test.each([
  ['no-webgpu', {}],
  ['no-adapter', { gpu: { requestAdapter: () => Promise.resolve(null) } }],
  [
    'software',
    { gpu: { requestAdapter: () => Promise.resolve({ info: { ...ADAPTER.info, isFallbackAdapter: true } }) } },
  ],
] as const)('with %s in the place of a GPU the model opens on the CPU and trains', async (state, navigator) => {
  vi.stubGlobal('navigator', navigator);
  const all = await ready(CPU);
  expect(all.train.last('open-model').device).toBe('auto');
  expect(all.state().model).toMatchObject({ gpu: { state }, status: 'ready', choice: 'auto', info: CPU });
  expect(noGpuReason(all.state().model)).toBe(state);
  expect(whyNotTrain(all.state())).toBeNull();
  const start = all.studio.training.start();
  await sent(all.train, 'start');
  all.train.reply('start', PLAN);
  await start;
  expect(all.state().runs.session?.devices).toEqual([{ kind: 'cpu', name: '', threads: 2 }]);
});

test('what the address or an earlier visit chose is asked for, but a GPU only where there is one', async () => {
  expect((await ready(CPU, 'cpu')).train.last('open-model').device).toBe('cpu');
  expect((await ready(INFO, 'gpu')).train.last('open-model').device).toBe('gpu');
  vi.stubGlobal('navigator', {});
  const all = await ready(CPU, 'gpu');
  expect(all.train.last('open-model').device).toBe('auto');
  expect(noGpuReason(all.state().model)).toBe('no-webgpu');
});

test('a device that computes wrongly does not train', async () => {
  const all = await ready({ ...INFO, gradients: { ...INFO.gradients, state: 'differs' } as ModelInfo['gradients'] });
  expect(whyNotTrain(all.state())).toBe(
    'Training is disabled: this GPU’s gradients differ from the CPU’s by 0; 0.001 is allowed. See Model.',
  );
  const logits = await ready({ ...CPU, check: { ...CPU.check, ok: false, relativeError: 0.25 } });
  expect(whyNotTrain(logits.state())).toBe(
    'Training is disabled: the model’s logits differ from the reference’s by 0.25; 0.001 is allowed. See Model.',
  );
});

/** A browser that keeps one run, whose TS-LoRA has its adapter in the file, on a GPU or none. */
async function keeping(model: ModelSource, adapter: object | null, recipe: DataRecipe | null = null) {
  const session = endedSession();
  const record = recordOf(session, 'finished', { id: 'abc-1', model, endedAt: 2000, bytes: 5, recipe }, names);
  const files = [{ name: 'adapter_model.safetensors', bytes: Uint8Array.of(1, 2, 3) }];
  const file = await exportedRun(
    record,
    runFiles(
      [...session.metricLogs.values()].map((h) => h.snapshot()),
      { 'ts-lora': files },
    ),
  );
  const folder = {
    getDirectoryHandle: () => Promise.resolve(folder),
    getFileHandle: () => Promise.resolve({ getFile: () => Promise.resolve(file) }),
  };
  vi.stubGlobal('navigator', {
    gpu: { requestAdapter: () => Promise.resolve(adapter) },
    storage: { getDirectory: () => Promise.resolve(folder) },
  });
  return record;
}

test('a saved session that is opened brings its data set along', async () => {
  const recipe: DataRecipe = {
    origin: { kind: 'file', name: 'facts.jsonl' },
    files: [{ path: 'facts.jsonl', bytes: 1, hash: 'a'.repeat(64) }],
    choices: READ_AUTO,
    mapping: PARSED.detection.mapping,
    ownMapping: false,
    template: PARSED.template,
    chatChoice: 'default',
    completionOnly: true,
    validationShare: 0.1,
    seed: 1,
    maxExamples: 20_000,
    stratify: true,
    decisions: { repairs: noDecisions().repairs, edits: { excluded: [], changed: [] } },
  };
  const record = await keeping(INFO.source, ADAPTER, recipe);
  expect(record.recipe).toEqual(recipe);
  const { studio, train, keep, state } = await ready();
  studio.store.setState((s) => ({ keep: { ...s.keep, runs: [record] } }));
  const opened = studio.savedSessions.open('abc-1');
  await sent(train, 'import');
  train.reply('import', { runId: 'ts-lora', name: 'TS-LoRA', template: null });
  expect(await opened).toBe(true);
  await sent(keep, 'open-sources');
  expect(keep.last('open-sources').files).toEqual(recipe.files);
  expect(state().dataset).toMatchObject({ train: null, wanted: { name: 'facts.jsonl', state: 'reading' } });
  expect(whyNotTrain(state())).toBe('Waiting for the data (facts.jsonl)…');
});

test('a saved session whose model does not open can be looked at all the same', async () => {
  const record = await keeping(
    { kind: 'hub', id: 'someone/gone', revision: 'main', host: 'https://huggingface.co' },
    ADAPTER,
  );
  const { studio, train, data, state } = await ready();
  studio.store.setState((s) => ({ keep: { ...s.keep, runs: [record] } }));
  const opened = studio.savedSessions.open('abc-1');
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'open-model')).toHaveLength(2));
  data.reply('open-tokenizer', { templates: [] });
  train.fail('open-model', foreign('ModelError', 'there is no such model'));
  expect(await opened).toBe(true);
  expect(state().model.status).toBe('failed');
  expect(state().ui.notices).toMatchObject([
    { section: 'model', info: { params: { text: 'there is no such model' } } },
  ]);
  expect(state().runs.session!.metricLogs.get('ts-lora')!.skipped!.rows).toBe(6);
  expect(train.sent.some((m) => m.type === 'import')).toBe(false);
});

test('where nothing can be computed a saved session opens, to be looked at; another model takes it off the page', async () => {
  const kept = await keeping(INFO.source, null);
  // Earlier versions kept why a run failed in words.
  const [lora, ...others] = kept.finals;
  const record = savedSessionSchema.parse({ ...kept, finals: [{ ...lora, failed: 'The loss was NaN.' }, ...others] });
  const { studio, train, data, state } = make();
  const tokenizers = data.sent.length;
  void studio.boot();
  await sent(data, 'open-tokenizer');
  data.reply('open-tokenizer', { templates: [] });
  // No GPU, and a browser too old for the CPU engine.
  const cannot = foreign('GpuError', 'no SIMD');
  await sent(train, 'open-model');
  train.fail('open-model', cannot);
  await vi.waitFor(() => expect(state().model.status).toBe('failed'));
  studio.store.setState((s) => ({ keep: { ...s.keep, runs: [record] } }));
  const opened = studio.savedSessions.open('abc-1');
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'open-tokenizer')).toHaveLength(tokenizers + 2));
  data.reply('open-tokenizer', { templates: [] });
  await vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'open-model')).toHaveLength(2));
  train.fail('open-model', cannot);
  expect(await opened).toBe(true);
  expect(state().runs.phase).toBe('finished');
  expect(state().runs.session!.metricLogs.get('ts-lora')!.skipped!.rows).toBe(6);
  expect(say(state().runs.session!.failed.get('lora')!)).toBe('The loss was NaN.');
  expect(contenders(state(), names).map((c) => [c.name, c.voice])).toEqual([
    [names.base(), { kind: 'none', why: message('store.compare.why.noModel') }],
    ['LoRA', { kind: 'none', why: message('store.compare.why.notKept') }],
    ['TS-LoRA', { kind: 'none', why: message('store.compare.why.noModel') }],
  ]);
  expect(state().ui.notices).toMatchObject([{ section: 'model', info: { params: { text: 'no SIMD' } } }]);
  expect(train.sent.some((m) => m.type === 'import')).toBe(false);
  void studio.models.open({ kind: 'embedded', id: 'sieve-stories-nano' });
  await vi.waitFor(() => expect(state().runs.session).toBeNull());
});

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

test('a worker that the browser lost while a model opened is replaced, three times at most', async () => {
  const { studio, train, state } = await started();
  const asked = (n: number) =>
    vi.waitFor(() => expect(train.sent.filter((m) => m.type === 'open-model')).toHaveLength(n));
  const open = studio.models.open(INFO.source);
  await asked(2);
  train.crash(STUCK);
  await asked(3);
  expect([state().model.status, state().ui.notices]).toEqual(['opening', []]);
  train.reply('open-model', INFO);
  await open;
  expect(state().model.status).toBe('ready');

  const again = studio.models.open(INFO.source);
  for (const n of [4, 5, 6]) {
    await asked(n);
    train.crash(STUCK);
  }
  await again;
  expect(state().model.status).toBe('failed');
  expect(train.sent.filter((m) => m.type === 'open-model')).toHaveLength(6);
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

test('the latest choice of data wins over an earlier one that is slower', async () => {
  const { studio, data, state } = await ready();
  const first = studio.data.openPaste('{"a": 1}');
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'parse')).toHaveLength(2));
  const slow = data.last('parse').requestId;
  const second = studio.data.openPaste('{"b": 1}');
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'parse')).toHaveLength(3));
  data.fail('parse', foreign('DataError', 'second is bad'));
  await second;
  data.say({ kind: 'reply', requestId: slow, value: PARSED });
  await first;
  // What was open before both stays.
  expect(state().dataset).toMatchObject({ status: 'ready', parsed: PARSED });
  expect(state().ui.notices.map((n) => say(n.info))).toEqual(['second is bad']);
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

test('another language: what was said is said in it', async () => {
  const { studio, data, state } = await ready();
  studio.configure.setTrain({ steps: 0 });
  data.crash('boom');
  const notice = state().ui.notices.at(-1)!;
  const said = () => [say(state().runs.draftError!), say(notice.info)];
  expect(said()).toEqual(['Steps: must be at least 1', 'The data worker stopped: boom.']);
  try {
    await speak('zh');
    studio.setLanguage('zh');
    expect(state().ui.language).toBe('zh');
    expect(said()).toEqual(['步数：不能小于 1', '数据工作线程停止了：boom。']);
  } finally {
    await speak('en');
  }
});

const problems = (...of: Parameters<typeof draftProblems>) => inWords(draftProblems(...of));

test('a draft is checked against the schema and the model that is open', () => {
  const { draft } = make().state().runs;
  const model = { context: 64, layers: INFO.config.layers, embedding: INFO.config.embedding };
  expect(problems(draft, model)).toEqual([]);
  expect(problems(draft, { ...model, context: 32 })).toEqual([
    { path: 'train.maxSequenceLength', message: 'this model reads at most 32 tokens' },
  ]);
  expect(problems({ ...draft, train: { ...draft.train, learningRate: NaN } }, undefined)).toEqual([
    { path: 'train.learningRate', message: 'must be a number' },
  ]);
  expect(problems({ ...draft, runs: [{ ...draft.runs[0], rank: 1e9 }] }, undefined)).toMatchObject([
    { path: 'runs.0.rank' },
  ]);
  const only = { ...draft, runs: [draft.runs[0], { ...draft.runs[1], only: ['1.q_proj', '2.q_proj'] }] };
  expect(problems(only, undefined)).toEqual([]);
  expect(problems(only, model)).toEqual([
    { path: 'runs.1.only', message: 'this model has no "2.q_proj" in its 2 layers, counted from 0' },
  ]);
});

test('a run that is removed leaves no follower behind; a method brings what it needs and its name', () => {
  const {
    studio: { configure },
    state,
  } = make();
  configure.addRun('ts-dora');
  const { gate } = state().runs.draft.runs[2];
  configure.setRun('ts-dora', { gate: { ...gate, rule: 'random', follows: 'ts-lora' } });
  expect(state().runs.problems).toEqual([]);
  configure.removeRun('ts-lora');
  expect(state().runs.draft.runs.map((r) => [r.id, r.gate.follows])).toEqual([
    ['lora', null],
    ['ts-dora', null],
  ]);
  configure.setRun(null, { rank: 16 });
  configure.setMethod('lora', 'adalora');
  expect(state().runs.draft.runs[0]).toMatchObject({
    id: 'lora',
    name: 'AdaLoRA',
    method: 'adalora',
    adalora: { initRank: 24 },
  });
  expect(state().runs.problems).toEqual([]);
});

test('a plan that does not fit brings the mildest change that does, in one click', async () => {
  const { studio, train, state } = await ready();
  studio.configure.setTrain({ batchSize: 8 });
  const planned = (batch: number) =>
    vi.waitFor(() =>
      expect((train.last('plan').config as { train: { batchSize: number } }).train.batchSize).toBe(batch),
    );
  await planned(8);
  train.reply('plan', { ...PLAN, fits: false });
  await planned(4);
  expect(state().runs.plan!.fits).toBe(false);
  expect(state().runs.fix).toBeNull();
  train.reply('plan', { ...PLAN, fits: false });
  await planned(2);
  train.reply('plan', PLAN);
  await vi.waitFor(() => expect(state().runs.fix?.label).toMatchObject({ params: { to: '2 × 4', from: '8 × 1' } }));
  studio.configure.applyFix();
  expect(state().runs.draft.train).toMatchObject({ batchSize: 2, gradientAccumulationSteps: 4 });
  expect(state().runs.fix).toBeNull();
});

test('a preset is taken as it is for what is open now, and stays known', async () => {
  const { studio, state } = await ready();
  studio.configure.takePreset('quick');
  const { preset, draft } = state().runs;
  expect(preset?.preset).toBe('quick');
  expect(isPreset(draft, preset!.result)).toBe(true);
  // All ten examples are in the open bin: the quick look's cap on a GPU.
  expect(draft.train.maxSequenceLength).toBe(128);
  expect(draft.runs.map((r) => r.rank)).toEqual([4, 4]);
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

test('pasted text gets a name that says what it looks like', () => {
  expect(
    ['[{"a":1}]', '{"a":1}\n{"a":2}', 'a\tb\nc\td', 'name,label\nx,y', 'Once upon a time, there was.'].map(pastedName),
  ).toEqual(['pasted.json', 'pasted.jsonl', 'pasted.tsv', 'pasted.csv', 'pasted.txt']);
});

test('mappings and prompts for a kind that was not detected', async () => {
  const never = () => Promise.reject(new Error('no chat'));
  expect(startMapping('text-label', ['Label', 'sentence'])).toEqual({
    kind: 'text-label',
    roles: { label: 'Label', text: 'sentence', second: null },
  });
  expect(startMapping('instruction', ['a', 'b'])).toEqual({
    kind: 'instruction',
    roles: { instruction: 'a', input: null, output: 'b', system: null, history: null },
  });
  const mapping = startMapping('instruction', ['instruction', 'input', 'output']);
  expect(
    await comparePrompt('Do {this}', mapping, { prompt: '{instruction}\n{input}\n', completion: '{output}' }, never),
  ).toBe('Do {this}\n');
  expect(
    await comparePrompt('Once', { kind: 'text', roles: { text: 't' } }, { prompt: '', completion: '{text}' }, never),
  ).toBe('Once');
});

test('a chat goes into the model’s own template where it brings one, and is asked in it', async () => {
  const { studio, data, state } = await ready();
  const chat = { name: 'tool_use', source: '{{ messages }}', tokens: {} };
  const [own, other] = [{ ...chat, name: 'default' }, chat];
  const open = (templates: unknown[]) => {
    void studio.models.open({ kind: 'embedded', id: 'sieve-stories-nano' });
    data.reply('open-tokenizer', { templates });
  };
  const prepared = (template: object) =>
    vi.waitFor(() => expect((data.last('prepare').options as PrepareOptions).template).toEqual(template));
  open([own, other]);
  studio.data.mapping.setKind('chat');
  studio.data.mapping.setRole('message', 'prompt');
  await prepared({ prompt: '{message}\n', completion: '{message}\n', chat: own });
  studio.data.mapping.setChatTemplate('tool_use');
  await prepared({ prompt: '{message}\n', completion: '{message}\n', chat: other });
  studio.data.mapping.editChatTemplate('mine');
  expect(state().dataset.template.chat).toEqual({ name: 'tool_use (edited)', source: 'mine', tokens: {} });
  studio.data.mapping.editChatTemplate(other.source);
  expect(state().dataset.template.chat).toEqual(other);
  studio.data.mapping.setChatTemplate(null);
  await prepared({ prompt: '{message}\n', completion: '{message}\n' });
  studio.data.mapping.setChatTemplate('default');
  // Another kind of data has none; nor has a model that brings none.
  studio.data.mapping.setKind('prompt-completion');
  expect(state().dataset.template).not.toHaveProperty('chat');
  studio.data.mapping.setKind('chat');
  expect(state().dataset.template.chat).toEqual(own);
  open([]);
  expect(state().dataset.template).not.toHaveProperty('chat');
  // A model without the chosen one gives its first.
  open([{ ...chat, name: 'only' }]);
  await vi.waitFor(() => expect(state().dataset.template.chat?.name).toBe('only'));
});

test('another model makes the tokens again, and nothing starts on the old ones', async () => {
  const { studio, train, data, state } = await ready();
  const open = studio.models.open({ kind: 'embedded', id: 'sieve-stories-nano' });
  expect(state().dataset).toMatchObject({ train: null, preparing: true });
  train.reply('open-model', INFO);
  await open;
  const start = studio.training.start();
  data.reply('open-tokenizer', { templates: [] });
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'prepare')).toHaveLength(2));
  expect(train.sent.some((m) => m.type === 'start')).toBe(false);
  const fresh = PREPARED();
  data.reply('prepare', fresh);
  await sent(train, 'start');
  expect(train.last('start').train).toBe(fresh.train);
  train.reply('start', PLAN);
  await start;
});

test('a model that there is no room for fails in words; settings and data are as they were', async () => {
  const { studio, train, data, state } = await ready();
  studio.configure.setTrain({ steps: 17 });
  const [draft, dataset] = [state().runs.draft, state().dataset];
  const opening = studio.models.openFromHub('a/large', '');
  data.reply('open-tokenizer', { templates: [] });
  train.fail('open-model', foreign('OutOfMemoryError', 'no room for the weights, which take up to 900 MiB'));
  // It had to make room for the attempt.
  await sent(train, 'opened');
  train.reply('opened', null);
  await opening;
  expect(state().model.status).toBe('failed');
  expect(state().ui.notices.map((n) => [n.section, say(n.info)])).toEqual([
    ['model', expect.stringContaining('900 MiB')],
  ]);
  expect(state().runs.draft).toEqual(draft);
  for (const name of ['parsed', 'mapping', 'template', 'decisions', 'origin'] as const)
    expect(state().dataset[name], name).toEqual(dataset[name]);
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

test('a model that is refused leaves what was open, with its runs and results', async () => {
  const { studio, train, data, state } = await ready();
  const start = studio.training.start();
  await sent(train, 'start');
  train.reply('start', PLAN);
  await start;
  event(train, { type: 'phase', phase: 'finished' });
  await vi.waitFor(() => expect(state().runs.phase).toBe('finished'));
  const { model, runs } = state();
  const opening = studio.models.openFromHub('a/gpt2', '');
  await sent(train, 'open-model');
  expect(state().runs.session).toBeNull();
  data.fail('open-tokenizer', foreign('ModelError', 'its model_type is gpt2'));
  train.fail('open-model', foreign('ModelError', 'its model_type is gpt2'));
  await sent(train, 'opened');
  train.reply('opened', INFO);
  await opening;
  expect(state().model).toEqual(model);
  expect(state().runs.session).toBe(runs.session);
  expect(state().runs.phase).toBe('finished');
  expect(data.last('open-tokenizer').source).toEqual(FIRST_MODEL);
  expect(state().ui.notices.map((n) => say(n.info))).toEqual(['its model_type is gpt2']);
});

test('a model that neither worker can open is reported once; a tokenizer that alone fails is reported', async () => {
  const { studio, train, data, state } = await ready();
  const gone = foreign('ModelError', 'no config.json');
  const first = studio.models.openFromHub('a/b', '');
  expect(train.last('open-model').source).toEqual({
    kind: 'hub',
    id: 'a/b',
    revision: 'main',
    host: 'https://huggingface.co',
  });
  data.fail('open-tokenizer', foreign('ModelError', 'no tokenizer.json'));
  train.fail('open-model', gone);
  await sent(train, 'opened');
  train.reply('opened', null);
  await first;
  expect(state().ui.notices.map((n) => say(n.info))).toEqual(['no config.json']);
  await vi.waitFor(() => expect(state().dataset.preparing).toBe(false));
  const second = studio.models.openFromHub('a/c', 'main');
  train.reply('open-model', INFO);
  data.fail('open-tokenizer', foreign('ModelError', 'no tokenizer.json'));
  await second;
  await vi.waitFor(() => expect(state().ui.notices.map((n) => say(n.info))).toEqual(['no tokenizer.json']));
});

test('decisions about rows reach the worker, and each can be undone', async () => {
  const { studio, data, state } = await ready();
  const prepares = () => data.sent.filter((m) => m.type === 'prepare');
  const next = async (n: number) => {
    await vi.waitFor(() => expect(prepares()).toHaveLength(n));
    data.reply('prepare', PREPARED());
    await vi.waitFor(() => expect(state().dataset.preparing).toBe(false));
    return prepares().at(-1)!.options as PrepareOptions;
  };
  studio.data.decisions.repair('ragged', true);
  // Other rows can be read now: what the columns mean is guessed again first.
  await sent(data, 'detect');
  expect(data.last('detect').repairs).toMatchObject({ ragged: true });
  const again = { ...PARSED.detection, evidence: [message('data.evidence.twoColumns')] };
  data.reply('detect', { detection: again, template: PARSED.template });
  expect((await next(2)).repairs).toMatchObject({ ragged: true, quote: false });
  studio.data.decisions.exclude(4, true);
  expect((await next(3)).edits.excluded).toEqual([4]);
  studio.data.decisions.editRow(2, ['p', 'c']);
  studio.data.decisions.editRow(2, ['p', 'd']);
  expect((await next(4)).edits.changed).toEqual([[2, ['p', 'd']]]);
  expect(state().dataset.parsed?.detection).toEqual(again);
  expect(state().dataset.past.map((p) => p.action)).toEqual([
    { did: 'repair', issue: 'ragged' },
    { did: 'exclude' },
    { did: 'edit' },
    { did: 'edit' },
  ]);
  studio.data.decisions.undo();
  studio.data.decisions.undo();
  studio.data.decisions.undo();
  expect(await next(5)).toMatchObject({ repairs: { ragged: true }, edits: { excluded: [], changed: [] } });
  const paste = studio.data.openPaste('{"a": 1}');
  data.fail('parse', foreign('Cancelled', 'Cancelled.'));
  await paste;
  // Whoever ends reading has what was open before, decisions and all.
  expect(state().dataset).toMatchObject({ status: 'ready', decisions: { repairs: { ragged: true } } });
  expect(state().ui.notices).toEqual([]);
  // Its tokens are as they were, and are made again only where something has changed meanwhile.
  expect([state().dataset.preparing, prepares().length]).toEqual([false, 5]);
  const second = studio.data.openPaste('{"a": 1}');
  studio.data.decisions.exclude(5, true);
  data.fail('parse', foreign('Cancelled', 'Cancelled.'));
  await second;
  expect((await next(6)).edits.excluded).toEqual([5]);
  const other = studio.data.openPaste('{"a": 1}');
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'parse')).toHaveLength(4));
  data.reply('parse', PARSED);
  await vi.waitFor(() =>
    expect(state().dataset).toMatchObject({ past: [], decisions: { repairs: { ragged: false } } }),
  );
  await next(7);
  await other;
});

test('a reading that the worker does not let go of is ended with it; the new one is given what was open', async () => {
  const { studio, data, state } = await ready();
  const { report, train } = state().dataset;
  expect(train).not.toBeNull();
  vi.useFakeTimers();
  try {
    const paste = studio.data.openPaste('{"a": 1}');
    const before = data.sent.length;
    expect(state().dataset.status).toBe('reading');
    const cancelled = studio.data.cancel();
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all([paste, cancelled]);
    expect(data.terminated).toBe(true);
    expect(state().dataset).toMatchObject({ status: 'ready', origin: { kind: 'sample' }, report, train });
    expect(state().ui.notices).toEqual([]);
    const anew = data.sent.slice(before).filter((m) => m.type !== 'cancel');
    expect(anew.map((m) => [m.type, m.source ?? (m.files as OwnFile[])[0].path])).toEqual([
      ['open-tokenizer', FIRST_MODEL],
      ['parse', 's.jsonl'],
    ]);
    data.reply('open-tokenizer', { templates: [] });
    data.reply('parse', PARSED);
    await vi.waitFor(() => expect(data.last('prepare').requestId).toBeGreaterThan(anew[1].requestId));
  } finally {
    vi.useRealTimers();
  }
});

test('a preparation that the worker does not let go of is not begun again in the new one', async () => {
  const { studio, data, state } = await ready();
  const prepares = () => data.sent.filter((m) => m.type === 'prepare').length;
  vi.useFakeTimers();
  try {
    studio.data.decisions.exclude(4, true);
    await vi.advanceTimersByTimeAsync(0);
    expect([state().dataset.preparing, prepares()]).toEqual([true, 2]);
    const cancelled = studio.data.cancel();
    await vi.advanceTimersByTimeAsync(1000);
    await cancelled;
    expect(data.terminated).toBe(true);
    data.reply('open-tokenizer', { templates: [] });
    data.reply('parse', PARSED);
    await vi.advanceTimersByTimeAsync(1000);
    expect(state().dataset).toMatchObject({ status: 'ready', preparing: false, report: null });
    expect(prepares()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a data worker that ends is started anew with what was open; what ends it twice is not given to it a third time', async () => {
  const { data, state } = await ready();
  const parses = () => data.sent.filter((m) => m.type === 'parse').length;
  data.crash('out of memory');
  expect(parses()).toBe(2);
  data.crash('out of memory');
  expect(parses()).toBe(2);
  await vi.waitFor(() => expect(state().dataset.status).toBe('failed'));
  expect(state().ui.notices.map((n) => n.section)).toContain('data');
});

test('opening a model can be cancelled: what was open stays', async () => {
  const { studio, train, data, state } = await ready();
  const { info } = state().model;
  const opening = studio.models.open(SECOND_MODEL);
  await sent(train, 'open-model');
  expect(state().model).toMatchObject({ status: 'opening', source: SECOND_MODEL, info: null });
  const cancelled = studio.models.cancel();
  train.reply('cancel-open', { kept: true });
  data.reply('close-tokenizer', null);
  await cancelled;
  expect(state().model).toMatchObject({ status: 'ready', source: FIRST_MODEL, info });
  expect(state().runs.plan).toEqual(PLAN);
  expect(data.last('open-tokenizer').source).toEqual(FIRST_MODEL);
  // What the worker says of it afterwards is of no interest.
  train.fail('open-model', foreign('AbortError', 'aborted'));
  await opening;
  expect(state().model.status).toBe('ready');
  expect(state().ui.notices).toEqual([]);
});

test('a model that had taken the place of the one before makes room for it again', async () => {
  const { studio, train, data, state } = await ready();
  void studio.models.open(SECOND_MODEL);
  await vi.waitFor(() => expect(train.last('open-model').source).toEqual(SECOND_MODEL));
  const cancelled = studio.models.cancel();
  train.reply('cancel-open', { kept: false });
  data.reply('close-tokenizer', null);
  await vi.waitFor(() => expect(train.last('open-model').source).toEqual(FIRST_MODEL));
  expect(train.terminated).toBe(true);
  train.reply('open-model', INFO);
  await cancelled;
  expect(state().model).toMatchObject({ status: 'ready', source: FIRST_MODEL });
});

test('the first model can be cancelled, too, by a worker that does not hear', async () => {
  const { studio, train, data, state } = make();
  const booted = studio.boot();
  await sent(train, 'open-model');
  vi.useFakeTimers();
  try {
    const cancelled = studio.models.cancel();
    await vi.advanceTimersByTimeAsync(1000);
    await cancelled;
    expect([train.terminated, data.terminated]).toEqual([true, true]);
    expect(state().model).toMatchObject({ status: 'failed', info: null });
    expect(state().ui.notices.filter((n) => n.section === 'model')).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
  void booted;
});

test('what is asked while the data cannot be prepared says no more than why they cannot', async () => {
  const { studio, data, state } = await ready();
  studio.data.mapping.setKind('prompt-completion');
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'prepare')).toHaveLength(2));
  // The table that was just drawn asks for its rows; the worker comes to that after it has failed.
  const listed = studio.data.rows.list({ filter: 'all', search: '', also: [], from: 0, count: 100 });
  data.fail('prepare', foreign('DataError', 'The template names {nonsense}.'));
  data.fail('list', foreign('DataError', 'There are no examples yet.'));
  expect(await listed).toBeNull();
  expect(state().ui.notices.map((n) => say(n.info))).toEqual(['The template names {nonsense}.']);
});

test('a report without a usable split is shown, and said; nothing can be trained on', async () => {
  const { studio, data, state } = await ready();
  studio.data.decisions.repair('long', true);
  await vi.waitFor(() => expect(data.sent.filter((m) => m.type === 'prepare')).toHaveLength(2));
  const prepared = PREPARED();
  data.reply('prepare', {
    ...prepared,
    report: { ...prepared.report, problem: message('data.examples.noSplit', { why: 'none' }) },
  });
  await vi.waitFor(() => expect(state().dataset.preparing).toBe(false));
  expect(state().dataset).toMatchObject({ train: null, validation: null, report: { rows: 10 } });
  expect(state().ui.notices).toMatchObject([
    { section: 'data', info: { name: 'DataError', code: 'data.examples.noSplit' } },
  ]);
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
