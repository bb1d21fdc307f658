/** The production build behind a local address, and a browser to look at it: for the demo and the acceptance run. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { build, type Plugin, preview } from 'vite';
import { browserArgs, webgpuArgs } from '../.ci/browser.mjs';
import { ensureBrowser } from '../.ci/ensure-browser.mjs';
import { App } from './app';

export { formatTable } from '../bench/format';

export interface Site {
  /** Address of the app, with its sub-path. */
  url: string;
  close: () => Promise<void>;
}

const outDir = '.out/site';

/** Builds the app for `base` and serves it on a free port. */
export async function serveBuild(base = '/sieve/'): Promise<Site> {
  await build({ base, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  return serveBuilt(base);
}

/** Serves what was built for `base` last. @param plugins of the server */
export async function serveBuilt(base = '/sieve/', plugins: Plugin[] = []): Promise<Site> {
  const server = await preview({
    base,
    logLevel: 'warn',
    plugins,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, open: false },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview server has no port');
  return { url: `http://127.0.0.1:${address.port}${base}`, close: () => server.close() };
}

/** @param gpu any value gives the browser WebGPU on the CPU, whatever the environment says */
export function launch(gpu?: string): Promise<Browser> {
  return chromium.launch({ executablePath: ensureBrowser(), args: gpu ? webgpuArgs : browserArgs, headless: true });
}

/** A fresh page on the app. Nothing is shared with other visits. */
export async function visit(
  browser: Browser,
  site: Site,
  prepare?: (context: BrowserContext) => Promise<void>,
): Promise<{ app: App; page: Page; close: () => Promise<void> }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    serviceWorkers: 'block',
  });
  await prepare?.(context);
  const page = await context.newPage();
  return { app: new App(page, site.url), page, close: () => context.close() };
}

/** `--name value` pairs, and the words that are neither. */
export function options(argv: string[]): { named: Record<string, string>; words: string[] } {
  const named: Record<string, string> = {};
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i].startsWith('--')) named[argv[i].slice(2)] = argv[++i] ?? '';
    else words.push(argv[i]);
  }
  return { named, words };
}
