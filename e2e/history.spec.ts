/** Runs that have ended stay in the browser: found, named, opened, taken away, brought back; one tab writes. */
import { FILES } from './data';
import { App } from './app';
import { expect, test } from './test';

test('a run is kept, survives a reload, leaves as a file, comes back and opens as it was', async ({ app, page }, info) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(6);
  await app.train();
  const row = app.get('kept-run');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(`LoRA, TS-LoRA on ${FILES[0].name}`);
  await app.temperature(0);
  const before = { losses: await app.table('loss-table'), final: await app.table('final-table'), work: await app.table('work-table'), answers: await app.compare('What colour is the hat of Tom?') };

  await app.get('kept-edit').click();
  await app.get('kept-name').fill('Tom’s hat');
  await app.get('kept-tags').fill('first, seed 1');
  await app.get('kept-save').click();
  await expect(row).toContainText('Tom’s hat');

  await page.reload();
  await app.modelReady();
  await expect(row).toContainText('Tom’s hat');
  await expect(app.get('resume-offer')).toHaveCount(0);
  await app.get('history-search').fill('nobody');
  await expect(app.get('history-empty')).toBeVisible();
  await app.get('history-search').fill('ts-lora SEED');
  await expect(row).toHaveCount(1);
  await expect(app.get('room')).toContainText(/[KM]iB of/);

  const [download] = await Promise.all([page.waitForEvent('download'), app.get('kept-export').click()]);
  const file = info.outputPath('run.zip');
  await download.saveAs(file);
  expect(download.suggestedFilename()).toBe('sieve-run-tom-s-hat.zip');
  await app.get('kept-delete').click();
  await app.get('kept-delete-yes').click();
  await expect(row).toHaveCount(0);
  await app.get('history-search').fill('');

  await app.get('history-import').setInputFiles({ name: 'x.zip', mimeType: 'application/zip', buffer: Buffer.from('no zip') });
  await expect(page.locator('#history').getByTestId('error-alert')).toContainText('could not be read as a zip');
  await app.get('history-import').setInputFiles(file);
  await expect(row).toContainText('Tom’s hat');
  await expect(page.locator('#history').getByTestId('error-alert')).toHaveCount(0);

  await app.get('kept-open').click();
  await expect(row).toContainText('shown above', { timeout: 60_000 });
  expect(await app.table('loss-table')).toEqual(before.losses);
  expect(await app.table('final-table')).toEqual(before.final);
  expect((await app.table('work-table')).map((r) => r.slice(0, 4))).toEqual(before.work.map((r) => r.slice(0, 4)));
  await app.answerLength(16);
  await app.temperature(0);
  expect(await app.compare('What colour is the hat of Tom?')).toEqual(before.answers);
  await page.locator('#history').screenshot({ path: '.out/screens/history.png' });
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('a second tab reads only, and takes over when the first closes', async ({ app, page, context, baseURL }) => {
  await app.open(null);
  await expect(app.get('history-empty')).toBeVisible();
  const second = new App(await context.newPage(), baseURL!);
  await second.open(null);
  await expect(second.get('reader-note')).toBeVisible();
  await expect(second.page.getByRole('button', { name: 'Import a run' })).toBeDisabled();
  await page.close();
  await expect(second.get('reader-note')).toHaveCount(0);
  await expect(second.page.getByRole('button', { name: 'Import a run' })).toBeEnabled();
  expect(second.problems).toEqual([]);
});
