/** How many threads the CPU engine may compute on here, and why not more. */

/** More threads than this gain little on the small models that train in a tab. */
const MOST_THREADS = 8;

/** Whether threads may share memory: browsers want the page isolated from others for that. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;

/** Threads that are worth starting, where they may share memory: one a core. */
export const worthwhileThreads = (): number => Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1);
