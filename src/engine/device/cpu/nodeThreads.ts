/** Threads of the CPU engine in Node. */
import type { StartThread } from './threads';

/** Asked for by name when it is needed: a page's bundle has no such module. */
export const startInNode: StartThread = (script, name) => {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
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
