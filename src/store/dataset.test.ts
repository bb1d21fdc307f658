import { expect, test, vi } from 'vitest';
import type { OwnFile, PrepareOptions } from '../shared/data';
import { FIRST_MODEL, foreign } from './testing/fixtures';
import { pastedName } from './checks';
import { comparePrompt, startMapping } from './template';
import { say } from '../shared/texts/say';
import { message } from '../shared/message';
import { PARSED, PREPARED, sent, ready, inBrowser } from './testing/studio';

inBrowser();

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
