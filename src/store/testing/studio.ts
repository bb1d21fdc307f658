/** A studio whose workers a test plays, and what they answer. */
import { infoOf } from '../../data/testing/table';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { DataEvent, DataReplies, MemoryPlan, ModelInfo, TrainEvent } from '../../train/protocol';
import type { DeviceChoice } from '../../shared/types';
import { noDecisions } from '../slices';
import { pageHost, TestPort, clientOn } from './fixtures';
import { MemoryLibrary } from './memoryLibrary';
import { readRunParts, restoredRun } from '../runFile';
import { Studio } from '../studio';
import { unzipAdapter } from '../zip';
import { llamaOf } from '../../train/testing/tinyLlama';
import { names } from '../../shared/texts/names';
import { message } from '../../shared/message';

export const INFO: ModelInfo = {
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
export const CPU: ModelInfo = {
  ...INFO,
  gradients: null,
  device: { ...INFO.device, kind: 'cpu', vendor: '', architecture: '', software: true, threads: 2 },
};
export const ADAPTER = { info: { vendor: 'v', architecture: 'a', description: '', isFallbackAdapter: false } };
export const PLAN: MemoryPlan = {
  items: [{ part: 'weights', bytes: 4000 }],
  totalBytes: 4000,
  limitBytes: null,
  fits: true,
};
export const PARSED: DataReplies['parse'] = {
  table: { ...infoOf('a.jsonl', ['prompt', 'completion'], 'jsonl'), separator: '' },
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
export const PREPARED = (): DataReplies['prepare'] => ({
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

/** A browser with a GPU and one sample set, for every test of a file. */
export function inBrowser(): void {
  beforeEach(() => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(ADAPTER) } });
    vi.stubGlobal('fetch', pageHost([{ id: 's', file: 's.jsonl', prompts: ['hello'] }]));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
}

export function make(startDevice?: DeviceChoice) {
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

export const sent = (port: { sent: { type: string }[] }, type: string) =>
  vi.waitFor(() => {
    if (!port.sent.some((m) => m.type === type)) throw new Error(`no ${type} yet`);
  });

/** Boots and answers every request, as the two workers would. */
export async function ready(info = INFO, startDevice?: DeviceChoice) {
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

export async function started() {
  const all = await ready();
  const start = all.studio.training.start();
  await sent(all.train, 'start');
  all.train.reply('start', PLAN);
  await start;
  return all;
}

export const event = (port: TestPort<TrainEvent>, e: TrainEvent) => port.say({ kind: 'event', event: e });
