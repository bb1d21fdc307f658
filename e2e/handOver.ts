/**
 * A session from the page to Python and back: trained for some steps in the browser, paused, saved with the page's own
 * button, finished by `sieve-train`, and opened among the saved sessions; the page itself goes on as well. Both have
 * the same losses, the page shows what Python found, and its adapters have the logits that Python wrote beside them. A
 * terminal trains the page's own session again, from its data, to the same bits. Python is that of SIEVE_PYTHON, else
 * of .out/venv (`.ci/run` makes it).
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright';
import { parseSession, type SessionConfig } from '../src/shared/config';
import { reviews, tinyBert } from '../src/train/testing/tinyBert';
import type { App } from './app';
import { type DataFile, FILES } from './data';
import { visit, type Site } from './server';
import { python, resultsOf, run, trainInTerminal } from './terminal';

const OUT = '.out/accept/hand-over';
/** Most that a loss of Python differs from the page's, as a share. */
const BAR = 1e-4;
/** Of one wait, in ms: other things may run beside it. */
const PATIENCE = 120_000;

const SHARED = { steps: 24, batchSize: 2, maxSequenceLength: 32, warmupSteps: 2, evalInterval: 8, evalExamples: 8 };
const gate = { targetSparsity: 0.4 };
const late = { method: 'ts-lora', gate: { rule: 'late', activeShare: 0.6, gateStart: 0.2 } };
const session = (train: object, modules: string[], runs: object[]): SessionConfig =>
  parseSession({
    train: { ...SHARED, ...train },
    runs: runs.map((own, i) => ({ id: `r${i}`, name: `run ${i}`, rank: 4, modules, ...own })),
  });

interface Case {
  name: string;
  config: SessionConfig;
  data: Pick<DataFile, 'name' | 'mimeType' | 'text'>;
  /** Folder of the base, which a person chooses; null: it comes with Sieve. */
  folder: string | null;
}

const NANO = 'sieve-stories-nano';

const CASES: Case[] = [
  {
    name: 'labels',
    // A step is over in some ms: it is paused with most of them to go.
    config: session(
      { learningRate: 0.01, steps: 240, evalInterval: 60 },
      ['query', 'attention.output.dense'],
      [{ method: 'lora' }, { method: 'ts-lora', gate }, late],
    ),
    data: { name: 'reviews.csv', mimeType: 'text/csv', text: reviews(200) },
    folder: join(OUT, 'tiny-bert'),
  },
  {
    name: 'texts',
    config: session(
      {},
      ['q_proj', 'down_proj'],
      [
        { method: 'lora' },
        { method: 'ts-lora', gate },
        { method: 'ts-lora', gate: { ...gate, rule: 'soft' } },
        { method: 'ts-dora', gate },
      ],
    ),
    data: FILES[0],
    folder: null,
  },
];

/** Largest difference of two sessions' losses from step `from` on, as a share. */
function apart(page: ReturnType<typeof resultsOf>, python: ReturnType<typeof resultsOf>, from: number): number {
  const pairs = page.losses.flatMap(({ runId, step, loss, evals }) => {
    const other = python.losses.find((o) => o.runId === runId);
    if (runId === 'base' || !other) return [];
    if (other.step.join() !== step.join()) throw new Error(`${runId}: Python has other steps`);
    const later = evals.filter(([at]) => at > from);
    const theirs = new Map(other.evals.map(([at, value]) => [at, value]));
    return [
      ...step.flatMap((at, i) => (at > from ? [[loss[i], other.loss[i]]] : [])),
      ...later.map(([at, value]) => [value, theirs.get(at) ?? NaN]),
    ];
  });
  if (pairs.length === 0) throw new Error('no losses to compare');
  const shares = pairs.map(([a, b]) => Math.abs(a - b) / a);
  return shares.every(Number.isFinite) ? Math.max(...shares) : NaN;
}

/** History with Python's session open, as a person sees it. */
async function pictures(app: App, name: string): Promise<void> {
  const { page } = app;
  for (const [size, viewport] of Object.entries({
    desktop: { width: 1280, height: 800 },
    phone: { width: 390, height: 844 },
  }))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await app.get('saved-session').first().scrollIntoViewIfNeeded();
      await page.screenshot({ path: join(OUT, `${name}-${size}-${colorScheme}.png`) });
    }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** What the page shows of the session that it has opened. @throws where a part is not there */
async function looked(app: App, steps: number): Promise<void> {
  const { page } = app;
  await page.waitForFunction(
    (wanted) => document.querySelector('[data-testid="step-count"]')?.textContent === wanted,
    `${steps} / ${steps}`,
  );
  await page.locator('#inspect').scrollIntoViewIfNeeded();
  await page.locator(`[data-testid="heatmap"][data-step="${steps}"]`).waitFor();
  for (const chart of ['loss', 'shares', 'module']) {
    const place = page.locator(`#train [data-chart="${chart}"]`).first();
    await place.scrollIntoViewIfNeeded();
    await place.locator('canvas').first().waitFor();
  }
  const tokens = app.get('token-view');
  await tokens.scrollIntoViewIfNeeded();
  if ((await tokens.locator('.token').count()) < 5) throw new Error('the token map has fewer than five tokens');
}

/** Opens data and model as a person does. */
async function opened(app: App, { data, folder }: Case): Promise<void> {
  await app.open(NANO);
  await app.loadFile(data);
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  for (const [path, blob] of tinyBert()) writeFileSync(join(folder, path), Buffer.from(await blob.arrayBuffer()));
  await app.get('model-folder').setInputFiles(folder);
  await app.modelReady();
}

/**
 * @throws where a terminal's losses or adapters have other bits than the page's. @param own the session as the page
 * exported it
 */
async function sameInTerminal(own: string, { name, data, folder }: Case): Promise<void> {
  const file = join(OUT, name, data.name);
  writeFileSync(file, data.text);
  const out = join(OUT, name, 'terminal');
  const [page, terminal] = [own, await trainInTerminal(own, file, out, folder ?? undefined)].map(resultsOf);
  if (!isDeepStrictEqual(page, terminal)) throw new Error('the terminal has other losses or other adapters');
}

async function there(one: Case, site: Site, browser: Browser): Promise<string> {
  const { name, config, folder: chosen } = one;
  const folder = join(OUT, name);
  mkdirSync(folder, { recursive: true });
  const { app, page, close } = await visit(browser, site);
  page.setDefaultTimeout(PATIENCE);
  try {
    const base = chosen ?? join('public/models', NANO);
    await opened(app, one);
    await app.importSettings(config);
    await app.get('train-button').click();
    await app.waitSteps(4);
    await app.get('pause-button').click();
    await app.waitPhase(['paused'], 60_000);
    const begun = await app.steps();
    const handed = join(folder, 'handed.zip');
    await app.get('export-r0').click();
    await (await app.download(() => app.get('export-hand-over').click())).saveAs(handed);
    await app.get('export-close').click();
    const trained = run(
      python(),
      [
        '-m',
        'sieve_train',
        resolve(handed),
        '--base',
        resolve(base),
        '--out',
        resolve(folder, 'python'),
        '--fresh',
        '--cpu',
      ],
      { PYTHONPATH: 'python' },
    );
    await app.get('resume-button').click();
    await app.waitPhase(['finished'], 300_000);
    const own = join(folder, 'page.zip');
    await app.goTo('history');
    await (await app.download(() => app.press('saved-export'))).saveAs(own);
    await sameInTerminal(own, one);
    await trained;
    const back = readdirSync(join(folder, 'python')).find((file) => file.startsWith('sieve-session-'))!;
    const made = join(folder, 'python', back);
    const share = apart(resultsOf(own), resultsOf(made), begun);
    if (!(share <= BAR)) throw new Error(`losses differ by ${share.toExponential(1)}`);

    // As on another day: nothing of the session is left but its saved one.
    await app.get('saved-delete').click();
    await app.get('saved-delete-yes').click();
    await page.waitForFunction(() => document.querySelectorAll('[data-testid="saved-session"]').length === 0);
    await app.get('history-import').setInputFiles(made);
    // Each adapter is held against the logits that Python wrote beside it when the session is opened.
    await app.press('saved-open');
    await page.locator('[data-testid="saved-session"]', { hasText: 'shown above' }).waitFor();
    await pictures(app, name);
    const errors = await app.errors();
    if (errors.length > 0) throw new Error(errors.join('; '));
    await looked(app, config.train.steps);
    return `${name}: the terminal's bits; ${begun} of ${config.train.steps} steps on the page, losses of Python within ${share.toExponential(1)}`;
  } finally {
    await close();
  }
}

export async function handOver(
  site: Site,
  browser: Browser,
  only?: readonly string[],
): Promise<{ ok: boolean; line: string }> {
  rmSync(OUT, { recursive: true, force: true });
  const lines: string[] = [];
  for (const one of CASES.filter(({ name }) => !only || only.includes(name)))
    lines.push(await there(one, site, browser));
  return { ok: true, line: lines.join('; ') };
}
