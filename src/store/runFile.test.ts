import { existsSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { LabelledSet } from '../shared/classification';
import { defaultSession } from '../shared/config';
import { type MetricsFile, metricsFileSchema, savedSessionSchema } from '../shared/savedSession';
import { quickly } from '../shared/testing/quickly';
import { deviceNames } from '../ui/deviceWords';
import { MetricLog } from './metricLog';
import { matches, recordOf } from './savedSessions';
import { exportedRun, metricLogToJson, readRunParts, restoredRun, runFiles } from './runFile';
import type { SessionView } from './slices';
import { unzipAdapter } from './zip';
import { MODULES, evalEvent, gateStats, stepEvent, foreign } from './testing/fixtures';
import { names } from '../shared/texts/names';
import { message } from '../shared/message';

const ADAPTER = [
  { name: 'adapter_config.json', bytes: new TextEncoder().encode('{}') },
  { name: 'adapter_model.safetensors', bytes: Uint8Array.from({ length: 999 }, (_, i) => i % 251) },
];

const LABELLED: LabelledSet = {
  by: 'likelihood',
  classes: ['billing', 'bug'],
  labels: [1, 0, 1],
  texts: ['It crashes.', 'Two invoices …', 'It hangs.'],
};

function session(): SessionView {
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  metricLogs.get('base')!.addEval(evalEvent('base', 0, 5.5));
  const gated = metricLogs.get('ts-lora')!;
  gated.modules = MODULES;
  for (let step = 1; step <= 1200; step++) {
    metricLogs.get('lora')!.addStep({ ...stepEvent('lora', step), loss: 1 / step, gradNorm: Math.sqrt(step) });
    gated.addStep(
      stepEvent(
        'ts-lora',
        step,
        gateStats(4, 100, (m) => (step + m * 31) % 100),
      ),
    );
  }
  for (const step of [750, 1200])
    gated.addEval({ ...evalEvent('ts-lora', step, 2 + step / 1e7), gate: gateStats(4, 100, () => 40) });
  gated.watch = {
    type: 'watch',
    picture: {
      shown: { size: 2, values: Uint8Array.of(0, 1, 2, 250, 251, 252, 3, 4, 5, 253, 254, 255) },
      side: 1,
      label: 'cat',
      example: 3,
      of: 9,
    },
    runId: 'ts-lora',
    step: 9,
    tokens: ['a', ' b', '\ud800'],
    modules: MODULES,
    active: Uint8Array.from({ length: 12 }, (_, i) => i % 2),
    ratio: Float32Array.from({ length: 12 }, (_, i) => i / 7),
    tau: Float32Array.of(0.1, 0.2, 0, 0.3),
  };
  gated.trail = [2, 5].map((step) => ({
    ...gated.watch!,
    step,
    active: Uint8Array.from({ length: 12 }, (_, i) => (i * step) % 2),
    ratio: Float32Array.from({ length: 12 }, (_, i) => (step * i) / 100),
    tau: null,
  }));
  gated.parameters = 64;
  gated.stopped = { step: 1200, bestStep: 750, bestLoss: 2 };
  gated.dev = { step: 1200, loss: 2.25, best: { step: 750, loss: 2.125 } };
  gated.skipsAll = [{ module: 3, reason: 'stuck' }];
  for (const id of ['base', 'ts-lora']) {
    metricLogs.get(id)!.addAccuracy({ step: 750, right: 1, examples: 2 });
    metricLogs.get(id)!.addClassified(LABELLED, { step: 1200, predicted: [1, 0, 0], probability: [0.75, 0.5, 1] });
  }
  gated.addSample({ type: 'sample', runId: 'ts-lora', step: 750, prompt: 'Q', expected: null, text: 'A' });
  return {
    config: defaultSession(),
    template: { prompt: 'Q: {prompt}\n', completion: '{completion}' },
    mapping: null,
    dataName: 'facts.jsonl',
    plan: null,
    devices: [
      { kind: 'gpu', name: 'v a', threads: null },
      { kind: 'cpu', name: '', threads: 4 },
    ],
    metricLogs,
    failed: new Map([['lora', foreign('TrainError', 'NaN')]]),
    startedAt: 1000,
  };
}
const record = (s: SessionView) =>
  recordOf(s, 'finished', { id: 'abc-1', model: { kind: 'embedded', id: 'nano' }, endedAt: 2000, bytes: 5 }, names);
const files = (s: SessionView) =>
  runFiles(
    [...s.metricLogs.values()].map((h) => h.snapshot()),
    { lora: ADAPTER, 'ts-lora': ADAPTER },
  );
const S = session();
const GOOD = record(S);
const FILES = [...files(S), { name: 'session.json', bytes: new TextEncoder().encode(JSON.stringify(GOOD)) }];
/** A zip of the run's files, some of them changed. */
const zipped = (change: Record<string, string> = {}) => {
  const all = Object.fromEntries(FILES.map((f) => [f.name, f.bytes]));
  for (const [name, text] of Object.entries(change)) all[name] = new TextEncoder().encode(text);
  return zipSync(all, { level: 0 });
};
const readRunFile = async (zip: Blob) => restoredRun(await readRunParts(zip));
const read = (zip: Uint8Array) => readRunFile(new Blob([zip as BlobPart]));

test('a run leaves as a file and comes back: record, adapters, curves bit for bit', async () => {
  const s = S;
  const back = await readRunFile(await exportedRun(record(s), files(s)));
  expect(back.record).toEqual(record(s));
  expect(back.record!.finals).toEqual([
    { steps: 1200, loss: null, skipped: null, failed: message('shared.foreign', { text: 'NaN' }) },
    { steps: 1200, loss: 2.00012, skipped: 0.6, failed: null },
  ]);
  expect(back.adapters.get('ts-lora')).toEqual(ADAPTER);
  for (const [id, metricLog] of s.metricLogs) {
    const whole = metricLog.snapshot();
    // Only the last evaluation keeps its gates.
    whole.evals = whole.evals.map((e, i) => (i === whole.evals.length - 1 ? e : { ...e, gate: null }));
    expect(back.metricLogs.get(id)!.snapshot()).toStrictEqual(whole);
  }
});

test('files that are none, are damaged or say more than they may are refused in words', async () => {
  await expect(readRunFile(new Blob(['no zip']))).rejects.toThrow('could not be read as a zip');
  await expect(readRunFile({ size: (512 << 20) + 1 } as Blob)).rejects.toThrow('at most 536870912');
  await expect(read(zipSync({ 'a.txt': new Uint8Array(3) }))).rejects.toThrow('metrics.json is missing');
  const noUtf8 = zipSync({ 'metrics.json': Buffer.from('"\xff"', 'latin1') }, { level: 0 });
  await expect(read(noUtf8)).rejects.toThrow('metrics.json is not JSON');
  await expect(read(zipped({ 'metrics.json': '{' }))).rejects.toThrow('metrics.json is not JSON');
  await expect(read(zipped({ 'metrics.json': '{"format":"sieve-metrics","version":3,"runs":[]}' }))).rejects.toThrow(
    'metrics.json: version',
  );
  await expect(read(zipped({ 'session.json': JSON.stringify({ ...GOOD, id: '../x' }) }))).rejects.toThrow(
    'session.json: id',
  );
  await expect(
    read(zipped({ 'session.json': JSON.stringify({ ...GOOD, finals: GOOD.finals.slice(1) }) })),
  ).rejects.toThrow('one result per run');
  await expect(
    read(zipped({ 'session.json': `{"__proto__": {"x": 1}, ${JSON.stringify(GOOD).slice(1)}` })),
  ).rejects.toThrow('__proto__');
  // What does not belong to a run is not unpacked.
  const config = 'adapter_config.json';
  const foreign = await read(
    zipped({ '../../evil': 'x', 'lora/deep/er': 'x', 'lora/evil.exe': 'x', [`Lora/${config}`]: 'x', toString: 'x' }),
  );
  expect(foreign.files.map((f) => f.name).sort()).toEqual(
    files(S)
      .map((f) => f.name)
      .sort(),
  );
});

test('curves that do not fit themselves are refused', () => {
  const good = metricLogToJson([...S.metricLogs.values()].map((h) => h.snapshot()));
  expect(metricsFileSchema.safeParse(good).success).toBe(true);
  const problem = (change: (h: MetricsFile) => void) => {
    const copy = structuredClone(good);
    change(copy);
    return metricsFileSchema.safeParse(copy).error?.issues[0].message;
  };
  expect(problem((h) => h.runs[1].loss.pop())).toContain('columns of different length');
  expect(problem((h) => h.runs[2].skipped!.data.pop())).toContain('one value per module');
  expect(
    problem((h) => {
      h.runs[2].watch!.active = [1];
    }),
  ).toContain('one value per module and token');
  for (const change of [
    (h: MetricsFile) => h.runs[2].trail[1].ratio.pop(),
    (h: MetricsFile) => (h.runs[2].trail[1].active = [1]),
    (h: MetricsFile) => (h.runs[2].trail[0].step = 5),
    (h: MetricsFile) => (h.runs[2].trail[1].step = h.runs[2].watch!.step),
    (h: MetricsFile) => (h.runs[2].watch = null),
  ])
    expect(problem(change)).toContain('earlier states of the watched text');
  // Files of before they were kept have none.
  const before = structuredClone(good) as { runs: { trail?: unknown }[] };
  for (const run of before.runs) delete run.trail;
  expect(metricsFileSchema.parse(before).runs.map((r) => r.trail)).toEqual([[], [], []]);
  expect(
    problem((h) => {
      Object.assign(h.runs[0], { extra: 1 });
    }),
  ).toContain('extra');
});

test('a bomb is refused by what its directory says, before anything is unpacked', async () => {
  const zip = zipped();
  const view = new DataView(zip.buffer, zip.byteOffset);
  const directory = view.getUint32(zip.length - 6, true);
  view.setUint32(directory + 24, 0x7fffffff, true);
  await expect(read(zip)).rejects.toThrow('says it has 2147483647 bytes');
});

test('a file that unpacks to far more than its size is refused by what its directory says', async () => {
  const zeros = JSON.stringify({
    format: 'sieve-metrics',
    version: 2,
    runs: [{ step: new Array(10_000_000).fill(0) }],
  });
  const zip = zipSync({ 'metrics.json': new TextEncoder().encode(zeros) }, { level: 6 });
  expect(zip.length).toBeLessThan(100_000);
  await expect(read(zip)).rejects.toThrow('The zip unpacks to more than');
});

test('one byte of an adapter that has changed does not hide the curves', async () => {
  const zip = zipped();
  const at = Buffer.from(zip).indexOf(Buffer.from(ADAPTER[1].bytes));
  zip[at + 500] ^= 1;
  const { adapters, damaged, metricLogs } = await read(zip);
  expect([damaged, [...adapters.keys()], [...metricLogs.keys()]]).toEqual([
    ['lora'],
    ['ts-lora'],
    ['base', 'lora', 'ts-lora'],
  ]);
  // The curves themselves are not shown when they are not what was kept.
  const metricLog = zipped();
  metricLog[Buffer.from(metricLog).indexOf('sieve-history') + 30] ^= 1;
  await expect(read(metricLog)).rejects.toThrow('metrics.json in the file of the session is damaged');
});

const shared = new URL('../../../shared/cases/faults/', import.meta.url);
test.skipIf(!existsSync(shared))('the hostile files of others are refused (needs ../shared)', async () => {
  const bytes = (name: string) => new Blob([readFileSync(new URL(name, shared)) as BlobPart]);
  for (const [name, reader] of [
    ['run-76MB-of-zeros.zip', readRunFile],
    ['adapter-says-256MB.zip', unzipAdapter],
  ] as const) {
    const file = bytes(name);
    await quickly(() => expect(reader(file)).rejects.toThrow('The zip unpacks to more than'));
  }
});

test('names and search', () => {
  const s = S;
  expect(record(s).name).toBe('LoRA, TS-LoRA on facts.jsonl');
  expect(names.savedSession(['R0', 'R1', 'R2', 'R3', 'R4'], '')).toBe('R0, R1, 3 more');
  const run = { ...record(s), tags: ['Seed 2'] };
  expect(['', 'ts-lora', 'FACTS seed', 'nano 2'].map((q) => matches(run, q))).toEqual([true, true, true, true]);
  expect(matches(run, 'facts gpt')).toBe(false);
});

test('records of earlier versions, which name a GPU or nothing, open', () => {
  const { devices, ...rest } = GOOD;
  expect(devices).toHaveLength(2);
  const { config, ...of1 } = { ...rest, format: 'sieve-run', version: 1 };
  const old = { ...of1, experiment: config };
  expect(savedSessionSchema.parse({ ...old, gpu: 'v a' })).toEqual({
    ...rest,
    devices: [{ kind: 'gpu', name: 'v a', threads: null }],
  });
  expect(savedSessionSchema.parse(old)).toEqual({ ...rest, devices: [] });
  expect(savedSessionSchema.safeParse({ ...old, devices, gpu: 'v a' }).success).toBe(false);
  expect(deviceNames(devices)).toBe('v a, then CPU, 4 threads');
  expect(deviceNames([])).toBe('unknown device');
});

test('predictions that do not fit their labelled examples are refused', () => {
  const file = metricLogToJson([...session().metricLogs.values()].map((m) => m.snapshot()));
  expect(file.labelled).toEqual(LABELLED);
  const wrong = (change: (copy: MetricsFile) => void) => {
    const copy = structuredClone(file);
    change(copy);
    return metricsFileSchema.safeParse(copy).success;
  };
  expect(wrong(() => undefined)).toBe(true);
  expect(wrong((f) => (f.labelled = null))).toBe(false);
  expect(wrong((f) => f.labelled!.labels.pop())).toBe(false);
  expect(wrong((f) => (f.labelled!.labels[0] = 2))).toBe(false);
  expect(wrong((f) => f.runs[0].classified!.predicted.pop())).toBe(false);
  expect(wrong((f) => (f.runs[0].classified!.predicted[0] = 2))).toBe(false);
  expect(wrong((f) => (f.runs[0].classified!.probability = [0.5]))).toBe(false);
  expect(wrong((f) => (f.runs[0].accuracy[0].right = 3))).toBe(false);
});
