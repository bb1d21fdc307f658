/**
 * Runs a row for Node, on the page or in a worker. The CPU engine's first thread waits for the others, which a page's
 * own thread must not do, so rows run in a worker as the app's engine does; those that ask about the page itself run on
 * it.
 */
import type { BenchOptions, RowResult } from './record';

const rows = import.meta.glob<{ run(options: BenchOptions): Promise<RowResult> }>('./rows/*.ts');

/** What a worker asks of Node, and how it ends. */
export type FromWorker = { call: string; id: number; args: unknown[] } | { result: RowResult } | { error: string };

const here = globalThis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;

function inWorker(file: string, options: BenchOptions): Promise<RowResult> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'));
    worker.onmessage = async ({ data }: MessageEvent<FromWorker>) => {
      if ('result' in data) resolve(data.result);
      else if ('error' in data) reject(new Error(data.error));
      else worker.postMessage({ id: data.id, value: await here[data.call](...data.args) });
    };
    worker.postMessage({ file, options });
  });
}

Object.assign(globalThis, {
  runRow: async (file: string, options: BenchOptions, onPage: boolean) =>
    onPage ? (await rows[`./rows/${file}.ts`]()).run(options) : inWorker(file, options),
});
