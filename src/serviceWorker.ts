/**
 * The app without a network. The build puts in the list of its own files, each with the SHA-256 of its content; a
 * version is that list. Installing fetches what no earlier version has, checks every hash, and only then counts: a
 * half-deployed site or a broken download leaves the version before in place. A new version waits until the page agrees
 * to reload (or all tabs are closed), so that no page ever sees files of two versions.
 */

/** [path relative to this script, SHA-256 in hex], put in by the build. */
declare const SIEVE_FILES: [path: string, hash: string][];
/** Hash of that list. */
declare const SIEVE_VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'sieve-';
const CACHE = PREFIX + SIEVE_VERSION;
const START = './';

/**
 * What makes the page isolated from others, so that the CPU engine's threads may share memory: a static host need not
 * send it. As in vite.config.ts.
 */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const urlOf = (path: string) => new URL(path, worker.registration.scope).href;
/** In the cache a file is named by its content, so that it is found again in the next version. */
const keyOf = (path: string, hash: string) => `${urlOf(path)}?sha256=${hash}`;
const FILES = new Map(SIEVE_FILES.map(([path, hash]) => [urlOf(path), keyOf(path, hash)]));

async function sha256(bytes: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (b) =>
    b.toString(16).padStart(2, '0'),
  ).join('');
}

/**
 * A file whose content is the one that this version was built with; asks past the browser's cache if that has another.
 */
async function fetchChecked(path: string, hash: string): Promise<Response> {
  for (const cache of ['default', 'reload'] as const) {
    const response = await fetch(urlOf(path), { cache, credentials: 'omit' });
    if (!response.ok) continue;
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) !== hash) continue;
    // Of the headers only the type: the body is not encoded any more, and its age does not matter.
    return new Response(bytes, {
      headers: {
        'content-type': response.headers.get('content-type') ?? 'application/octet-stream',
        'content-length': String(bytes.byteLength),
      },
    });
  }
  throw new Error(`${path} is not the file that this version was built with`);
}

async function install(): Promise<void> {
  const [cache, others] = [
    await caches.open(CACHE),
    (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE),
  ];
  for (const [path, hash] of SIEVE_FILES) {
    const key = keyOf(path, hash);
    if (await cache.match(key)) continue;
    let response: Response | undefined;
    for (const name of others) response ??= await (await caches.open(name)).match(key);
    await cache.put(key, response ?? (await fetchChecked(path, hash)));
  }
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  await worker.clients.claim();
}

/** The file of this version that answers a request; null where the network should. */
function keyFor(request: Request): string | null {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null;
  const url = new URL(request.url);
  url.hash = '';
  // What the page's address says after `?` is for the page.
  if (request.mode === 'navigate') {
    url.search = '';
    return FILES.get(url.href) ?? FILES.get(urlOf(START)) ?? null;
  }
  return FILES.get(url.href) ?? null;
}

async function answer(request: Request, key: string): Promise<Response> {
  const response = await (await caches.open(CACHE)).match(key);
  // Cleared by the browser or by hand: the network is what is left.
  if (!response) return fetch(request);
  const headers = { ...Object.fromEntries(response.headers), ...ISOLATION };
  return new Response(request.method === 'HEAD' ? null : response.body, { headers });
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const key = keyFor(event.request);
  if (key) event.respondWith(answer(event.request, key));
});
worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') void worker.skipWaiting();
});
