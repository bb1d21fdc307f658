/** How long a template may take, by a played worker and a played clock: how fast the machine is does not count. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Turn } from '../shared/data';
import { playWorkers } from '../shared/testing/playedWorker';
import { ChatRenderer } from './chatRenderer';

const TEMPLATE = { name: 'default', source: '{{ messages }}', tokens: {} };
const CHATS: Turn[][] = [[{ role: 'user', text: 'a' }]];

/** What comes of one chat; the worker lives after 50 ms and shows once, after 60, that it has rendered. */
function render() {
  const workers = playWorkers(() => true);
  const rendering = new ChatRenderer().rendering();
  const result = rendering(TEMPLATE, CHATS, 'chat').catch((error: unknown) => error);
  return { workers, result };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('a template that shows nothing for a second is ended then, and not before', async () => {
  const { workers, result } = render();
  await vi.advanceTimersByTimeAsync(1050);
  expect(workers.map((w) => w.terminated)).toEqual([false]);
  await vi.advanceTimersByTimeAsync(20);
  expect(workers.map((w) => w.terminated)).toEqual([true]);
  expect(await result).toMatchObject({ name: 'DataError', code: 'train.chatTemplate.slow', params: { seconds: 1 } });
});

it('a chat that goes on rendering is ended after twenty', async () => {
  const { workers, result } = render();
  for (let ms = 0; ms < 20_000; ms += 500) {
    await vi.advanceTimersByTimeAsync(500);
    expect(workers[0].terminated, `${ms} ms`).toBe(false);
    workers[0].say({ kind: 'alive' });
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(workers[0].terminated).toBe(true);
  expect(await result).toMatchObject({ code: 'train.chatTemplate.slow' });
});
