/** Without a network after the first load; a new version takes over whole. On a server of its own, which is closed. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { preview } from 'vite';
import { App } from './app';
import { expect, test } from './test';

const DIST = '.out/e2e-dist';
const COPY = '.out/offline-dist';
const BASE = '/sieve/';

async function serve(port = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const server = await preview({
    base: BASE,
    logLevel: 'error',
    build: { outDir: COPY },
    preview: { host: '127.0.0.1', port, strictPort: true, open: false },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview server has no port');
  return { port: address.port, close: () => server.close() };
}

/**
 * The next version: marked in its first element (a title the page sets itself), with the hashes and the version that a
 * build would give it.
 */
function release(): void {
  const read = (name: string) => readFileSync(join(COPY, name), 'utf8');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const html = read('index.html').replace('<html ', '<html data-release="next" ');
  const sw = read('sw.js')
    .replace(sha256(read('index.html')), sha256(html))
    .replace(/SIEVE_VERSION = '\w+'/, `SIEVE_VERSION = '${sha256(html).slice(0, 16)}'`);
  writeFileSync(join(COPY, 'index.html'), html);
  writeFileSync(join(COPY, 'sw.js'), sw);
}

test('works without a network after the first load, installs, and changes version whole', async ({ browser }) => {
  test.skip(Boolean(process.env.SIEVE_URL), 'needs the built app');
  rmSync(COPY, { recursive: true, force: true });
  cpSync(DIST, COPY, { recursive: true });
  let server = await serve();
  const context = await browser.newContext({ serviceWorkers: 'allow', viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const app = new App(page, `http://127.0.0.1:${server.port}${BASE}`);
    await app.open();
    const state = app.get('offline');
    await expect(state).toHaveAttribute('data-state', 'ready', { timeout: 180_000 });
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    expect(installabilityErrors.filter((e) => e.errorId !== 'in-incognito')).toEqual([]);

    await server.close();
    await page.reload();
    // The browser asks whether there is a newer version, in vain.
    app.expectProblem(/sw\.js|ERR_CONNECTION_REFUSED/);
    await app.modelReady();
    await app.dataReady();
    const large = await page.evaluate(
      async () => (await (await fetch('models/sieve-stories-4m/onnx/model.onnx')).arrayBuffer()).byteLength,
    );
    expect(large).toBe(readFileSync(join(COPY, 'models/sieve-stories-4m/onnx/model.onnx')).length);
    await app.small(4);
    await app.train();
    expect(await app.steps()).toBe(4);

    // A broken deployment first: the page says one thing, the list another. Nothing changes.
    server = await serve(server.port);
    const whole = readFileSync(join(COPY, 'index.html'));
    release();
    const html = readFileSync(join(COPY, 'index.html'));
    writeFileSync(join(COPY, 'index.html'), whole);
    const next = page.locator('html[data-release="next"]');
    const outcome = await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const tried = new Promise<string>((resolve) => {
        registration.addEventListener('updatefound', () => {
          const { installing } = registration;
          installing?.addEventListener('statechange', () => resolve(installing.state));
        });
      });
      // Rejects where the new version cannot be installed; how that ended is asked of the worker itself.
      registration.update().catch(() => undefined);
      return tried;
    });
    expect(outcome).toBe('redundant');
    await expect(state).toHaveAttribute('data-state', 'ready');
    // Then the whole one: it waits, and comes when it is asked.
    writeFileSync(join(COPY, 'index.html'), html);
    await page.reload();
    await expect(state).toHaveAttribute('data-state', 'update', { timeout: 60_000 });
    await expect(next).toHaveCount(0);
    await state.getByRole('button').click();
    await expect(next).toHaveCount(1);
    await expect(state).toHaveAttribute('data-state', 'ready', { timeout: 30_000 });
    await expect
      .poll(() => page.evaluate(async () => (await caches.keys()).filter((k) => k.startsWith('sieve-')).length))
      .toBe(1);
    expect(app.problems).toEqual([]);
  } finally {
    await context.close();
    await server.close().catch(() => undefined); // closed already where the test failed in between
    rmSync(COPY, { recursive: true, force: true });
  }
});
