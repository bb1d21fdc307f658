import { expect, test, vi } from 'vitest';
import type { ModelSource } from '../train/protocol';
import { READ_AUTO } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { whyNotTrain } from '../ui/whyNotTrain';
import { noDecisions } from './slices';
import { endedSession, foreign } from './testing/fixtures';
import { contenders } from './compare/contenders';
import { savedSessionSchema } from '../shared/savedSession';
import { recordOf } from './savedSessions';
import { exportedRun, runFiles } from './runFile';
import { say } from '../shared/texts/say';
import { names } from '../shared/texts/names';
import { message } from '../shared/message';
import { INFO, ADAPTER, PARSED, make, sent, ready, inBrowser } from './testing/studio';

inBrowser();

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
