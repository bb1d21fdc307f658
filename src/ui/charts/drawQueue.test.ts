import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DRAW_INTERVAL, DrawQueue } from './drawQueue';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a chart is drawn at most four times a second, with its latest data', () => {
  const queue = new DrawQueue();
  const chart = {};
  const drawn: number[] = [];
  for (let i = 0; i < 100; i++) {
    queue.schedule(chart, () => drawn.push(i));
    vi.advanceTimersByTime(10);
  }
  expect(drawn.length).toBeLessThanOrEqual(1000 / DRAW_INTERVAL + 1);
  vi.advanceTimersByTime(DRAW_INTERVAL);
  expect(drawn.at(-1)).toBe(99);
});

test('charts are drawn in tasks of their own, and what a person waits for at once', () => {
  const queue = new DrawQueue();
  const drawn: string[] = [];
  const [a, b] = [{}, {}];
  queue.schedule(a, () => drawn.push('a'));
  queue.schedule(b, () => drawn.push('b'));
  vi.advanceTimersToNextTimer();
  expect(drawn).toEqual(['a']);
  vi.advanceTimersToNextTimer();
  expect(drawn).toEqual(['a', 'b']);
  queue.schedule(a, () => drawn.push('a2'), true);
  vi.advanceTimersByTime(1);
  expect(drawn.at(-1)).toBe('a2');
  queue.schedule(b, () => drawn.push('never'));
  queue.cancel(b);
  vi.advanceTimersByTime(1000);
  expect(drawn).not.toContain('never');
});

test('what waits is drawn at once when the page is printed, and not again', () => {
  const queue = new DrawQueue();
  const drawn: string[] = [];
  queue.schedule({}, () => drawn.push('a'));
  queue.schedule({}, () => drawn.push('b'));
  queue.flush();
  expect(drawn).toEqual(['a', 'b']);
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual(['a', 'b']);
});
