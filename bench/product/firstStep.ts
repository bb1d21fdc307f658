/**
 * Page open → first training step in the built app, as a first visitor has it: a fresh profile, a sample set and Train
 * pressed as soon as they can be. And tokens a second of the run that follows, as the page shows them.
 */
import type { Browser, Page } from 'playwright';
import { App, type ModelId } from '../../e2e/app';
import type { Site } from '../../e2e/server';
import { type Bar, type BenchOptions, type BenchRecord, type RowResult, record } from '../record';

const MODELS: Record<string, { id: ModelId; bar: Bar }> = {
  nano: { id: 'sieve-stories-nano', bar: ['<=', 6] },
  '4m': { id: 'sieve-stories-4m', bar: ['<=', 8] },
};
const PATIENCE = 180_000;
const STEPS = 20;

/** When what was first seen on the page. */
type Times = Record<string, number>;

/**
 * Watches the page from inside, so that nothing waits for Node; presses what can be pressed. Milliseconds since
 * navigation.
 */
function watch(): void {
  const times: Times = {};
  Object.assign(globalThis, { firstStepTimes: times });
  const get = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  const note = (name: string, seen: unknown) => {
    if (seen) times[name] ??= performance.now();
  };
  const look = () => {
    note('shell', get('train-button'));
    const sample = document.querySelector<HTMLButtonElement>('button[data-testid^="sample-"]');
    if (sample && !sample.disabled && !times['sample pressed']) {
      note('sample pressed', true);
      sample.click();
    }
    note('data ready', get('data-report')?.getAttribute('aria-busy') === 'false');
    // What the page itself says it does meanwhile.
    const doing = get('model-status')?.querySelector('strong')?.textContent;
    note(`“${doing}”`, doing);
    note('model ready', get('model-status')?.dataset.status === 'ready');
    const train = get('train-button') as HTMLButtonElement | null;
    if (train && !train.disabled && times['data ready'] && !times['train pressed']) {
      note('train pressed', true);
      train.click();
    }
    const phase = get('phase')?.dataset.phase;
    note(`phase ${phase}`, phase && times['train pressed']);
    note('first step', Number(/\d+/.exec(get('step-count')?.textContent ?? '')?.[0] ?? 0) >= 1);
    if (!times['first step']) setTimeout(look, 5);
  };
  look();
}

export async function firstStep(browser: Browser, site: Site, options: BenchOptions): Promise<RowResult> {
  const records: BenchRecord[] = [];
  for (const [name, { id, bar }] of Object.entries(MODELS)) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const app = new App(page, site.url);
    await page.addInitScript(watch);
    await page.goto(`${site.url}?model=${id}&device=${options.device}`);
    const times = await timesOf(page, app);
    const seconds = times['first step'] / 1000;
    const inOrder = Object.entries(times).sort(([, a], [, b]) => a - b);
    const split = inOrder.map(([event, ms]) => `${event} ${(ms / 1000).toFixed(2)}`).join(', ');
    records.push(
      record(`page open → first step, ${name}`, seconds, 's', {
        bar: options.device === 'cpu' ? bar : null,
        detail: `s since navigation: ${split}`,
        readings: Object.fromEntries(inOrder.map(([event, ms]) => [event, [ms]])),
      }),
    );
    await app.waitSteps(STEPS, PATIENCE);
    const shown =
      (await app.get('tile-speed').locator('dd').filter({ hasText: /\d/ }).textContent({ timeout: PATIENCE })) ?? '';
    records.push(
      record(`tokens/s in the product, training, ${name}`, Number(shown.replaceAll(/[^\d.]/g, '')), 'tokens/s', {
        bar: null,
        detail: `LoRA and TS-LoRA together, after ${STEPS} steps, as the page shows`,
      }),
    );
    await context.close();
  }
  return { gpu: null, adapter: `the built app on the ${options.device.toUpperCase()}`, records };
}

async function timesOf(page: Page, app: App): Promise<Times> {
  await page.waitForFunction(
    () =>
      (globalThis as unknown as { firstStepTimes: Times }).firstStepTimes['first step'] !== undefined ||
      document.querySelector('[data-testid="error-alert"]') !== null,
    undefined,
    { timeout: PATIENCE, polling: 100 },
  );
  const errors = await app.errors();
  if (errors.length) throw new Error(errors.join(' | '));
  return page.evaluate(() => (globalThis as unknown as { firstStepTimes: Times }).firstStepTimes);
}
