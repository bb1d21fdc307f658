import { expect, test, vi } from 'vitest';
import { defaultSession } from '../../shared/config';
import type { TrainEvent, TrainReplies, TrainRequest } from '../../train/protocol';
import type { DatasetCommands } from '../dataset';
import { MetricLog } from '../metricLog';
import { type SavedSessions, recordOf } from '../savedSessions';
import { Page } from '../page';
import type { RunFile } from '../runFile';
import type { SessionView } from '../slices';
import { TestPort, clientOn, evalEvent, stepEvent, foreign } from '../testing/fixtures';
import type { Box } from './box';
import { Compare, type CompareBoxes } from './compare';
import { contenders } from './contenders';
import { firstAt } from './vote';
import { say } from '../../shared/texts/say';
import { names } from '../../shared/texts/names';
import { message } from '../../shared/message';

const NANO = { kind: 'embedded', id: 'sieve-stories-nano' } as const;

function session(startedAt: number): SessionView {
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  metricLogs.get('base')!.addEval(evalEvent('base', 0, 5));
  for (const id of ['lora', 'ts-lora']) metricLogs.get(id)!.addStep(stepEvent(id, 1));
  return {
    config: defaultSession(),
    template: { prompt: '', completion: '{text}' },
    mapping: null,
    dataName: 'x',
    plan: null,
    devices: [],
    metricLogs,
    failed: new Map(),
    startedAt,
  };
}

function memoryBox<T>(): Box<T> {
  let kept: T | null = null;
  return {
    load: () => kept,
    save: (value) => {
      kept = value;
    },
  };
}

/** A page with a session, and one saved session that has LoRA's adapter only. */
function make() {
  const page = new Page();
  const port = new TestPort<TrainEvent>();
  const train = clientOn<TrainRequest, TrainReplies, TrainEvent>(port, { onEvent: () => {}, onCrash: () => {} });
  const kept = session(1);
  const record = recordOf(kept, 'finished', { id: 'k', model: NANO, endedAt: 2, bytes: 1 }, names);
  const file: RunFile = {
    record: null,
    files: [],
    damaged: [],
    metricLogs: kept.metricLogs,
    adapters: new Map([['lora', [{ name: 'adapter_model.safetensors', bytes: new Uint8Array(2) }]]]),
  };
  const load = vi.fn((_id: string) => Promise.resolve(file));
  const boxes: CompareBoxes = { ballot: memoryBox(), added: memoryBox() };
  const data = { rows: { list: () => Promise.resolve({ total: 0, rows: [] }) } } as unknown as DatasetCommands;
  const host = { page, train, data, saved: { load } as unknown as SavedSessions, flush: () => {}, names, boxes };
  page.patch('model', { status: 'ready', source: NANO });
  page.patch('runs', { session: session(3) });
  page.patch('keep', { runs: [record] });
  const compare = new Compare(host);
  const sent = (type: string, n: number) =>
    vi.waitFor(() => {
      if (port.sent.filter((m) => m.type === type).length < n) throw new Error(`not ${n} of ${type} yet`);
    });
  const of = (key: string) => contenders(page.state, names).find((c) => c.key === key)!;
  return { page, port, compare, load, boxes, host, sent, of, state: () => page.state };
}

test('a saved session comes in with its curves, is loaded when it is asked, and goes with its adapters', async () => {
  const { port, compare, sent, of, state } = make();
  await compare.add('k');
  await compare.add('k');
  expect(state().compare.added).toHaveLength(1);
  expect(port.sent).toEqual([]);
  expect(of('k/lora').voice.kind).toBe('load');

  const done = compare.answer('hi');
  await sent('import', 1);
  port.reply('import', { runId: 'imported-1', name: 'LoRA', template: null });
  await sent('generate', 1);
  expect(port.last('generate')).toMatchObject({ runs: ['base', 'lora', 'ts-lora', 'imported-1'], prompt: 'hi' });
  port.reply('generate', { texts: { base: 'b', lora: 'l', 'ts-lora': 't', 'imported-1': 'k' } });
  await done;
  expect(state().runs.answers['imported-1']).toEqual({ text: 'k', done: true });
  expect(state().compare.writing).toBeNull();

  const removed = compare.remove('k');
  await sent('release', 1);
  expect(port.last('release')).toMatchObject({ runId: 'imported-1' });
  port.reply('release', null);
  await removed;
  expect(contenders(state(), names).map((c) => c.key)).toEqual(['base', 'lora', 'ts-lora']);
});

test('what was added is there again on the next visit, as far as it is still kept', async () => {
  const { page, compare, boxes, host, load, state } = make();
  await compare.add('k');
  const visit = () => {
    page.patch('compare', { added: [] });
    return new Compare(host).restore();
  };
  await visit();
  await new Compare(host).restore();
  expect(state().compare.added.map((a) => a.record.id)).toEqual(['k']);
  expect(state().compare.reading).toBeNull();

  // A file that cannot be read now may be read the next time.
  load.mockRejectedValueOnce(new Error('gone'));
  await visit();
  expect(state().compare.added).toEqual([]);
  expect(say(state().ui.notices[0].info)).toBe('gone');
  await visit();
  expect(state().compare.added).toHaveLength(1);
  await compare.remove('k');
  expect(boxes.added.load()).toEqual([]);

  await compare.add('k');
  page.patch('keep', { runs: [] });
  await visit();
  expect(state().compare.added).toEqual([]);
});

test('an adapter that cannot be loaded says why, and the others answer', async () => {
  const { port, compare, sent, of } = make();
  await compare.add('k');
  compare.setShown('ts-lora', false);
  const done = compare.answer('hi');
  await sent('import', 1);
  port.fail('import', foreign('AdapterError', 'Rank 9 is odd.'));
  await sent('generate', 1);
  expect(port.last('generate').runs).toEqual(['base', 'lora']);
  port.reply('generate', { texts: { base: 'b', lora: 'l' } });
  await done;
  expect(of('k/lora').voice).toEqual({
    kind: 'none',
    why: message('store.compare.why.notLoaded', { why: message('shared.foreign', { text: 'Rank 9 is odd.' }) }),
  });
  // With another model it may be tried again.
  compare.modelChanged();
  expect(of('k/lora').voice.kind).toBe('load');
});

test('a file that is gone is said under Compare', async () => {
  const { compare, load, state } = make();
  load.mockRejectedValueOnce(new Error('gone'));
  await compare.add('k');
  expect(state().compare).toMatchObject({ added: [], reading: null });
  expect(state().ui.notices[0]).toMatchObject({ section: 'compare', info: { params: { text: 'gone' } } });
});

test('nobody to ask is said, and the next question may come', async () => {
  const { compare, state } = make();
  for (const key of ['base', 'lora', 'ts-lora']) compare.setShown(key, false);
  await compare.answer('hi');
  expect(say(state().ui.notices[0].info)).toBe('Nothing selected can generate.');
  expect(state().compare.writing).toBeNull();
});

test('a vote: hidden order, equal answers judged by nobody, kept over a reload', async () => {
  const { page, port, compare, boxes, host, sent, of, state } = make();
  const begun = compare.beginVote(of('lora'), of('ts-lora'), ['first', 'second', 'third']);
  await sent('generate', 1);
  // Answers of both stay hidden until both are done.
  expect(state().runs.generating).toBeNull();
  expect(state().compare).toMatchObject({ writing: 'vote', round: null });
  port.reply('generate', { texts: { lora: 'same', 'ts-lora': 'same' } });
  await sent('generate', 2);
  expect(port.last('generate').prompt).toBe('second');
  port.reply('generate', { texts: { lora: 'by LoRA', 'ts-lora': 'by TS' } });
  await begun;
  const { ballot, round } = state().compare;
  const first = firstAt(ballot!, 1) === 'x' ? ballot!.x : ballot!.y;
  expect(round).toEqual({
    prompt: 'second',
    answers: first.name === 'LoRA' ? ['by LoRA', 'by TS'] : ['by TS', 'by LoRA'],
  });

  const voted = compare.vote(1);
  await sent('generate', 3);
  expect(port.last('generate').prompt).toBe('third');
  port.reply('generate', { texts: { lora: 'a', 'ts-lora': 'b' } });
  await voted;
  expect(boxes.ballot.load()!.rounds).toEqual([
    { prompt: 'first', verdict: 'same' },
    { prompt: 'second', verdict: firstAt(ballot!, 1) },
  ]);

  // The next visit: the votes are there, the session is not.
  page.patch('runs', { session: null });
  const again = new Compare(host);
  expect(state().compare.ballot!.rounds).toHaveLength(2);
  page.patch('compare', { round: null });
  await again.nextRound();
  expect(say(state().ui.notices[0].info)).toMatch(/^(TS-)?LoRA is not open\.$/);
  again.resetVote();
  expect([state().compare.ballot, boxes.ballot.load()]).toEqual([null, null]);
});

test('a round that is cancelled is not counted, and prompts come to an end', async () => {
  const { port, compare, sent, of, state } = make();
  const begun = compare.beginVote(of('base'), of('lora'), ['only']);
  await sent('generate', 1);
  const cancelled = compare.cancel();
  await sent('cancel-generate', 1);
  port.reply('cancel-generate', null);
  port.reply('generate', { texts: { base: 'b', lora: 'l' } });
  await Promise.all([begun, cancelled]);
  expect(state().compare).toMatchObject({ writing: null, round: null });
  expect(state().compare.ballot!.rounds).toEqual([]);

  const next = compare.nextRound();
  await sent('generate', 2);
  port.reply('generate', { texts: { base: 'b', lora: 'l' } });
  await next;
  await compare.vote(0);
  expect(state().compare.voteNote?.code).toBe('store.compare.vote.allJudged');
});

test('without validation examples there is nothing to ask', async () => {
  const { compare, of, state } = make();
  await compare.beginVote(of('base'), of('lora'), null);
  expect(say(state().ui.notices[0].info)).toBe('There is no validation example to use as a prompt.');
});
