/**
 * Measurements from outside the app: buffers of the engine that are alive, tasks of the page's main thread, boxes that
 * are too wide.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Locator } from '@playwright/test';
import type { Browser, BrowserContext, Page } from 'playwright';

/**
 * Prepended to the train worker's script: lets a test ask what the page does not, how many of the engine's buffers are
 * alive.
 */
const COUNTER = `
{
  const PROBE = -1;
  const { postMessage } = globalThis;
  let hear = () => {};
  globalThis.postMessage = (message, ...rest) => {
    if (message?.requestId === PROBE) hear(message.value);
    else postMessage.call(globalThis, message, ...rest);
  };
  globalThis.engineBuffers = () => new Promise((resolve) => {
    hear = resolve;
    globalThis.dispatchEvent(new MessageEvent('message', { data: { type: 'counts', requestId: PROBE } }));
  });
}
`;

/** Makes the train worker of the app count its buffers, on whatever device. Call before the page is opened. */
export async function countBuffers(context: BrowserContext): Promise<void> {
  await context.route(/trainWorker[\w-]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: COUNTER + (await response.text()) });
  });
}

/** Processes of the browser's pages. */
async function renderers(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** A process' memory in MiB, now and at its peak; null where the system does not tell. */
function memoryOf(id: number): { now: number; peak: number } | null {
  if (!existsSync(`/proc/${id}/status`)) return null;
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}

/** Memory of the largest renderer in MiB, now and at its peak; NaN where the system does not tell. */
export async function rendererMemory(browser: Browser): Promise<{ now: number; peak: number }> {
  const found = { now: NaN, peak: NaN };
  for (const id of await renderers(browser)) {
    const memory = memoryOf(id);
    if (memory && !(memory.now <= found.now)) Object.assign(found, memory);
  }
  return found;
}

/** How often the memory is looked at, in ms. */
const LOOK = 100;

/**
 * The largest renderer's memory in MiB at its highest while the page said each of the things that it says of what it
 * does.
 */
export async function memoryByPhase(browser: Browser, page: Page): Promise<() => Promise<Map<string, number>>> {
  const highest = new Map<string, number>();
  const ids = await renderers(browser);
  const now = () => Math.max(...ids.map((id) => memoryOf(id)?.now ?? 0));
  let phase = '';
  const state = { going: true };
  const look = () => highest.set(phase, Math.max(highest.get(phase) ?? 0, now()));
  const watch = setInterval(look, LOOK);
  const said = (async () => {
    while (state.going) {
      phase = await page
        .evaluate(() => {
          const opening = document.querySelector('[data-testid="model-status"][data-status="opening"]');
          const text = (opening ?? document.querySelector('.bar-state'))?.textContent ?? '';
          return text
            .replace(/[\d.,:/·]+|\b[KMG]i?B\b/g, ' ')
            .replace(/\s+/g, ' ')
            .trim()
            .slice(0, 60);
        })
        .catch(() => phase);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK);
      });
    }
  })();
  return async () => {
    state.going = false;
    clearInterval(watch);
    await said;
    return highest;
  };
}

export interface Counts {
  workers: number;
  buffers: number;
  bytes: number;
}

/**
 * ms after which a worker is taken for one of the CPU engine's threads, which sleep while there is nothing to compute.
 */
const ASLEEP = 2000;

/** What `act` gives in every worker of the page that answers. */
export async function answersOfWorkers<T>(page: Page, act: () => T): Promise<T[]> {
  const asleep = () =>
    new Promise<null>((resolve) => {
      setTimeout(() => resolve(null), ASLEEP);
    });
  const answers = await Promise.all(
    page
      .workers()
      .map((worker) => Promise.race([worker.evaluate(act).then((value) => ({ value: value as T })), asleep()])),
  );
  return answers.flatMap((answer) => (answer ? [answer.value] : []));
}

/** What is alive now. */
export async function counts(page: Page): Promise<Counts> {
  type Counting = { engineBuffers?: () => Promise<{ buffers: number; bytes: number }> };
  const workers = page.workers();
  // Only one of them counts; some never answer.
  const own = await Promise.any(
    workers.map(async (worker) => {
      const answer = await worker.evaluate(() => (globalThis as Counting).engineBuffers?.() ?? null);
      if (!answer) throw new Error('this worker has no buffers');
      return answer;
    }),
  );
  return { workers: workers.length, ...own };
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
export async function mainThreadTasks(
  browser: Browser,
  page: Page,
  path: string,
  work: () => Promise<void>,
): Promise<Task[]> {
  await browser.startTracing(page, {
    path,
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  try {
    await work();
  } finally {
    await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: TraceEvent[] };
  const started = traceEvents.find((e) => e.name === 'TracingStartedInBrowser');
  const pid = started?.args?.data?.frames?.find((f) => f.url?.startsWith('http'))?.processId;
  const thread = traceEvents.find(
    (e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain' && (pid === undefined || e.pid === pid),
  );
  if (!thread) throw new Error('the trace names no main thread of the page');
  // `RunTask` is the timeline's name for a task; each holds a `ThreadControllerImpl::RunTask` of the same length.
  const tasks = traceEvents.filter(
    (e) => e.pid === thread.pid && e.tid === thread.tid && e.ph === 'X' && e.name === 'RunTask',
  );
  if (tasks.length === 0) throw new Error('the trace holds no task of the main thread');
  if (tasks.every((e) => e.tdur === undefined)) throw new Error('the trace has no CPU times');
  const start = Math.min(...tasks.map((e) => e.ts));
  return tasks
    .map((e) => ({ cpu: (e.tdur ?? 0) / 1000, wall: (e.dur ?? 0) / 1000, at: (e.ts - start) / 1000 }))
    .sort((a, b) => b.cpu - a.cpu);
}

/** JavaScript heap of the page and its workers, in bytes: what the engine's heap holds, and array buffers beside it. */
export interface Heap {
  heap: number;
  buffers: number;
}

interface HeapUsage {
  usedSize: number;
  backingStorageSize?: number;
}

/** The highest heap while `work` runs, looked at every 100 ms, by DevTools. */
export async function peakHeap(page: Page, work: () => Promise<void>): Promise<Heap> {
  const session = await page.context().newCDPSession(page);
  const workers = new Set<string>();
  const waiting = new Map<number, (usage: HeapUsage | null) => void>();
  let next = 1;
  session.on('Target.attachedToTarget', ({ sessionId }) => workers.add(sessionId));
  session.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: HeapUsage };
    if (id !== undefined) waiting.get(id)?.(result ?? null);
  });
  // Not flattened: then workers are spoken to through the page's session.
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const ofWorker = (sessionId: string) =>
    new Promise<HeapUsage | null>((resolve) => {
      const id = next++;
      const done = (usage: HeapUsage | null) => {
        waiting.delete(id);
        resolve(usage);
      };
      waiting.set(id, done);
      setTimeout(() => done(null), 2000);
      // A worker that has ended in between does not answer: that is what the timer is for.
      session
        .send('Target.sendMessageToTarget', {
          sessionId,
          message: JSON.stringify({ id, method: 'Runtime.getHeapUsage' }),
        })
        .catch(() => {});
    });
  const peak: Heap = { heap: 0, buffers: 0 };
  const state = { running: true };
  let looks = 0;
  const watch = (async () => {
    while (state.running) {
      const usages = await Promise.all([
        session.send('Runtime.getHeapUsage') as Promise<HeapUsage>,
        ...[...workers].map(ofWorker),
      ]);
      const sum = (of: (u: HeapUsage) => number) => usages.reduce((n, u) => n + (u ? of(u) : 0), 0);
      peak.heap = Math.max(
        peak.heap,
        sum((u) => u.usedSize),
      );
      peak.buffers = Math.max(
        peak.buffers,
        sum((u) => u.backingStorageSize ?? 0),
      );
      if (usages.length > 1 && usages.every((u) => u !== null)) looks++;
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    }
  })();
  try {
    await work();
  } finally {
    state.running = false;
    await watch;
    await session.detach();
  }
  if (looks === 0) throw new Error('no worker answered: the heap was not measured');
  return peak;
}

/** Types into the page while `work` runs. @returns ms from a key to the next picture, longest first (8 ms steps). */
export async function inputDelays(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const seen = ((globalThis as unknown as { keyDelays: number[] }).keyDelays = []);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.name === 'keydown') (seen as number[]).push(entry.duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const state = { running: true };
  let keys = 0;
  const typing = (async () => {
    while (state.running) {
      await page.keyboard.press('a');
      keys++;
      await page.waitForTimeout(150);
    }
  })();
  try {
    await work();
  } finally {
    state.running = false;
    await typing;
  }
  const slow = await page.evaluate(() => (globalThis as unknown as { keyDelays: number[] }).keyDelays);
  // Keys that were faster than 16 ms are not listed.
  return [...slow, ...Array<number>(Math.max(0, keys - slow.length)).fill(0)].sort((a, b) => b - a);
}

/** What makes the page wider than its window: the innermost boxes that end where the page does. */
export const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth, scrollLeft } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const ends = (e: Element) => Math.abs(e.getBoundingClientRect().right + scrollLeft - scrollWidth) < 2;
    const found = [...document.querySelectorAll('body *')].filter((e) => ends(e) && ![...e.children].some(ends));
    return [
      `the page is ${scrollWidth} px wide`,
      ...found.map(
        (e) =>
          `${e.closest('section')?.id ?? ''}: ${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} ${(e.textContent ?? '').slice(0, 40)}`,
      ),
    ];
  });

/** How many windows high the page is, once what comes a moment later is drawn. */
export const screensHigh = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    for (let i = 0; i < 3; i++)
      await new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(resolve, 20));
      });
    return document.documentElement.scrollHeight / innerHeight;
  });

/** Cards and tables that lie over the foot of the page, as far as what holds them lets them be seen. */
export const overFoot = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const foot = document.querySelector('.foot')!.getBoundingClientRect();
    const seen = (element: Element) => {
      let { top, bottom } = element.getBoundingClientRect();
      for (let box = element.parentElement; box && box !== document.documentElement; box = box.parentElement) {
        if (getComputedStyle(box).overflowY === 'visible' || box === document.body) continue;
        const edge = box.getBoundingClientRect();
        top = Math.max(top, edge.top);
        bottom = Math.min(bottom, edge.bottom);
      }
      return { top, bottom };
    };
    return [...document.querySelectorAll('main :is(.panel, figure, table, form, .tabs)')]
      .filter((e) => e.checkVisibility() && !e.closest('.floating, .foot'))
      .filter((e) => {
        const { top, bottom } = seen(e);
        return bottom > foot.top + 1 && top < Math.min(bottom, foot.bottom);
      })
      .map((e) => `${e.tagName} ${e.className}`);
  });

/** What a table says, row by row. */
export const cellsOf = (table: Locator): Promise<string[][]> =>
  table.evaluate((element) =>
    [...element.querySelectorAll('tr')].map((row) =>
      [...row.children].map((cell) => (cell.textContent ?? '').replace(/\s+/g, ' ').trim()),
    ),
  );
