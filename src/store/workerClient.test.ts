import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventBatcher } from './batcher';
import { TestPort, foreign } from './testing/fixtures';
import { PATIENCE, WorkerClient, WorkerFault } from './workerClient';
import { message } from '../shared/message';
import { TRIES, startWorker } from '../shared/startWorker';
import { playWorkers } from '../shared/testing/playedWorker';
import { say } from '../shared/texts/say';

type Request = { type: 'one'; n: number } | { type: 'two' };

function setup() {
  const ports: TestPort<string>[] = [];
  const events: string[] = [];
  const crashes: string[] = [];
  const client = new WorkerClient<Request, { one: number }, string>(
    () => {
      const port = new TestPort<string>();
      ports.push(port);
      return port;
    },
    'data',
    { onEvent: (e) => events.push(e), onCrash: (e) => crashes.push(say(e)) },
  );
  return { ports, events, crashes, client };
}

test('replies go to the request they answer, in any order', async () => {
  const { ports, client } = setup();
  const first = client.request({ type: 'one', n: 1 });
  const second = client.request({ type: 'two' });
  expect(ports).toHaveLength(1);
  ports[0].say({ kind: 'reply', requestId: ports[0].sent[1].requestId, value: null });
  ports[0].say({ kind: 'reply', requestId: ports[0].sent[0].requestId, value: 7 });
  expect(await first).toBe(7);
  expect(await second).toBeNull();
  expect(client.pending).toBe(0);
});

test('a failure keeps its name and hint', async () => {
  const { ports, client } = setup();
  const reply = client.request({ type: 'two' });
  ports[0].fail('two', foreign('GpuError', 'no'));
  await expect(reply).rejects.toMatchObject(foreign('GpuError', 'no'));
  await expect(reply).rejects.toBeInstanceOf(WorkerFault);
});

test('a crash rejects all that is pending, is reported, and the next request starts a new worker', async () => {
  const { ports, crashes, client } = setup();
  const a = client.request({ type: 'two' });
  const b = client.request({ type: 'one', n: 2 });
  ports[0].crash('boom');
  await expect(a).rejects.toThrow(/boom/);
  await expect(b).rejects.toThrow(/boom/);
  expect(crashes).toHaveLength(1);
  expect(ports[0].terminated).toBe(true);
  const c = client.request({ type: 'one', n: 3 });
  expect(ports).toHaveLength(2);
  ports[1].reply('one', 5);
  expect(await c).toBe(5);
});

test('a worker that does not hear is ended, what it owed fails as cancelled, and what is asked meanwhile goes to the next', async () => {
  vi.useFakeTimers();
  try {
    const ports: TestPort<string>[] = [];
    const restarts: string[] = [];
    const client: WorkerClient<Request, { one: number }, string> = new WorkerClient(
      () => {
        const port = new TestPort<string>();
        ports.push(port);
        return port;
      },
      'data',
      {
        onEvent: () => {},
        onCrash: () => {},
        onRestart: () => {
          restarts.push('again');
          void client.request({ type: 'one', n: 9 });
        },
      },
    );
    const stuck = client.request({ type: 'one', n: 1 });
    const asked = client.insist({ type: 'two' });
    const failed = stuck.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(PATIENCE - 1);
    expect(ports[0].terminated).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toBeNull();
    expect(await failed).toMatchObject({ name: 'Cancelled' });
    expect([ports[0].terminated, restarts, ports[1].sent.map((m) => m.n)]).toEqual([true, ['again'], [9]]);
    // One that hears stays.
    const heard = client.insist({ type: 'two' });
    ports[1].reply('two', null);
    expect(await heard).toEqual({ reply: null });
    await vi.advanceTimersByTimeAsync(2 * PATIENCE);
    expect(ports[1].terminated).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test('a client’s requests survive a silent worker; when none speaks they fail, and the next starts again', async () => {
  const started = playWorkers((nth) => nth > TRIES.length);
  const crashes: unknown[] = [];
  const client = new WorkerClient<{ type: 'one' }, { one: null }, never>(
    () => startWorker('worker.js', 'http://localhost/', 'train'),
    'training',
    {
      onEvent: () => {},
      onCrash: (error) => crashes.push(error),
    },
  );
  const failed = client.request({ type: 'one' }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(TRIES.reduce((sum, ms) => sum + ms + 500, 0));
  const why = message('shared.workerSilent', { tries: TRIES.length });
  expect(await failed).toMatchObject({ name: 'WorkerError', params: { name: 'training', why } });
  expect(crashes).toHaveLength(1);
  void client.request({ type: 'one' }).catch(() => 'closed below');
  await vi.advanceTimersByTimeAsync(50);
  expect(started.at(-1)!.given).toMatchObject([{ type: 'one' }]);
  client.dispose();
});

test('events are handed on; an unasked reply is an error', () => {
  const { ports, events, client } = setup();
  void client.request({ type: 'two' }).catch(() => 'closed below');
  ports[0].say({ kind: 'event', event: 'hello' });
  expect(events).toEqual(['hello']);
  expect(() => ports[0].say({ kind: 'reply', requestId: 99, value: null })).toThrow(/unasked/);
  client.dispose();
  expect(ports[0].terminated).toBe(true);
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('the batcher applies at the earliest due time, in order, all at once', () => {
  const batches: number[][] = [];
  const b = new EventBatcher<number>((e) => batches.push(e));
  b.push(1, 250);
  b.push(2, 250);
  vi.advanceTimersByTime(100);
  b.push(3, 50);
  vi.advanceTimersByTime(49);
  expect(batches).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(batches).toEqual([[1, 2, 3]]);
  b.push(4, 0);
  expect(batches).toEqual([[1, 2, 3], [4]]);
  vi.advanceTimersByTime(1000);
  expect(batches).toHaveLength(2);
});

test('an event that begins a batch is applied in a task of its own, in order; a flush applies all', () => {
  const batches: number[][] = [];
  const b = new EventBatcher<number>(
    (e) => batches.push(e),
    (e) => e >= 10,
  );
  [1, 10, 2, 11].forEach((e) => b.push(e, 250));
  vi.advanceTimersByTime(250);
  expect(batches).toEqual([[1]]);
  b.push(3, 250);
  vi.advanceTimersByTime(1);
  expect(batches).toEqual([[1], [10, 2]]);
  vi.advanceTimersByTime(1);
  expect(batches).toEqual([[1], [10, 2], [11, 3]]);
  [4, 12].forEach((e) => b.push(e, 250));
  b.flush();
  expect(batches.at(-1)).toEqual([4, 12]);
});
