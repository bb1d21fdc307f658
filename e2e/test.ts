/** Playwright's `test` with the app at hand. After every test the page must have had nothing to complain about. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type FullProject,
  test as base,
  expect,
} from '@playwright/test';
import { App } from './app';
import { FILES } from './data';

const quiet = (app: App) => expect(app.problems, 'console errors, CSP violations or foreign requests').toEqual([]);

/** A browser profile of its own, with the project's settings. */
export async function newProfile(
  browser: Browser,
  { use }: FullProject,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const { baseURL, viewport, colorScheme, actionTimeout } = use;
  const context = await browser.newContext({ baseURL, viewport, colorScheme, serviceWorkers: 'block', ...options });
  context.setDefaultTimeout(actionTimeout ?? 30_000);
  return context;
}

/** A page of its own with the nano model, for as long as it is used. @param device that the address asks for */
async function withNano(
  browser: Browser,
  project: FullProject,
  act: (app: App) => Promise<void>,
  device: 'cpu' | null = null,
): Promise<void> {
  const context = await newProfile(browser, project);
  const app = new App(await context.newPage(), project.use.baseURL!, device);
  await app.open();
  await act(app);
  await context.close();
}

interface Shared {
  /**
   * One page for all tests of a worker that only look at a trained pair: the nano model, FILES[0], twelve steps of LoRA
   * and TS-LoRA, a prompt answered. Opening and compiling are most of a short test on a software adapter. A test begins
   * in Train with its last step selected, and leaves settings, data, runs and the window as it found them.
   */
  trained: App;
  /**
   * One page with the nano model, opened to compute on the CPU, for all tests of a worker that give it data, or ask it
   * something that leaves no trace.
   */
  opened: App;
}

export const test = base.extend<{ app: App; studio: App; desk: App }, Shared>({
  app: async ({ page, baseURL }, provide) => {
    const app = new App(page, baseURL!);
    await provide(app);
    quiet(app);
  },
  opened: [
    ({ browser }, provide, { project }) => withNano(browser, project, provide, 'cpu'),
    { scope: 'worker', timeout: 180_000 },
  ],
  desk: async ({ opened }, provide) => {
    await provide(opened);
    quiet(opened);
    await opened.putAwayNotices();
  },
  trained: [
    ({ browser }, provide, { project }) =>
      withNano(browser, project, async (app) => {
        await app.loadFile(FILES[0]);
        await app.small(12);
        await app.train();
        await app.compare('Once upon a time');
        await provide(app);
      }),
    { scope: 'worker', timeout: 180_000 },
  ],
  studio: async ({ trained }, provide) => {
    // Wherever the test before it was, and whatever it had selected: files share a page as their workers are free.
    await trained.goTo('compare');
    await trained.goTo('train?step=12');
    await provide(trained);
    quiet(trained);
  },
});

export { expect };
