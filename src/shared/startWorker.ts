/**
 * Starts a module worker under the Content-Security-Policy of whoever starts it. A worker that is loaded from a URL takes
 * its policy from response headers, which a static host does not send; one that is started from a blob inherits the
 * page's, so the worker too can talk to nobody whom the page may not talk to. The blob only imports the script.
 *
 * @param script address of the built worker script (Vite's `?worker&url`)
 * @param base what that address is relative to
 */
export function startWorker(script: string, base: string, name: string): Worker {
  const blob = new Blob([`import ${JSON.stringify(new URL(script, base).href)};`], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(blob), { type: 'module', name });
}
