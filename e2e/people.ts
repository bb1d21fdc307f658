/**
 * Four people and their ends, each by mouse, by keyboard, and by finger on a phone: a student with two minutes, a
 * researcher with five seeds, a teacher with a projector at 150 %, a web developer with labelled tickets.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { App } from './app';
import { FILES } from './data';
import { Finger, Keyboard, Mouse, type Pointer } from './pointer';
import { tooWide } from './probes';
import { watchShifts, worstShift } from './shifts';
import { TICKETS } from './tickets';

interface Way {
  name: 'mouse' | 'keyboard' | 'phone';
  pointer: new (page: Page) => Pointer;
  browser: BrowserContextOptions;
}

export const WAYS: Way[] = [
  { name: 'mouse', pointer: Mouse, browser: { viewport: { width: 1280, height: 720 } } },
  { name: 'keyboard', pointer: Keyboard, browser: { viewport: { width: 1280, height: 720 } } },
  {
    name: 'phone',
    pointer: Finger,
    browser: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  },
];

/** A visit: the page, who works it, and how often they did. */
interface Visit {
  app: App;
  page: Page;
  pointer: Pointer;
  way: Way['name'];
  /** Presses, choices and files so far. */
  acts: () => number;
  /** Where what is downloaded and uploaded lies. */
  folder: string;
}

/** What is wrong where `holds` is false. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Longest a run or an answer may take, in ms. */
const PATIENCE = 300_000;
/** What the student has, in ms. */
const TWO_MINUTES = 120_000;
/** 1280 × 720 enlarged to 150 %. */
const PROJECTOR = { width: 853, height: 480 };

const number = async (app: App, testId: string) =>
  Number(/[\d.]+/.exec((await app.get(testId).textContent()) ?? '')?.[0] ?? NaN);

/**
 * Sees a recorded run without doing anything, starts one's own, sees tokens skipped, asks what one sees, and why of one
 * token.
 */
async function student({ app, page, pointer, acts }: Visit): Promise<string> {
  const start = Date.now();
  await page.goto(`${app.base}${app.device ? `?device=${app.device}` : ''}`);
  await app.get('recorded-run').waitFor();
  const moving = Date.now() - start;
  await app.modelReady(PATIENCE);
  await app.dataReady(PATIENCE);
  await pointer.press(app.get('train-button'), 'T');
  await app.waitPhase(['training', 'evaluating', 'finished'], PATIENCE);
  const began = acts();
  await page.waitForFunction(
    () => Number.parseFloat(document.querySelector('[data-testid="tile-skipped"] dd')?.textContent ?? '0') > 0,
    undefined,
    { timeout: PATIENCE, polling: 200 },
  );
  await app.get('token-view').locator('[data-token="1"]').waitFor();
  await pointer.press(app.get('token-view').locator('[data-token]').first());
  await pointer.press(app.get('explain-skipmap'));
  await page.locator('[data-chart="skipmap"] .explain').waitFor();
  const seconds = (Date.now() - start) / 1000;
  must(seconds * 1000 < TWO_MINUTES, `it took ${seconds.toFixed(0)} s, more than two minutes`);
  return `a moving picture after ${(moving / 1000).toFixed(1)} s and 0 acts, an own run after ${began}, its first skips explained after ${seconds.toFixed(0)} s`;
}

/** Trains, repeats it with five seeds, reads the verdict, and takes the table into a paper. */
async function researcher({ app, page, pointer, folder }: Visit): Promise<string> {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(8);
  await pointer.press(app.get('train-button'), 'T');
  await app.waitPhase(['finished'], PATIENCE);
  await pointer.press(app.get('repeat'));
  await page.getByTestId('experiment').waitFor({ state: 'attached', timeout: PATIENCE });
  await app.experimentDone(5, PATIENCE);
  const said = (await app.get('verdicts').textContent()) ?? '';
  must(/n = 5/.test(said), `the verdict speaks of no five seeds: ${said}`);
  const download = await app.download(() => pointer.press(page.locator('#experiment [data-testid$="-tex"]').first()));
  const path = join(folder, 'result.tex');
  await download.saveAs(path);
  must(readFileSync(path, 'utf8').includes('\\begin{tabular}'), 'the file holds no LaTeX table');
  return `${said.split('.').slice(0, 2).join('.').trim()}; the table as LaTeX`;
}

/** Shows a run to a class: loss and map together, large, while it trains; back to its beginning; one token. */
async function teacher({ app, page, pointer, way }: Visit): Promise<string> {
  if (way !== 'phone') await page.setViewportSize(PROJECTOR);
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(40);
  await pointer.press(app.get('presenter'));
  await pointer.press(app.get('train-button'), 'T');
  await app.begun(PATIENCE);
  await app.waitPhase(['finished'], PATIENCE);
  const seen = await page.evaluate(() => {
    scrollTo(0, 0);
    return ['[data-chart="loss"] canvas', '[data-testid="heatmap"] canvas'].map((of) => {
      const { top, bottom } = document.querySelector(of)!.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
  });
  must(way === 'phone' || seen.every(Boolean), 'loss and map are not in one window');
  await pointer.toStart(app.get('scrub'), '<');
  must((await app.get('heatmap').getAttribute('data-step')) === '1', 'the map does not go back to the first step');
  await pointer.press(app.get('token-view').locator('[data-token]').first());
  await pointer.press(app.get('presenter'));
  must(!(await page.locator('html').getAttribute('class'))?.includes('presenting'), 'presenter mode does not end');
  return way === 'phone' ? 'by presenter mode on a phone' : 'loss and map in one window at 150 %, back to step 1';
}

/**
 * Gives labelled tickets, trains, reads how often each run is right, goes to the mistakes, and takes them and the
 * adapter along.
 */
async function developer({ app, page, pointer, acts, folder, way }: Visit): Promise<string> {
  const path = join(folder, 'tickets.csv');
  writeFileSync(path, ['text,label', ...TICKETS].join('\n'));
  await app.open();
  // On a phone the cards are a place of their own.
  if (way === 'phone') await pointer.press(page.locator('.tabbar a').first());
  const open = app.get('rail-open-file');
  await pointer.give(open, path);
  await page.locator('[data-testid="rail-data"]', { hasText: 'tickets.csv' }).waitFor({ state: 'attached' });
  await app.dataReady(PATIENCE);
  await pointer.press(app.get('train-button'), 'T');
  await app.begun(PATIENCE);
  await app.waitSteps(1, PATIENCE);
  const live = acts();
  must(live <= 3, `${live} acts to a live run on one's own data`);
  await app.waitPhase(['finished'], PATIENCE);
  await page.locator('[data-testid="tile-accuracy"]', { hasText: '%' }).waitFor({ state: 'attached' });
  const accuracy = await number(app, 'tile-accuracy');
  must(accuracy >= 0 && accuracy <= 100, 'there is no accuracy');
  const compare = page.locator('#compare');
  await pointer.press(compare.getByTestId('confusion-lora'));
  await compare.getByTestId('examples').waitFor();
  // A cell may hold none.
  const save = compare.getByTestId('save-examples');
  if (await save.isEnabled()) {
    const examples = await app.download(() => pointer.press(save));
    await examples.saveAs(join(folder, 'examples.csv'));
  }
  await pointer.press(app.get('export-lora'));
  const adapter = await app.download(() => pointer.press(app.get('export-save')));
  await adapter.saveAs(join(folder, 'lora.zip'));
  must(readFileSync(join(folder, 'lora.zip')).length > 1000, 'the adapter is empty');
  return `live after ${live} acts, accuracy ${accuracy} %, adapter saved`;
}

export const PEOPLE = { student, researcher, teacher, developer };

/** One person by one way, on a page of their own. @returns what came of it @throws {Error} what stops them */
export async function oneVisit(
  browser: Browser,
  url: string,
  { person, way, gpu, folder }: { person: keyof typeof PEOPLE; way: Way; gpu: boolean; folder: string },
): Promise<{ line: string; shift: Awaited<ReturnType<typeof worstShift>> }> {
  const context = await browser.newContext({ serviceWorkers: 'block', acceptDownloads: true, ...way.browser });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(watchShifts);
  try {
    const page = await context.newPage();
    const app = new App(page, url, gpu ? 'gpu' : null);
    let acts = 0;
    const pointer = new Proxy(new way.pointer(page), {
      get: (of, name, self) => {
        const value: unknown = Reflect.get(of, name, self);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          acts++;
          return (value as (...a: unknown[]) => unknown).apply(of, args);
        };
      },
    });
    const line = await PEOPLE[person]({ app, page, pointer, way: way.name, acts: () => acts, folder });
    must(app.problems.length === 0, app.problems.join(', '));
    const wide = await tooWide(page);
    must(wide.length === 0, wide.join(', '));
    return { line, shift: await worstShift(page) };
  } finally {
    await context.close();
  }
}
