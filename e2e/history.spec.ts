/** Runs that have ended stay in the browser: found, named, opened, taken away, brought back; one tab writes. */
import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { browserPath, journeyArgs } from '../.ci/browser.mjs';
import { FILES } from './data';
import { App } from './app';
import { resultsOf, trainInTerminal } from './terminal';
import { expect, newProfile, test } from './test';

/** Turns over the last byte of the newest checkpoint, or of every one. */
async function damage(page: Page, which: 'newest' | 'every'): Promise<void> {
  await page.evaluate(async (all) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('checkpoint');
    const slots = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const handle = await folder.getFileHandle(name);
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        return { handle, bytes, sequence: new DataView(bytes.buffer).getFloat64(8, true) };
      }),
    );
    const newest = Math.max(...slots.map((s) => s.sequence));
    for (const { handle, bytes } of slots.filter((s) => all || s.sequence === newest)) {
      const file = await handle.createWritable({ keepExistingData: true });
      await file.write({ type: 'write', position: bytes.length - 1, data: Uint8Array.of(bytes.at(-1)! ^ 1) });
      await file.close();
    }
  }, which === 'every');
}

/** The browser has been here before there was a History: a database without a place for runs. */
async function olderDatabase(page: Page, base: string): Promise<void> {
  const empty = `${base}empty.html`;
  await page.route(empty, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<link rel="icon" href="data:,">' }),
  );
  await page.goto(empty);
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('sieve-records', 1);
        request.onupgradeneeded = () =>
          ['experiments', 'cells', 'data'].forEach((name) => request.result.createObjectStore(name));
        request.onerror = () => reject(request.error!);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
  );
}

/** Site data are blocked: every name of a storage throws, in the page and in its workers, as Chrome's do. */
async function blockSiteData(page: Page): Promise<void> {
  const block = () => {
    const refused = {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    };
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
      Object.defineProperty(globalThis, name, refused);
    for (const name of ['storage', 'locks', 'serviceWorker']) Object.defineProperty(navigator, name, refused);
  };
  await page.addInitScript(block);
  await page.route(/Worker[\w-]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${block})();\n${await response.text()}` });
  });
}

test('with site data blocked the page works, and says that it keeps nothing', async ({ app, page }) => {
  await blockSiteData(page);
  await app.open();
  expect(
    await page.evaluate(() => {
      try {
        return String(localStorage);
      } catch (error) {
        return (error as Error).name;
      }
    }),
  ).toBe('SecurityError');
  await app.see('history-off');
  await app.loadFile(FILES[0]);
  await expect(app.get('train-button')).toBeEnabled();
  await page.locator('.menu-more button', { hasText: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a saved session is named, found, taken away, deleted and brought back from the keyboard', async ({
  studio: app,
}, info) => {
  const { page } = app;
  const row = app.get('saved-session');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(`LoRA, TS-LoRA on ${FILES[0].name}`);
  await app.press('saved-edit');
  await expect(app.get('saved-name')).toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Tom’s hat');
  await page.keyboard.press('Tab');
  await page.keyboard.type('first, seed 1');
  await page.keyboard.press('Enter');
  await expect(row).toContainText('Tom’s hat');
  await expect(app.get('saved-edit')).toBeFocused();

  await app.get('history-search').fill('nobody');
  await expect(app.get('history-empty')).toBeVisible();
  await app.get('history-search').fill('ts-lora SEED');
  await expect(row).toHaveCount(1);
  await expect(app.get('room')).toContainText(/[KM]iB of/);

  const file = info.outputPath('run.zip');
  const download = await app.download(() => app.press('saved-export'));
  await download.saveAs(file);
  // The same run in a terminal, from that file and the data: the same losses, the same adapters, bit by bit.
  const data = info.outputPath(FILES[0].name);
  writeFileSync(data, FILES[0].text);
  const [inPage, inTerminal] = [file, await trainInTerminal(file, data, info.outputPath('terminal'))].map(resultsOf);
  expect(inPage.losses[1].loss).toHaveLength(12);
  expect(inTerminal.losses).toEqual(inPage.losses);
  expect(Object.keys(inPage.adapters)).toContain('ts-lora/adapter_model.safetensors');
  expect(inTerminal.adapters).toEqual(inPage.adapters);
  await app.press('saved-delete');
  await expect(app.get('saved-delete-no')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(app.get('saved-delete')).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(row).toHaveCount(0);
  await expect(app.get('history-search')).toBeFocused();
  await app.get('history-search').fill('');

  const problem = page.locator('#history').getByTestId('error-alert');
  await app
    .get('history-import')
    .setInputFiles({ name: 'x.zip', mimeType: 'application/zip', buffer: Buffer.from('no zip') });
  await expect(problem).toContainText('could not be read as a zip');
  await app.get('history-import').setInputFiles(file);
  await expect(row).toContainText('Tom’s hat');
  await expect(problem).toHaveCount(0);
});

test('a browser where the model does not open opens a run from elsewhere: curves, maps, tokens, numbers', async ({
  studio,
  playwright,
  baseURL,
}, info) => {
  const file = info.outputPath('run.zip');
  await (await studio.download(() => studio.press('saved-export'))).saveAs(file);
  const browser = await playwright.chromium.launch({ executablePath: browserPath(), args: journeyArgs });
  try {
    const app = new App(await (await newProfile(browser, info.project)).newPage(), baseURL!);
    const { page } = app;
    await page.context().route(/\.(onnx|safetensors)$/, (route) => route.fulfill({ status: 404, body: '' }));
    app.expectProblem(/404/);
    await app.openSoon();
    await expect(app.get('model-status')).toHaveAttribute('data-status', 'failed');
    await expect(app.get('error-alert').first()).toContainText('sieve-stories-nano');
    await app.get('history-import').setInputFiles(file);
    await app.press('saved-open');
    await expect(app.get('saved-session')).toContainText('shown above');
    await expect(app.get('step-count')).toHaveText('12 / 12');
    await expect(page.locator('#history').getByTestId('error-alert')).toHaveCount(0);

    await page.locator('#inspect').scrollIntoViewIfNeeded();
    await expect(app.get('heatmap')).toHaveAttribute('data-step', '12');
    for (const [section, chart] of [
      ['#train', 'loss'],
      ['#train', 'shares'],
      ['#train', 'module'],
      ['#compare', 'compare-validation'],
    ]) {
      // A chart is built once its place is laid out.
      const place = page.locator(`${section} [data-chart="${chart}"]`).first();
      await place.scrollIntoViewIfNeeded();
      await expect(place.locator('canvas').first(), chart).toBeVisible();
    }
    await app.get('token-view').scrollIntoViewIfNeeded();
    expect(await app.get('token-view').locator('.token').count()).toBeGreaterThan(5);
    expect(await app.table('metrics')).toEqual(await studio.table('metrics'));
    await expect(app.get('silent-lora')).toContainText('No model is open');
    await expect(app.get('compare-run')).toBeDisabled();
    expect(app.problems).toEqual([]);
  } finally {
    await browser.close();
  }
});

test('a second tab reads only, and takes over when the first closes', async ({ app, page, context, baseURL }) => {
  await olderDatabase(page, baseURL!);
  await app.openWithoutModel();
  await app.see('history-empty');
  const second = new App(await context.newPage(), baseURL!);
  await second.openWithoutModel();
  await second.see('reader-note');
  await expect(second.page.locator('#history button', { hasText: 'Import a session' })).toBeDisabled();
  await page.close();
  await expect(second.get('reader-note')).toHaveCount(0);
  await expect(second.page.locator('#history button', { hasText: 'Import a session' })).toBeEnabled();
  expect(second.problems).toEqual([]);
});

test('a checkpoint that cannot be written or read is said, and training goes on', async ({ app, page }) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(2000);
  await app.set('evalInterval', 2000);
  const note = app.get('keep-note');
  const pause = async () => {
    await app.get('pause-button').click();
    await app.waitPhase(['paused'], 30_000);
  };
  await app.get('train-button').click();
  await expect(note).toHaveAttribute('data-saved', /^[1-9]/);
  // The disk is full when the run pauses, which saves it at once.
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  await pause();
  await expect(note).toContainText('No checkpoint was saved: The browser gives this page no more storage.');
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await app.get('resume-button').click();
  await app.waitSteps((await app.steps()) + 2);
  await pause();
  await expect(note).toContainText('You may close the tab');

  const newest = Number(await note.getAttribute('data-saved'));
  await damage(page, 'newest');
  await page.reload();
  // What was typed and chosen is there again, before anything is resumed.
  await expect(app.setting('steps')).toHaveValue('2000');
  await expect(app.get('data-drop')).toContainText(FILES[0].name);
  // It comes a moment after the page: it floats, so that nothing moves for it.
  const offer = page.locator('.floating').getByTestId('resume-offer');
  await expect(offer).toContainText('incomplete or damaged');
  expect(Number(/\d+/.exec((await app.get('resume-run').textContent())!)?.[0])).toBeLessThan(newest);
  await app.get('resume-run').click();
  await app.waitPhase(['training', 'evaluating'], 60_000);
  await pause();
  await expect(note).toContainText('You may close the tab');

  await damage(page, 'every');
  await page.reload();
  await expect(app.get('resume-lost')).toBeVisible();
  await expect(offer).toHaveCount(0);
  await app.get('resume-discard').click();
  await expect(app.get('resume-lost')).toHaveCount(0);
});
