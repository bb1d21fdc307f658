/// <reference types="vite/client" />
import { expect, it } from 'vitest';
import { ENDED, startWorker } from './startWorker';
import script from './testing/closingWorker.ts?worker&url';

it('a worker that closes by itself, which says nothing, is noticed', async () => {
  const worker = startWorker(script, document.baseURI, 'test');
  const errors: string[] = [];
  worker.addEventListener('error', (event) => errors.push(event.message));
  const heard: unknown[] = [];
  worker.addEventListener('message', ({ data }) => heard.push(data));
  const held = async () =>
    (await navigator.locks.query()).held?.some(({ name }) => name?.startsWith('sieve-worker-test'));
  await expect.poll(held).toBe(true);
  expect(errors).toEqual([]);
  worker.postMessage('close');
  await expect.poll(() => heard).toEqual([{ kind: 'reply' }]);
  await expect.poll(() => errors).toEqual([ENDED]);
});
