/** Threads for tests of the CPU engine in Node. */
import { Worker } from 'node:worker_threads';
import type { StartThread } from '../device/cpu/threads';

export const startInNode: StartThread = (script, name) => {
  const worker = new Worker(script, { eval: true, name });
  return {
    post: (message) => worker.postMessage(message),
    ready: new Promise((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    }),
    end: () => void worker.terminate(),
  };
};
