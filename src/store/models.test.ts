import { expect, test, vi } from 'vitest';
import { FIRST_MODEL, SECOND_MODEL, foreign } from './testing/fixtures';
import { say } from '../shared/texts/say';
import { STUCK } from '../shared/startWorker';
import { INFO, PLAN, PREPARED, make, sent, ready, started, event, inBrowser } from './testing/studio';

inBrowser();

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
