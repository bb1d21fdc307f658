import { afterEach, expect, test, vi } from 'vitest';
import { askWorker } from './askWorker';
import { DataError, WorkerError } from './errors';
import { message } from './message';
import { ALIVE, HEARD, PATIENCE, SILENT, STARTED, STARTS, STUCK, TRIES, startWorker } from './startWorker';
import { playWorkers } from './testing/playedWorker';

/** All tries, and what each grants a thread that is busy. */
const ALL = TRIES.reduce((sum, ms) => sum + ms + 500, 0);
const start = () => startWorker('worker.js', 'http://localhost/', 'test');
const ask = (request: unknown, transfer: Transferable[] = []) =>
  askWorker<unknown>(start(), request, {
    transfer,
    limit: 1000,
    slow: (seconds) => new DataError(message('store.reading.slow', { seconds })),
    stopped: () => new DataError(message('store.reading.failed')),
  });

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('a worker is given nothing before it has said that it lives, then everything in order', async () => {
  const started = playWorkers(() => true);
  const worker = start();
  const bytes = new Uint8Array(3);
  worker.postMessage({ n: 1, bytes }, [bytes.buffer]);
  worker.postMessage({ n: 2 });
  expect(started[0].given).toEqual([]);
  expect(bytes.length, 'not handed over yet').toBe(3);
  await vi.advanceTimersByTimeAsync(50);
  expect(started[0].given).toMatchObject([{ n: 1 }, { n: 2 }]);
  expect(bytes.length).toBe(0);
  worker.postMessage({ n: 3 });
  expect(started[0].given).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(2 * ALL);
  expect(started).toHaveLength(1);
  expect(started[0].terminated).toBe(false);
});

test('one that does not speak is ended and started anew, and its bytes are not lost with it', async () => {
  const started = playWorkers((nth) => nth !== 1);
  const bytes = Uint8Array.of(1, 2, 3);
  const answer = ask({ bytes }, [bytes.buffer]);
  await vi.advanceTimersByTimeAsync(TRIES[0]);
  expect(started).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(600);
  await expect(answer).resolves.toBeDefined();
  expect(started.map(({ terminated }) => terminated)).toEqual([true, true]);
  expect(started[0].given).toEqual([]);
  expect(started[1].given).toEqual([{ bytes: Uint8Array.of(1, 2, 3) }]);
  // What the first says late is nobody's.
  started[0].say(ALIVE);
  expect(started[0].given).toEqual([]);
});

test('when none ever speaks that is an error with a hint, after a bounded time', async () => {
  const started = playWorkers(() => false);
  const failed = ask('a').catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(ALL - 1);
  expect(started).toHaveLength(TRIES.length);
  await vi.advanceTimersByTimeAsync(1);
  const error = await failed;
  expect(error).toBeInstanceOf(WorkerError);
  expect(error).toMatchObject(message('shared.workerStart', { tries: TRIES.length }));
  await vi.advanceTimersByTimeAsync(2 * ALL);
  expect(started).toHaveLength(TRIES.length);
  expect(started.every(({ terminated, given }) => terminated && given.length === 0)).toBe(true);
});

test('one that is ended while it is silent is not started anew', async () => {
  const started = playWorkers(() => false);
  const worker = start();
  const errors: string[] = [];
  worker.addEventListener('error', (event) => errors.push(event.message));
  await vi.advanceTimersByTimeAsync(TRIES[0] + 500);
  worker.terminate();
  worker.postMessage('into the void');
  await vi.advanceTimersByTimeAsync(2 * ALL);
  expect(started).toHaveLength(2);
  expect(errors).toEqual([]);
});

test('an error before it lives, and a message that cannot be sent, are told at once', async () => {
  const started = playWorkers((nth) => nth > 1);
  const worker = start();
  const errors: string[] = [];
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    errors.push(event.message);
  });
  const event = Object.assign(new Event('error', { cancelable: true }), { message: 'no such file' });
  started[0].dispatchEvent(event);
  expect(errors).toEqual(['no such file']);
  expect(event.defaultPrevented).toBe(true);
  await vi.advanceTimersByTimeAsync(2 * ALL);
  expect(started, 'a script that is not there comes no more').toHaveLength(1);

  const other = start();
  other.addEventListener('error', ({ message: own }) => errors.push(own));
  other.postMessage(() => {});
  await vi.advanceTimersByTimeAsync(50);
  expect(errors[1]).toMatch(/could not be cloned/);
  expect(errors).not.toContain(SILENT);
});

test('one that does not come back from starting another is told of; one that does is left alone', async () => {
  const [first, other] = [playWorkers(() => true), start()];
  const errors: string[] = [];
  other.addEventListener('error', ({ message: own }) => errors.push(own));
  const heard: unknown[] = [];
  other.addEventListener('message', ({ data }) => heard.push(data));
  await vi.advanceTimersByTimeAsync(50);
  first[0].say(STARTS);
  await vi.advanceTimersByTimeAsync(PATIENCE);
  // A busy page hears late.
  first[0].say(STARTED);
  await vi.advanceTimersByTimeAsync(2 * PATIENCE);
  expect(errors).toEqual([]);
  first[0].say(STARTS);
  await vi.advanceTimersByTimeAsync(PATIENCE + 500);
  expect(errors).toEqual([STUCK]);
  expect(heard, 'nobody else hears of it').toEqual([]);
});

test('a worker says when it starts another, and when it has, if somebody hears it', () => {
  const started = playWorkers(() => true);
  const said: unknown[] = [];
  vi.stubGlobal('postMessage', (sign: unknown) => said.push([sign, started.length]));
  start();
  expect(said).toEqual([]);
  vi.stubGlobal(HEARD, true);
  start();
  expect(said).toEqual([
    [STARTS, 1],
    [STARTED, 2],
  ]);
});
