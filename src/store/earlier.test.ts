/** Files, links and records of an earlier version open with the meaning they had; see train/testing/earlier.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readModel } from '../hub/family';
import { readSafetensors } from '../hub/safetensors';
import { savedSessionSchema } from '../shared/savedSession';
import { adapterFiles } from '../train/adapterFiles';
import { readAdapter } from '../train/readAdapter';
import type { AdapterFile } from '../train/protocol';
import { readLink, readSettings } from './configure/share';
import { readAll } from './experiments/library';
import { todaysInfo, todaysPage } from './formerCheckpoint';
import { MetricLog } from './metricLog';
import { readRunParts, restoredRun, type RunFile } from './runFile';
import {
  LAST_SESSION,
  METHODS_THEN,
  RULES_THEN,
  SESSION_THEN,
  checkpoint,
  exportedFile,
  keptFile,
  last,
  records,
  settings,
} from '../train/testing/earlier';
import { unzipAdapter, zipAdapter } from './zip';

test('settings: every value of every method and every gate rule, from a file and from a link', () => {
  const { methods, rules } = settings();
  for (const [written, then] of [
    [methods, METHODS_THEN],
    [rules, RULES_THEN],
  ] as const) {
    expect(readSettings(written.file)).toEqual(then);
    expect(readLink(written.link)).toEqual(then);
  }
});

test('a kept session: what the list says of it, in the record and in the exported file', async () => {
  const [kept, ...more] = records().map((record) => savedSessionSchema.parse(record));
  expect(more).toEqual([]);
  expect(kept).toMatchObject({
    name: 'lora run, dora run, 5 more on facts.jsonl',
    tags: [],
    startedAt: 1795990922347,
    endedAt: 1795991023460,
    ended: 'finished',
    model: { kind: 'embedded', id: 'sieve-stories-nano' },
    devices: [{ kind: 'gpu', name: 'google swiftshader', threads: null }],
    data: 'facts.jsonl',
    recipe: null,
    template: { prompt: '{instruction}\n', completion: '{output}' },
    mapping: { kind: 'instruction', roles: { instruction: 'instruction', input: null, output: 'output' } },
    config: SESSION_THEN,
  });
  expect([kept.base, ...kept.finals.map((f) => f.loss)]).toEqual([
    5.5094404220581055, 3.637665271759033, 2.6482772827148438, 5.505347728729248, 3.2879157066345215,
    2.7844414710998535, 3.7940211296081543, 3.6737465858459473,
  ]);
  const [ungated, gated] = [kept.finals.slice(0, 3), kept.finals.slice(3)].map((f) => f.map((x) => x.skipped));
  expect(ungated).toEqual([null, null, null]);
  expect(gated).toEqual([0.5555555555555556, 0.4097222222222222, 0.6111111111111112, 0.4305555555555556]);
  expect((await readRunParts(exportedFile())).record).toEqual(kept);
});

const lossOf = (file: RunFile, id: string) => file.metricLogs.get(id)!.snapshot().loss;

test.each([
  ['kept in the browser', keptFile],
  ['taken away', exportedFile],
])('the file of a session, %s: curves, gates, and adapters byte for byte', async (_, open) => {
  const file = restoredRun(await readRunParts(open()));
  expect(file.damaged).toEqual([]);
  expect([...file.metricLogs.keys()]).toEqual(['base', ...SESSION_THEN.runs.map((r) => r.id)]);
  for (const { id } of SESSION_THEN.runs) expect(lossOf(file, id)).toHaveLength(14);
  const tsdora = file.metricLogs.get('tsdora')!.snapshot();
  expect([...tsdora.loss].map((x) => x.toFixed(4)).join(' ')).toBe(
    '5.2663 5.4570 5.5083 5.0367 4.7388 4.3888 4.1751 3.9696 3.5093 3.2843 3.1958 2.9591 3.0478 3.0990',
  );
  expect([...tsdora.gate!.tau]).toEqual([0.346302629, 0.409710497].map(Math.fround));
  expect(tsdora.evals.map((e) => [e.step, e.loss])).toEqual([
    [4, 4.759923934936523],
    [8, 3.4373536109924316],
    [12, 2.822619915008545],
    [14, 2.7844414710998535],
  ]);

  const model = readModel(JSON.parse(readFileSync('public/models/sieve-stories-nano/config.json', 'utf8')));
  const bytes = (files: readonly AdapterFile[], name: string) => files.find((f) => f.name === name)!.bytes;
  expect([...file.adapters.keys()]).toEqual(SESSION_THEN.runs.map((r) => r.id).filter((id) => id !== 'random'));
  for (const [id, files] of file.adapters) {
    const then = SESSION_THEN.runs.find((r) => r.id === id)!;
    const unzipped = await unzipAdapter(await zipAdapter(files));
    const read = readAdapter(unzipped, model, id);
    expect(read.run).toMatchObject({
      name: then.name,
      method: then.method,
      rank: then.rank,
      alpha: then.alpha,
      rslora: then.rslora,
    });
    expect(read.template).toEqual({ prompt: '{instruction}\n', completion: '{output}' });
    expect(read.adapters.map((m) => m.path)).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.3.mlp.down_proj',
    ]);
    const again = adapterFiles({
      ...read,
      model: { id: 'nano', revision: null },
      template: read.template!,
      check: null,
    });
    const tensors = [files, again].map((of) => readSafetensors(bytes(of, 'adapter_model.safetensors')));
    // Thresholds were in a file beside them.
    for (const name of tensors[0].names) expect(tensors[1].get(name), id).toEqual(tensors[0].get(name));
    expect(read.thresholds !== null, `thresholds of ${id}`).toBe(files.some((f) => f.name === 'ts_peft.json'));
    if (!read.thresholds) continue;
    const { thresholds } = JSON.parse(new TextDecoder().decode(bytes(files, 'ts_peft.json')));
    expect([...read.thresholds]).toEqual(Object.values(thresholds).map((x) => Math.fround(x as number)));
  }
});

test('a checkpoint: what is offered, and the curves up to there', async () => {
  const { checkpoint: saved, train, validation } = checkpoint();
  expect(todaysInfo(saved.info)).toMatchObject({ step: 8, config: SESSION_THEN, model: { id: 'sieve-stories-nano' } });
  expect([train.offsets.length, validation.offsets.length]).toEqual([37, 5]);
  const page = todaysPage(saved.page) as { metricLogs: Parameters<typeof MetricLog.restore>[0][] };
  const whole = restoredRun(await readRunParts(keptFile()));
  for (const snapshot of page.metricLogs) {
    const { runId } = snapshot;
    const { loss } = MetricLog.restore(snapshot).snapshot();
    expect([...loss], runId).toEqual([...lossOf(whole, runId).subarray(0, loss.length)]);
    expect(loss).toHaveLength(runId === 'base' ? 0 : 8);
  }
});

test('the last commit of version 1: its settings, its session and its checkpoint, under today’s names', async () => {
  const { file, link } = last.settings();
  expect([readSettings(file), readLink(link)]).toEqual([LAST_SESSION, LAST_SESSION]);

  const run = restoredRun(await readRunParts(last.exportedFile()));
  expect(run.record).toMatchObject({
    format: 'sieve-session',
    version: 2,
    config: LAST_SESSION,
    recipe: {
      validationShare: 0.2,
      choices: { files: { 'a.jsonl': 'train', 'b.jsonl': 'validation', 'c.txt': 'none' } },
    },
  });
  const [dev, shut] = ['dev', 'shut'].map((id) => run.metricLogs.get(id)!);
  const loss = 1.853079940333511;
  expect(dev.dev).toEqual({ step: 30, loss, best: { step: 30, loss } });
  expect(shut.skipsAll).toEqual([0, 1].map((module) => ({ module, reason: 'harmful' })));
  expect(dev.noise.at(-1)).toEqual({ step: 30, fresh: true, active: 0.4819277108433735, skipped: 0.2631578947368421 });
  expect([...dev.watch!.active.subarray(0, 20)].join('')).toBe('11001111010111010110');
  expect(dev.gate).toMatchObject({ activeOutsideTraining: false, tauLearningRate: expect.any(Number) });
  expect([...shut.gate!.active, ...shut.gate!.muActive, ...shut.gate!.activeHelpful]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([dev, shut].map(({ gate }) => gate!.moduleTauLearningRates?.length)).toEqual([2, undefined]);

  const { info, page } = last.checkpoint();
  expect(todaysInfo(info)).toMatchObject({ config: LAST_SESSION, data: { recipe: run.record!.recipe } });
  const { metricLogs } = todaysPage(page) as { metricLogs: Parameters<typeof MetricLog.restore>[0][] };
  const before = MetricLog.restore(metricLogs.find(({ runId }) => runId === 'shut')!);
  expect([before.step.length, before.skipsAll, before.dev!.step]).toEqual([26, shut.skipsAll, 20]);
  expect(before.snapshot().noiseSince).toMatchObject({ active: 0, activeHelpful: 0 });
});

test('the last commit of version 1: an experiment with a grid, and its results', () => {
  const { study, cells } = last.experiment();
  const { experiments, unreadable } = readAll([study], cells);
  expect(unreadable).toBe(0);
  const [{ experiment, cells: read }] = experiments;
  expect(experiment).toMatchObject({
    version: 2,
    data: { validation: 3 },
    train: { loadBestCheckpoint: true, devShare: 0.25 },
  });
  expect(experiment.variants.map(({ gate }) => gate.targetSparsity)).toEqual([null, 0.3, 0.5]);
  expect(experiment.variants[1].gate).toMatchObject({ gradientFrom: 'dev', gradientInterval: 2 });
  expect(experiment.grid!.fields).toEqual(['targetSparsity']);
  expect(experiment.grid!.settings.flatMap((s) => s.variants)).toEqual(experiment.variants.map((v) => v.id));
  expect(read.map((c) => [c.experiment, c.variant, c.noise.map((n) => n.active)])).toEqual(
    experiment.variants.flatMap(({ id }, i) => [0, 1].map(() => ['e1', id, i > 0 ? [0.5] : []])),
  );
});
