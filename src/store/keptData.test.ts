/** A data set outlives the page: with its run, and on the desk of its tab. */
import { infoOf } from '../data/testing/table';
import { TINY_LLAMA } from '../train/testing/tinyLlama';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { READ_AUTO } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import type {
  CheckpointInfo,
  DataEvent,
  DataReplies,
  MemoryPlan,
  ModelInfo,
  SessionState,
  TrainEvent,
} from '../train/protocol';
import { toErrorInfo } from '../shared/errors';
import type { ModelSource } from '../shared/types';
import { hashOf } from '../train/keepSources';
import { whyNotTrain } from '../ui/whyNotTrain';
import { otherData } from '../ui/RunData';
import type { DatasetCommands } from './dataset';
import { KeptData } from './keptData';
import { Page } from './page';
import { noDecisions } from './slices';
import { Studio } from './studio';
import { FIRST_MODEL, pageHost, TestPort, clientOn, endedSession } from './testing/fixtures';
import { MemoryLibrary } from './testing/memoryLibrary';
import { say } from '../shared/texts/say';
import { names } from '../shared/texts/names';

const INFO = {
  source: FIRST_MODEL,
  config: { context: 128, layers: TINY_LLAMA.layers, embedding: TINY_LLAMA.embedding, head: TINY_LLAMA.head },
  parameters: 447_040,
  check: { ok: true },
  gradients: null,
  device: { kind: 'cpu', threads: 1, software: true },
} as unknown as ModelInfo;
const PLAN: MemoryPlan = { items: [], totalBytes: 1, limitBytes: null, fits: true };
const FILE = new File(['text,label\na,x\nb,y\n'], 'own.csv');
const MAPPING = { kind: 'text-label' as const, roles: { text: 'label', label: 'text' } };
const TEMPLATE = { prompt: 'mine {text}', completion: '{label}' };

const parsed = (fileName: string): DataReplies['parse'] => ({
  table: { ...infoOf(fileName, ['text', 'label']), surplus: 0 },
  sample: [],
  rowCount: 2,
  repairs: noDecisions().repairs,
  empty: [],
  detection: { mapping: { kind: 'text-label', roles: { text: 'text', label: 'label' } }, evidence: [] },
  template: { prompt: '{text}\nLabel:', completion: ' {label}' },
});
const tokens = (id: number) => ({
  ids: Int32Array.of(id),
  offsets: Uint32Array.of(0, 1),
  supervised: Uint8Array.of(1),
});
const report = {
  rows: 2,
  usable: 2,
  train: 1,
  validation: 1,
  issues: [],
  warnings: [],
  problem: null,
} as unknown as DataReplies['prepare']['report'];

async function recipe(): Promise<DataRecipe> {
  return {
    origin: { kind: 'file', name: 'own.csv' },
    files: [{ path: 'own.csv', bytes: FILE.size, hash: await hashOf(FILE) }],
    choices: { ...READ_AUTO, separator: ',' },
    mapping: MAPPING,
    ownMapping: true,
    template: TEMPLATE,
    chatChoice: null,
    completionOnly: false,
    validationShare: 0.5,
    seed: 9,
    maxExamples: 7,
    stratify: false,
    decisions: { repairs: noDecisions().repairs, edits: { excluded: [1], changed: [] } },
  };
}

const memory = new Map<string, string>();
beforeEach(() => {
  memory.clear();
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('sessionStorage', {
    getItem: (k: string) => memory.get(k) ?? null,
    setItem: (k: string, v: string) => void memory.set(k, v),
  });
  vi.stubGlobal('fetch', pageHost([{ id: 's', file: 's.jsonl', prompts: ['hello'] }]));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/**
 * A page whose workers are answered: what was asked of data and storage can be looked at. @param kept what the storage
 * holds
 */
function page({
  kept = null,
  link = null,
  model,
  refuse = false,
}: {
  kept?: { path: string; file: Blob }[] | null;
  link?: string | null;
  /** What the address asks for. */
  model?: ModelSource;
  /** Whether no model can be opened. */
  refuse?: boolean;
} = {}) {
  const ports = { train: new TestPort<TrainEvent>(), data: new TestPort<DataEvent>(), keep: new TestPort<never>() };
  const studio = new Studio({
    names,
    baseUrl: '/',
    hubHost: '',
    startSettings: link,
    ...(model && { startModel: model }),
    library: new MemoryLibrary(),
    makeTrain: (hooks) => clientOn(ports.train, hooks),
    makeData: (hooks) => clientOn(ports.data, hooks),
    makeKeep: (hooks) => clientOn(ports.keep, hooks),
  });
  const made = { id: 1 };
  const replies: Record<string, (request: never) => unknown> = {
    'open-model': () => {
      if (refuse) throw new Error('refused');
      return INFO;
    },
    plan: () => PLAN,
    start: () => PLAN,
    'open-tokenizer': () => ({ templates: [] }),
    parse: ({ files: [{ path }] }: { files: { path: string }[] }) => parsed(path),
    prepare: () => ({ report, preview: [], train: tokens(made.id), validation: tokens(made.id) }),
    'keep-sources': async ({ files }: { files: { path: string; file: Blob }[] }) => ({
      kept: true,
      files: await Promise.all(
        files.map(async ({ path, file }) => ({ path, bytes: file.size, hash: await hashOf(file) })),
      ),
    }),
    'open-sources': () => kept,
  };
  for (const port of Object.values(ports) as TestPort<never>[]) {
    const send = port.postMessage.bind(port);
    port.postMessage = (message: unknown) => {
      send(message);
      const { type, requestId } = message as { type: string; requestId: number };
      const value = replies[type];
      void Promise.resolve()
        .then(() => value?.(message as never))
        .then(
          (v) => port.say({ kind: 'reply', requestId, value: v ?? null }),
          (error: unknown) => port.say({ kind: 'failed', requestId, error: toErrorInfo(error) }),
        );
    };
  }
  const state = () => studio.store.getState();
  return { studio, state, made, ...ports };
}

/** Boots as a page that writes; resolves when data are ready. */
async function open(all: ReturnType<typeof page>): Promise<void> {
  all.studio.store.setState((s) => ({ keep: { ...s.keep, mode: 'writer' } }));
  await all.studio.boot();
}

/** Resumes a run on `own.csv`. */
async function resumed(all: ReturnType<typeof page>, train = tokens(1)): Promise<void> {
  const { studio, keep } = all;
  const config = studio.store.getState().runs.draft;
  const info: CheckpointInfo = {
    savedAt: 1,
    startedAt: 1,
    step: 3,
    config,
    model: FIRST_MODEL,
    devices: [],
    dataHash: 'h',
    data: { name: 'own.csv', recipe: await recipe() },
  };
  const state = { version: 3, config, step: 3 } as SessionState;
  const stored = {
    version: 2,
    template: TEMPLATE,
    mapping: MAPPING,
    dataName: 'own.csv',
    plan: null,
    startedAt: 1,
    watchText: null,
    samplePrompts: null,
    metricLogs: [],
    failed: [],
  };
  const send = keep.postMessage.bind(keep);
  keep.postMessage = (message: unknown) => {
    const { type, requestId } = message as { type: string; requestId: number };
    if (type === 'load-checkpoint')
      queueMicrotask(() =>
        keep.say({
          kind: 'reply',
          requestId,
          value: { checkpoint: { info, state, page: stored }, train, validation: tokens(1) },
        }),
      );
    else send(message);
  };
  studio.store.setState((s) => ({ keep: { ...s.keep, offer: info } }));
  await studio.checkpoints.resume();
  await vi.waitFor(() => expect(all.state().dataset.status).not.toBe('reading'));
}

const kept = () => [{ path: 'own.csv', file: FILE }];
const chosen = {
  mapping: MAPPING,
  template: TEMPLATE,
  completionOnly: false,
  validationShare: 0.5,
  seed: 9,
  maxExamples: 7,
  stratify: false,
  decisions: { edits: { excluded: [1] } },
};

test('after Resume the page is on the run’s data, as they were chosen', async () => {
  const all = page({ kept: kept() });
  await open(all);
  expect(all.state().dataset.origin).toEqual({ kind: 'sample', id: 's' });
  await resumed(all);
  await vi.waitFor(() =>
    expect(all.state().dataset).toMatchObject({
      ...chosen,
      origin: { kind: 'file', name: 'own.csv' },
      wanted: null,
      preparing: false,
    }),
  );
  expect(all.data.last('parse')).toMatchObject({
    files: [{ path: 'own.csv', file: FILE }],
    choices: { separator: ',' },
  });
  const { decisions, ...options } = chosen;
  expect(all.data.last('prepare')).toMatchObject({ options: { ...options, ...decisions } });
  expect(all.state().ui.notices).toEqual([]);
  expect(otherData(all.state().runs.session!, all.state().dataset)).toBeNull();
});

test('data that give other tokens than the run has learnt from are said', async () => {
  const all = page({ kept: kept() });
  await open(all);
  await resumed(all, tokens(2));
  await vi.waitFor(() =>
    expect(all.state().ui.notices.map((n) => say(n.info))).toEqual([expect.stringContaining('other tokens')]),
  );
});

test('where the file is not kept, Train asks for it by name, size and content, and takes no other', async () => {
  const all = page();
  await open(all);
  await resumed(all);
  all.studio.store.setState((s) => ({ runs: { ...s.runs, phase: 'finished' } }));
  expect(all.state().dataset).toMatchObject({
    status: 'empty',
    origin: null,
    train: null,
    wanted: { name: 'own.csv', state: 'missing' },
  });
  expect(whyNotTrain(all.state())).toContain('own.csv is not saved in this browser');
  const keptData = await all.studio.keptData();
  await keptData.giveOnly([{ path: 'own.csv', file: new File(['text,label\na,x\nb,z\n'], 'own.csv') }]);
  expect(all.state().ui.notices.map((n) => [n.section, say(n.info)])).toEqual([
    ['train', 'own.csv is not the file of this data set: its content is another.'],
  ]);
  expect(all.state().dataset.wanted?.state).toBe('missing');
  await keptData.giveOnly([{ path: 'renamed.csv', file: FILE }]);
  expect(all.state().dataset).toMatchObject({ ...chosen, wanted: null, origin: { kind: 'file', name: 'own.csv' } });
  expect(all.data.last('parse')).toMatchObject({ files: [{ path: 'own.csv' }] });
  expect(all.state().ui.notices).toEqual([]);
  expect(whyNotTrain(all.state())).toBeNull();
});

test('dropped anywhere, the file is known by its content; another file is another data set, and said to be', async () => {
  const all = page();
  await open(all);
  await resumed(all);
  await all.studio.data.openFiles([{ path: 'x.csv', file: FILE }]);
  expect(all.state().dataset).toMatchObject({ ...chosen, wanted: null });
  // What is open already, and as it was chosen, is not read again.
  const read = all.data.sent.filter((m) => m.type === 'parse').length;
  all.studio.store.setState((s) => ({ runs: { ...s.runs, phase: 'finished' } }));
  await resumed(all);
  expect(all.data.sent.filter((m) => m.type === 'parse')).toHaveLength(read);
  all.studio.data.decisions.exclude(0, true);
  all.studio.store.setState((s) => ({ runs: { ...s.runs, phase: 'finished' } }));
  await resumed(all);
  expect(all.state().dataset.wanted?.state).toBe('missing');
  await all.studio.data.openFiles([{ path: 'other.csv', file: new File(['text,label\n'], 'other.csv') }]);
  expect(all.state().dataset).toMatchObject({
    wanted: null,
    ownMapping: false,
    origin: { kind: 'file', name: 'other.csv' },
  });
  expect(otherData(all.state().runs.session!, all.state().dataset)).toBe('other.csv');
});

test('a run knows what its data are made from, files by content', async () => {
  const all = page();
  await open(all);
  await all.studio.data.openFiles([{ path: 'own.csv', file: FILE }]);
  all.studio.data.setPreparation({ seed: 9 });
  await all.studio.training.start();
  const made = await all.state().runs.session!.recipe;
  expect(made).toMatchObject({ origin: { kind: 'file', name: 'own.csv' }, files: (await recipe()).files, seed: 9 });
  expect(all.keep.last('keep-sources').write).toBe(true);
});

test('what was typed and chosen survives a reload: settings, mapping, data', async () => {
  const before = page();
  await open(before);
  await before.studio.data.openFiles([{ path: 'own.csv', file: FILE }]);
  before.studio.data.mapping.setRole('text', 'label');
  before.studio.data.mapping.setTemplate(TEMPLATE);
  before.studio.configure.setTrain({ steps: 17, learningRate: NaN });
  const typed = before.state();
  await vi.waitFor(() => expect(memory.get('sieve-desk')).toContain(TEMPLATE.prompt));
  const after = page({ kept: kept() });
  await open(after);
  expect(after.state().runs.draft).toEqual(typed.runs.draft);
  const { origin, mapping, template, ownMapping } = typed.dataset;
  expect(after.state().dataset).toMatchObject({ origin, mapping, template, ownMapping, status: 'ready' });
  expect(after.state().runs.draftError).not.toBeNull();
});

test('the model that was chosen survives a reload, but not another address, and not where it could not be opened', async () => {
  const before = page();
  await open(before);
  const nano = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
  await before.studio.models.open(nano);
  const after = page();
  await open(after);
  expect([after.train, after.data].map((port, i) => port.last(i ? 'open-tokenizer' : 'open-model').source)).toEqual([
    nano,
    nano,
  ]);
  const refused = page({ refuse: true });
  await open(refused);
  expect(refused.state().model.status).toBe('failed');
  const last = page();
  await open(last);
  expect(last.train.last('open-model').source).toEqual(FIRST_MODEL);
  const elsewhere = page({ model: nano });
  await open(elsewhere);
  expect(elsewhere.train.last('open-model').source).toEqual(nano);
});

test('a model that desk or address name opens before the list is here; the first of the list where it has no such one', async () => {
  const host = pageHost([]);
  let listed = () => {};
  vi.stubGlobal('fetch', async (url: string) => {
    if (url.includes('models/')) await new Promise<void>((resolve) => (listed = resolve));
    return host(url);
  });
  for (const [id, opened] of [
    ['sieve-stories-nano', 'sieve-stories-nano'],
    ['another', FIRST_MODEL.id],
  ]) {
    const { studio, train, state } = page({ model: { kind: 'embedded', id } });
    void studio.boot();
    await vi.waitFor(() => expect(train.last('open-model').source).toMatchObject({ id }));
    expect(state().model.shipped).toBeNull();
    listed();
    await vi.waitFor(() => expect(state().model).toMatchObject({ status: 'ready', source: { id: opened } }));
  }
});

test('where the list cannot be had it is said, and a model that was named opens all the same', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 404 })));
  const named = page({ model: FIRST_MODEL });
  const none = page();
  await Promise.all([named.studio.boot(), none.studio.boot()]);
  for (const { state } of [named, none])
    expect(state().ui.notices.map((n) => [n.section, n.info.code])).toContainEqual(['model', 'store.modelList']);
  expect([named, none].map(({ state }) => state().model.status)).toEqual(['ready', 'failed']);
});

test('a reload that brings a new version finds what was typed under its old name', async () => {
  const before = page();
  await open(before);
  before.studio.configure.setTrain({ maxSequenceLength: 48 });
  const desk = memory.get('sieve-desk')!.replace('"maxSequenceLength":48', '"maxTokens":48');
  expect(desk).toContain('"maxTokens":48');
  memory.set('sieve-desk', desk);
  const after = page();
  await open(after);
  expect(after.state().runs.draft.train.maxSequenceLength).toBe(48);
});

test('the desk belongs to its address; one that cannot be read is left alone', async () => {
  const before = page();
  await open(before);
  before.studio.configure.setTrain({ steps: 17 });
  const start = page().state().runs.draft;
  for (const desk of [
    memory.get('sieve-desk')!,
    '{',
    JSON.stringify({ ...JSON.parse(memory.get('sieve-desk')!), draft: { train: {}, runs: [] } }),
  ]) {
    memory.set('sieve-desk', desk);
    const after = page({ link: desk === '{' || desk.includes('"runs":[]') ? null : 'some link' });
    await open(after);
    expect(after.state().runs.draft).toEqual(start);
    expect(after.state().dataset.origin).toEqual({ kind: 'sample', id: 's' });
  }
});

test('files are wanted by what is open first, then by the run, then by saved sessions, the newest before the others', async () => {
  const own = await recipe();
  const of = (letter: string): DataRecipe => ({ ...own, files: [{ path: letter, bytes: 1, hash: letter.repeat(64) }] });
  const port = new TestPort<never>();
  const state = new Page();
  const files = [{ path: 'a', file: FILE }];
  const kept = new KeptData({
    page: state,
    keep: clientOn(port, { onEvent: () => {}, onCrash: () => {} }),
    link: null,
    start: FIRST_MODEL,
    names,
    data: { files } as unknown as DatasetCommands,
    records: async () => [
      { endedAt: 1, recipe: of('a') },
      { endedAt: 3, recipe: of('b') },
      { endedAt: 2, recipe: null },
      { of: 'another version' },
    ],
  });
  const dataset = { ...state.state.dataset, origin: own.origin, mapping: own.mapping };
  state.patch('keep', { mode: 'writer' });
  state.patch('runs', { session: { ...endedSession(), recipe: Promise.resolve(of('e')) } });
  const made = kept.recipe(dataset, files);
  await vi.waitFor(() => port.last('keep-sources'));
  port.reply('keep-sources', { files: of('d').files, kept: true });
  expect((await made)?.files).toEqual(of('d').files);
  const wanted = ['d', 'e', 'b', 'a'].map((letter) => letter.repeat(64));
  await vi.waitFor(() => expect(port.last('sweep-sources').wanted).toEqual(wanted));
  port.reply('sweep-sources', null);
  // While nobody knows what the run’s data are made from, and in a tab that only reads, nothing is deleted.
  state.patch('runs', { session: { ...endedSession(), recipe: new Promise<DataRecipe>(() => {}) } });
  await kept.sweep();
  state.patch('runs', { session: null });
  state.patch('keep', { mode: 'reader' });
  await kept.sweep();
  expect(port.sent).toHaveLength(2);
});
