import { siteData } from './siteData';

/** What a watched worker's `error` event says when it ended without one of its own. */
export const ENDED = 'ended';

/**
 * Starts a module worker under the Content-Security-Policy of whoever starts it. A worker that is loaded from a URL takes
 * its policy from response headers, which a static host does not send; one that is started from a blob inherits the
 * page's, so the worker too can talk to nobody whom the page may not talk to. The blob only imports the script.
 *
 * @param script address of the built worker script (Vite's `?worker&url`)
 * @param base what that address is relative to
 */
export function startWorker(script: string, base: string, name: string): Worker {
  return start(`import ${JSON.stringify(new URL(script, base).href)};`, name);
}

function start(source: string, name: string): Worker {
  return new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module', name });
}

/**
 * As `startWorker`, for a worker that lives long. One that ends by itself (closed, or killed for its memory) ends without an
 * event; it gets an `error` event here. The worker holds a lock of its own for as long as it lives, and whoever started it
 * waits for that lock. Where the browser has no locks, nothing is watched.
 */
export function startWatchedWorker(script: string, base: string, name: string): Worker {
  const locks = siteData('locks');
  if (!locks) return startWorker(script, base, name);
  const lock = `sieve-worker-${name}-${crypto.randomUUID()}`;
  // The blob can import nothing but the script; that there are locks was asked above.
  const source = `import ${JSON.stringify(new URL(script, base).href)};
navigator.locks.request(${JSON.stringify(lock)}, () => { postMessage({ kind: 'alive' }); return new Promise(() => {}); })
  .catch((error) => console.info('this worker is not watched', error));`;
  const worker = start(source, name);
  const onAlive = (event: MessageEvent<{ kind?: unknown }>) => {
    if (event.data?.kind !== 'alive') return;
    // Between the two of them; nobody else hears it.
    event.stopImmediatePropagation();
    worker.removeEventListener('message', onAlive);
    void locks.request(lock, () => {
      worker.dispatchEvent(new ErrorEvent('error', { message: ENDED, cancelable: true }));
    });
  };
  worker.addEventListener('message', onAlive);
  return worker;
}
