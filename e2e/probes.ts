/** Measurements from outside the app: GPU buffers that are alive in its workers, and tasks of the page's main thread. */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright';

/** Prepended to worker scripts: counts what WebGPU was asked for and gave back, whoever asked. */
const COUNTER = `
{
  const alive = new Map();
  const count = (globalThis.gpuBufferCount = () => ({ buffers: alive.size, bytes: [...alive.values()].reduce((sum, b) => sum + b.bytes, 0) }));
  if (globalThis.GPUDevice) {
    const { createBuffer, destroy } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      alive.set(buffer, { bytes: descriptor.size, device: this });
      return buffer;
    };
    GPUDevice.prototype.destroy = function () {
      for (const [buffer, { device }] of alive) if (device === this) alive.delete(buffer);
      return destroy.call(this);
    };
    const destroyBuffer = GPUBuffer.prototype.destroy;
    GPUBuffer.prototype.destroy = function () {
      alive.delete(this);
      return destroyBuffer.call(this);
    };
  }
  void count;
}
`;

/** Makes every worker script of the app count its GPU buffers. Call before the page is opened. */
export async function countBuffers(context: BrowserContext): Promise<void> {
  await context.route(/Worker[\w-]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: COUNTER + (await response.text()) });
  });
}

export interface Counts {
  workers: number;
  buffers: number;
  bytes: number;
}

/** What is alive now, summed over the page's workers. */
export async function counts(page: Page): Promise<Counts> {
  const total: Counts = { workers: page.workers().length, buffers: 0, bytes: 0 };
  for (const worker of page.workers()) {
    const one = await worker.evaluate(() => (globalThis as unknown as { gpuBufferCount?: () => { buffers: number; bytes: number } }).gpuBufferCount?.() ?? null);
    if (!one) continue;
    total.buffers += one.buffers;
    total.bytes += one.bytes;
  }
  return total;
}

export interface Task {
  /** CPU time and wall time in ms. */
  cpu: number;
  wall: number;
  /** ms after the start of the trace. */
  at: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string; data?: { frames?: { processId?: number; url?: string }[] } };
}

/**
 * Tasks of the page's main thread while `work` runs, longest CPU time first, from a Chromium trace.
 * @param path where the trace is kept
 */
export async function mainThreadTasks(browser: Browser, page: Page, path: string, work: () => Promise<void>): Promise<Task[]> {
  await browser.startTracing(page, { path, categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  try {
    await work();
  } finally {
    await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: TraceEvent[] };
  const started = traceEvents.find((e) => e.name === 'TracingStartedInBrowser');
  const pid = started?.args?.data?.frames?.find((f) => f.url?.startsWith('http'))?.processId;
  const thread = traceEvents.find((e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain' && (pid === undefined || e.pid === pid));
  if (!thread) throw new Error('the trace names no main thread of the page');
  // `RunTask` is the timeline's name for a task; each holds a `ThreadControllerImpl::RunTask` of the same length.
  const tasks = traceEvents.filter((e) => e.pid === thread.pid && e.tid === thread.tid && e.ph === 'X' && e.name === 'RunTask');
  if (tasks.length === 0) throw new Error('the trace holds no task of the main thread');
  if (tasks.every((e) => e.tdur === undefined)) throw new Error('the trace has no CPU times');
  const start = Math.min(...tasks.map((e) => e.ts));
  return tasks.map((e) => ({ cpu: (e.tdur ?? 0) / 1000, wall: (e.dur ?? 0) / 1000, at: (e.ts - start) / 1000 })).sort((a, b) => b.cpu - a.cpu);
}
