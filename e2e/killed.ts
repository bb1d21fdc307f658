/** A browser whose process can be killed in the middle of a run, with a profile that outlives it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { type Page, chromium } from 'playwright';
import { journeyArgs } from '../.ci/browser.mjs';
import { ensureBrowser } from '../.ci/ensure-browser.mjs';
import { App } from './app';
import { FILES, asUpload } from './data';

export interface Killable {
  app: App;
  page: Page;
  /** Ends the browser and all its processes at once, as a crash or the system would. */
  kill: () => Promise<void>;
}

/** Starts a browser on a profile folder, with a page on the app. */
export async function openKillable(profile: string, url: string): Promise<Killable> {
  const portFile = join(profile, 'DevToolsActivePort');
  rmSync(portFile, { force: true });
  const child = spawn(
    ensureBrowser(),
    [
      ...journeyArgs,
      '--headless=new',
      '--window-size=1280,900',
      '--no-default-browser-check',
      '--hide-crash-restore-bubble',
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
      'about:blank',
    ],
    { stdio: 'ignore', detached: true },
  );
  const gone = [
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    }),
  ];
  const kill = async () => {
    // The whole group: no process is left that could write something to the end.
    process.kill(-child.pid!, 'SIGKILL');
    await Promise.all(gone);
  };
  try {
    const deadline = Date.now() + 30_000;
    let port = '';
    while (!port) {
      if (Date.now() > deadline) throw new Error('the browser did not start within 30 s');
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      if (existsSync(portFile)) port = readFileSync(portFile, 'utf8').split('\n')[0].trim();
    }
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const context = browser.contexts()[0];
    // Playwright has heard of it too, and asks a dead browser nothing.
    gone.push(
      new Promise<void>((resolve) => {
        context.once('close', () => resolve());
      }),
    );
    const page = await context.newPage();
    // It would fetch and hash the whole app in every new profile; offline.spec.ts has that.
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
    return { app: new App(page, url), page, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** What a run ended with: tables as shown, what the page says of its data, adapters as bytes. */
export interface Ending {
  data: string[];
  losses: string[][];
  final: string[][];
  adapters: Record<string, string>;
}

export async function endingOf(app: App, folder: string): Promise<Ending> {
  const adapters: Record<string, string> = {};
  for (const id of ['lora', 'ts-lora']) {
    const path = join(folder, `${id}.zip`);
    await app.exportRun(id, path);
    const files = unzipSync(readFileSync(path));
    for (const [name, bytes] of Object.entries(files))
      adapters[`${id}/${name}`] = Buffer.from(bytes).toString('base64');
  }
  const data = [
    await app.get('run-data').textContent(),
    await app.get('data-drop').locator('p').textContent(),
    await app.get('data-summary').textContent(),
  ].map(String);
  return { data, losses: await app.table('loss-table'), final: await app.table('final-table'), adapters };
}

/**
 * Trains both runs on the nano model with `kills` kills at random steps, and then, in the browser that is left, once
 * more straight through, by “Train again” alone: data and settings must be those of the run that was resumed.
 * @param report is told where each kill fell and where the run went on
 */
export async function straightAndKilled(
  url: string,
  steps: number,
  kills: number,
  report: (line: string) => void,
): Promise<{ straight: Ending; killed: Ending; problems: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'sieve-killed-'));
  const profile = join(folder, 'profile');
  const start = async (app: App) => {
    await app.get('data-file').setInputFiles(asUpload(FILES[0]));
    await app.dataReady();
    await app.small(steps);
    await app.set('evalInterval', 11);
    await app.get('train-button').click();
    await app.waitPhase(['training', 'evaluating'], 60_000);
  };
  const finish = async ({ app }: Killable) => {
    await app.waitPhase(['finished'], 300_000);
    return endingOf(app, folder);
  };
  let browser: Killable | null = null;
  try {
    browser = await openKillable(profile, url);
    await browser.app.open();
    await start(browser.app);
    let from = 0;
    for (let k = 1; k <= kills; k++) {
      // Some checkpoint must have been written since the last start, else nothing is gained by going on.
      await browser.page.waitForFunction(
        (n) =>
          document.querySelector('[data-phase="finished"]') !== null ||
          Number(document.querySelector('[data-testid="keep-note"]')?.getAttribute('data-saved') ?? -1) > n,
        from,
        { timeout: 60_000, polling: 20 },
      );
      if ((await browser.app.phase()) === 'finished')
        throw new Error(`the run ended before kill ${k}: ${steps} steps are too few`);
      const now = await browser.app.steps();
      const room = Math.max(0, Math.floor((steps * k) / (kills + 1)) - now);
      await browser.app.waitSteps(now + Math.floor(Math.random() * room));
      // Between two pictures of the page, too; a fast machine could be through by then.
      const late = browser.app.waitSteps(Math.floor((steps * (k + 0.5)) / (kills + 1)));
      await Promise.race([browser.page.waitForTimeout(Math.random() * 300), late]);
      const at = await browser.app.steps();
      if (at >= steps) throw new Error(`the run ended before kill ${k}: ${steps} steps are too few`);
      await browser.kill();
      browser = await openKillable(profile, url);
      await browser.app.open();
      const offer = browser.app.get('resume-run');
      await offer.waitFor({ timeout: 30_000 });
      from = Number(/\d+/.exec((await offer.textContent()) ?? '')?.[0]);
      report(`kill ${k} after step ${at} of ${steps}, went on at step ${from}`);
      await offer.click();
      await browser.app.waitPhase(['training', 'evaluating', 'finished'], 60_000);
    }
    const killed = await finish(browser);
    await browser.app.get('train-button').click();
    await browser.app.begun();
    const straight = await finish(browser);
    report(
      `straight through: ${straight.final
        .map((row) => `${row[0]} ${row[2]}`)
        .slice(1)
        .join(', ')}`,
    );
    return { straight, killed, problems: [...browser.app.problems, ...(await browser.app.errors())] };
  } finally {
    await browser?.kill().catch(() => undefined); // it may be dead already
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
