/** Drives the page as a person would, for the journeys, the demo and the acceptance run. Knows the page's test ids. */
import type { Download, Locator, Page } from '@playwright/test';
import type { SessionConfig } from '../src/shared/config';
import { type SettingKey, settingsOf } from '../src/shared/settings';
import { labelOf } from '../src/shared/texts/settingWords';
import { settingsFile } from '../src/store/configure/share';
import { PLACES, type Place, TABS, type Tabbed, addressOf } from '../src/store/route';
import { type DataFile, asUpload } from './data';
import { cellsOf } from './probes';
import { reachByItself } from './reach';

/** Every place of the page, and every part of one, as `App.goTo` takes them. */
export const EVERY_PART: string[] = (Object.keys(PLACES) as Place[]).flatMap((place) =>
  (place in TABS ? TABS[place as Tabbed].map((tab) => addressOf(place as Tabbed, tab)) : [PLACES[place]]).map((path) =>
    path.slice(1),
  ),
);

export type ModelId = 'sieve-stories-nano' | 'sieve-stories-4m';

/**
 * How often the page is asked, in ms: at every picture, which is Playwright's way, it would draw them for nothing else.
 */
const OFTEN = 20;

/** A setting that all runs share: of training, or the adapter's rank. */
export type SharedSetting = SettingKey<'train'> | 'rank';

export class App {
  readonly page: Page;
  /** Address of the app, with its sub-path. */
  readonly base: string;
  /** What is asked to compute; null leaves it to the page. */
  readonly device: 'gpu' | 'cpu' | null;
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(page: Page, base: string, device: 'gpu' | 'cpu' | null = null) {
    this.page = page;
    this.device = device;
    this.base = base;
    reachByItself(page);
    const { origin } = new URL(base);
    page.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.#problems.push(`uncaught: ${error.message}`));
    page.context().on('request', (request) => {
      const url = new URL(request.url());
      if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== origin)
        this.#problems.push(`request to ${url.origin}${url.pathname}`);
    });
  }

  /** Puts away what the page has said, folded up or not: whoever uses it next looks for what is said to them. */
  async putAwayNotices(): Promise<void> {
    await this.page.evaluate(() =>
      document.querySelectorAll<HTMLElement>('.notice > button.quiet').forEach((button) => button.click()),
    );
  }

  /** What should not have happened: console errors, uncaught exceptions, CSP violations, requests to other origins. */
  get problems(): string[] {
    return this.#problems.filter((p) => !this.#expected.some((e) => e.test(p)));
  }

  /** A problem that the test causes on purpose. */
  expectProblem(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Opens the page and waits until the model is ready; null opens what the page opens by itself (the 4m model). */
  async open(model: ModelId | null = 'sieve-stories-nano'): Promise<void> {
    await this.#go(model);
    if (model) await this.modelReady();
  }

  /** Presses a control from the keyboard. */
  async press(testId: string, key = 'Enter'): Promise<void> {
    await this.get(testId).focus();
    await this.page.keyboard.press(key);
  }

  /** Opens the page with the nano model and does not wait for it. */
  async openSoon(): Promise<void> {
    await this.#go('sieve-stories-nano');
  }

  /** The same where weights never come: for what needs no model, which is most of a short visit's work. */
  async openWithoutModel(): Promise<void> {
    await this.page.route(/\.(onnx|safetensors)$/, () => undefined);
    await this.openSoon();
  }

  async #go(model: ModelId | null): Promise<void> {
    const asked = [...(model ? [`model=${model}`] : []), ...(this.device ? [`device=${this.device}`] : [])];
    await this.page.goto(`${this.base}${asked.length ? '?' : ''}${asked.join('&')}`);
  }

  /** Goes to a place by its address: `train`, `compare`, `setup/data/rows`, `train?step=12`. */
  async goTo(place: string): Promise<void> {
    await this.page.evaluate((path) => {
      location.hash = `#/${path}`;
    }, place);
    await this.page.locator(`[data-route="/${place.split('?')[0]}"]:not([hidden])`).waitFor();
  }

  get(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Goes to where something is, and waits until it can be seen. */
  async see(testId: string): Promise<void> {
    await this.get(testId).first().waitFor();
  }

  // ---- model -----------------------------------------------------------------------------------------

  async modelReady(timeout = 120_000): Promise<void> {
    await this.page.waitForFunction(
      () =>
        ['ready', 'failed'].includes(
          document.querySelector('[data-testid="model-status"]')?.getAttribute('data-status') ?? '',
        ),
      undefined,
      { timeout, polling: OFTEN },
    );
    const status = await this.get('model-status').getAttribute('data-status');
    if (status !== 'ready') throw new Error(`the model did not open: ${(await this.errors()).join(' | ')}`);
  }

  async chooseModel(id: ModelId): Promise<void> {
    await this.page.locator('#model .choice', { hasText: id }).click();
    await this.page.waitForFunction(
      (name) => document.querySelector('[data-testid="model-status"]')?.textContent?.includes(name),
      id,
      { timeout: 60_000, polling: OFTEN },
    );
    await this.modelReady();
  }

  /** @param file the form to choose from the list; the page chooses when absent */
  async openFromHub(id: string, file?: string): Promise<void> {
    await this.get('hub-id').fill(id);
    if (file) {
      await this.get('hub-list').click();
      await this.page.locator('#model').getByLabel('File', { exact: true }).selectOption(file, { timeout: 180_000 });
    }
    await this.get('hub-open').click();
  }

  // ---- data ------------------------------------------------------------------------------------------

  /** Uploads a file and waits until its tokens are counted. */
  async loadFile(file: Pick<DataFile, 'name' | 'mimeType' | 'text'> | string): Promise<void> {
    await this.get('data-file').setInputFiles(typeof file === 'string' ? file : asUpload(file));
    await this.dataReady();
  }

  async loadSample(id: string): Promise<void> {
    await this.get(`sample-${id}`).click();
    await this.dataReady();
  }

  async dataReady(timeout = 60_000): Promise<void> {
    const ready = this.page.locator('[data-testid="data-report"][aria-busy="false"]');
    const failed = this.page.locator('#data').getByTestId('error-alert');
    await ready.or(failed).first().waitFor({ timeout, state: 'attached' });
    if (await failed.count()) throw new Error(`the data did not load: ${(await this.errors()).join(' | ')}`);
  }

  /** Ids of the sample sets, in the page's order. */
  async samples(): Promise<string[]> {
    await this.page.locator('#data [data-testid^="sample-"]').first().waitFor({ state: 'attached' });
    return this.page
      .locator('#data [data-testid^="sample-"]')
      .evaluateAll((all) => all.map((e) => e.getAttribute('data-testid')!.slice('sample-'.length)));
  }

  // ---- configuration ---------------------------------------------------------------------------------

  /** The field of a setting that all runs share. */
  setting(key: SharedSetting): Locator {
    const label = labelOf([...settingsOf('train'), ...settingsOf('run')].find((s) => s.key === key)!);
    return this.page
      .locator('#configure')
      .getByLabel(new RegExp(`^${label.replaceAll(/[()]/g, '\\$&')}( changed|$)`))
      .first();
  }

  /** Types a number into a setting that all runs share. */
  async set(key: SharedSetting, value: number): Promise<void> {
    await this.setting(key).fill(String(value));
  }

  /** Takes settings as from a file, and waits until the data is ready for them. */
  async importSettings(config: SessionConfig): Promise<void> {
    const buffer = Buffer.from(settingsFile(config));
    await this.get('config-file').setInputFiles({ name: 'settings.json', mimeType: 'application/json', buffer });
    const field = (await this.setting('steps').elementHandle())!;
    await this.page.waitForFunction(([input, steps]) => (input as HTMLInputElement).value === steps, [
      field,
      String(config.train.steps),
    ] as const);
    await this.dataReady();
  }

  /** Settings for a run that only has to happen: few steps, short sequences, few evaluation examples, short answers. */
  async small(steps: number): Promise<void> {
    await this.set('steps', steps);
    await this.set('evalInterval', Math.max(1, Math.ceil(steps / 2)));
    await this.set('batchSize', 2);
    await this.set('maxSequenceLength', 32);
    await this.set('evalExamples', 4);
    await this.answerLength(16);
    await this.dataReady();
  }

  // ---- training --------------------------------------------------------------------------------------

  async phase(): Promise<string> {
    return (await this.get('phase').getAttribute('data-phase')) ?? '';
  }

  async waitPhase(phases: string[], timeout: number): Promise<string> {
    await this.page.waitForFunction(
      (wanted) => wanted.includes(document.querySelector('[data-testid="phase"]')?.getAttribute('data-phase') ?? ''),
      [...phases, 'failed'],
      { timeout, polling: 200 },
    );
    const phase = await this.phase();
    if (!phases.includes(phase)) throw new Error(`the run is ${phase}: ${(await this.errors()).join(' | ')}`);
    return phase;
  }

  /** Optimizer steps done, as the page shows them. */
  async steps(): Promise<number> {
    return Number(/\d+/.exec((await this.get('step-count').textContent()) ?? '')?.[0] ?? 0);
  }

  async waitSteps(atLeast: number, timeout = 120_000): Promise<void> {
    await this.page.waitForFunction(
      (n) => Number(/\d+/.exec(document.querySelector('[data-testid="step-count"]')?.textContent ?? '')?.[0] ?? 0) >= n,
      atLeast,
      { timeout, polling: OFTEN },
    );
  }

  /** Waits until the run that was asked for is under way: until then the page shows how the last one ended. */
  async begun(timeout = 60_000): Promise<void> {
    await this.page.waitForFunction(
      () =>
        ['compiling', 'training', 'evaluating'].includes(
          document.querySelector('[data-testid="phase"]')?.getAttribute('data-phase') ?? '',
        ),
      undefined,
      { timeout, polling: 'raf' },
    );
  }

  async train(timeout = 120_000): Promise<void> {
    // A short run on a small model can be over before anybody looks: what counts is that the phase changed.
    const changed = this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const phase = document.querySelector('[data-testid="phase"]')!;
          new MutationObserver((_, observer) => {
            observer.disconnect();
            resolve();
          }).observe(phase, { attributes: true, attributeFilter: ['data-phase'] });
        }),
    );
    await this.get('train-button').click();
    await changed;
    await this.waitPhase(['finished'], timeout);
  }

  // ---- experiments -----------------------------------------------------------------------------------

  /** Starts an experiment of a kind over so many seeds. */
  async startExperiment(kind: 'compare' | 'importance', seeds: number): Promise<void> {
    await this.get(`experiment-${kind}`).click();
    await this.page
      .locator('#experiment')
      .getByLabel(/^Seeds/)
      .fill(String(seeds));
    await this.get('experiment-start').click();
    await this.get('experiment').waitFor({ state: 'attached' });
  }

  /** Waits until so many sessions of the experiment shown are done. */
  async experimentDone(sessions: number, timeout = 150_000): Promise<void> {
    await this.page.waitForFunction(
      (n) =>
        Number(document.querySelector('[data-testid="experiment-progress"]')?.getAttribute('data-done') ?? -1) >= n ||
        ['failed'].includes(document.querySelector('[data-testid="experiment"]')?.getAttribute('data-state') ?? ''),
      sessions,
      { timeout, polling: 200 },
    );
    const state = await this.get('experiment').getAttribute('data-state');
    if (state === 'failed') throw new Error(`the experiment failed: ${(await this.errors()).join(' | ')}`);
  }

  /**
   * Loads the page again the moment the first session of the experiment is done, and hands back the row that it had
   * got: asked from outside, a fast machine would be through with all sessions first.
   */
  async reloadAfterFirstSession(): Promise<string[]> {
    const kept = 'row before the reload';
    const loaded = this.page.waitForEvent('load', { timeout: 150_000 });
    await this.page.evaluate((key) => {
      new MutationObserver((_, observer) => {
        const done = Number(
          document.querySelector('[data-testid="experiment-progress"]')?.getAttribute('data-done') ?? 0,
        );
        const row = document.querySelector<HTMLTableElement>('[data-testid="seed-table"]')?.rows[1];
        if (done < 1 || !row) return;
        observer.disconnect();
        sessionStorage.setItem(
          key,
          JSON.stringify([...row.cells].map((cell) => (cell.textContent ?? '').replace(/\s+/g, ' ').trim())),
        );
        location.reload();
      }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-done'] });
    }, kept);
    await loaded;
    return JSON.parse((await this.page.evaluate((key) => sessionStorage.getItem(key), kept))!) as string[];
  }

  // ---- results ---------------------------------------------------------------------------------------

  /** A table as the page shows it: header row first. */
  async table(testId: string): Promise<string[][]> {
    const table = this.get(testId);
    await table.waitFor({ state: 'attached' });
    return cellsOf(table);
  }

  /** Compare's temperature; 0 always takes the likeliest token. */
  async temperature(value: number): Promise<void> {
    await this.page
      .locator('#compare')
      .getByLabel(/^Temperature/)
      .fill(String(value));
  }

  /** Most tokens of an answer. */
  async answerLength(tokens: number): Promise<void> {
    await this.page
      .locator('#compare')
      .getByLabel(/^Max new tokens/)
      .fill(String(tokens));
  }

  /** Asks every model the same; answers by run id, `base` included. */
  async compare(prompt: string, timeout = 120_000): Promise<Record<string, string>> {
    await this.get('compare-prompt').fill(prompt);
    await this.get('compare-run').click();
    return this.answered(timeout);
  }

  /** Waits until all answers are whole. */
  async answered(timeout = 120_000): Promise<Record<string, string>> {
    await this.page.waitForFunction(
      () => {
        const answers = [...document.querySelectorAll('[data-testid^="answer-"]')];
        // Until the next ones begin, those before are shown.
        if (document.querySelector<HTMLButtonElement>('[data-testid="compare-run"]')?.disabled) return false;
        return answers.length > 0 && answers.every((a) => a.getAttribute('data-done') === 'true');
      },
      undefined,
      { timeout, polling: OFTEN },
    );
    return this.answers();
  }

  async answers(): Promise<Record<string, string>> {
    return Object.fromEntries(
      await this.page.locator('[data-testid^="answer-"]').evaluateAll((all) =>
        all.map((e) => {
          // What is marked as left out is another's.
          const own = e.cloneNode(true) as Element;
          own.querySelectorAll('del').forEach((d) => d.remove());
          return [e.getAttribute('data-testid')!.slice('answer-'.length), own.textContent ?? ''];
        }),
      ),
    );
  }

  /** What the page saves on `act`. */
  async download(act: () => Promise<void>): Promise<Download> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), act()]);
    return download;
  }

  /** Downloads a run as files of a kind to `path`: its adapter unless another is asked for. */
  async exportRun(runId: string, path: string, kind = 'peft'): Promise<void> {
    await this.get(`export-${runId}`).click();
    await this.get(`export-kind-${kind}`).check();
    const download = await this.download(() => this.get('export-save').click());
    await download.saveAs(path);
    await this.get('export-close').click();
  }

  /** Texts of all error messages on the page. */
  async errors(): Promise<string[]> {
    return this.get('error-alert').allTextContents();
  }
}
