/**
 * Firefox as Debian has it, without WebGPU: the built page opens, trains on the CPU, takes data and files, and
 * complains of nothing.
 */
import { readFileSync } from 'node:fs';
import { savedSessionSchema } from '../../src/shared/savedSession';
import { exportedRun, runFiles } from '../../src/store/runFile';
import { endedSession } from '../../src/store/testing/fixtures';
import { FILES, asUpload } from '../data';
import { haveHostileFiles, refusesAllHostile } from '../hostile';
import { trainsTheSameBits } from '../sameBits';
import { wholeJob } from './job';
import { expect, test } from './test';

/** A run from elsewhere, as a browser with a GPU exports it. */
async function aRunFile(): Promise<Buffer> {
  const { config, template, mapping, dataName, metricLogs } = endedSession();
  const record = savedSessionSchema.parse({
    format: 'sieve-session',
    version: 2,
    id: 'abc-1',
    name: 'From elsewhere',
    tags: [],
    startedAt: 1000,
    endedAt: 2000,
    ended: 'finished',
    bytes: 1,
    model: { kind: 'embedded', id: 'sieve-stories-nano' },
    devices: [{ kind: 'gpu', name: 'gpu', threads: null }],
    data: dataName,
    template,
    mapping,
    config,
    base: 5.5,
    finals: config.runs.map(() => ({ steps: 6, loss: 3.25, skipped: null, failed: null })),
  });
  const zip = await exportedRun(
    record,
    runFiles(
      [...metricLogs.values()].map((h) => h.snapshot()),
      {},
    ),
  );
  return Buffer.from(await zip.arrayBuffer());
}

test('the page opens: every section, a sample set, colours, the other language', async ({
  app,
  page,
  browser,
}, info) => {
  info.annotations.push({ type: 'browser', description: `Firefox ${browser.version()}` });
  await app.open(null);
  await expect(app.get('device-name')).toContainText('CPU');
  await expect(page.locator('main > section')).toHaveCount(7);
  await app.dataReady();
  await app.see('data-preview');
  await expect(app.get('data-preview').locator('.chip').first()).toBeVisible();

  const grounds: string[] = [];
  for (const name of ['Light', 'Dark', 'Contrast']) {
    await page.locator('.menu-more button', { hasText: name }).click();
    grounds.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
  }
  expect(grounds).toEqual(['rgb(250, 249, 246)', 'rgb(20, 23, 26)', 'rgb(255, 255, 255)']);
  await app.get('language-zh').click();
  await expect(page.locator('#data-title')).toContainText('数据');
});

test('LoRA and TS-LoRA train side by side on the CPU, answer and leave as files', async ({ desk: app }, info) => {
  expect(await app.page.evaluate(() => crossOriginIsolated), 'threads may share memory').toBe(true);
  await wholeJob(app, info);
  await trainsTheSameBits(app, info);
});

test('files that no tab survived once are refused in words, and so are tokenizers', async ({ desk: app }) => {
  test.skip(!haveHostileFiles, 'needs ../shared/cases/faults');
  await refusesAllHostile(app);
});

test('files come in by dropping and by choosing, and go out', async ({ app, page }, info) => {
  await app.openSoon();
  await app.dataReady();
  await app.goTo('setup/data');
  await app.get('data-drop').drop({ files: asUpload(FILES[0]) });
  await expect(page.locator('#data')).toContainText(FILES[0].name);
  await app.dataReady();
  await expect(app.get('data-preview')).toContainText('Tom');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    app.get('data-drop').getByText('Choose files').click(),
  ]);
  await chooser.setFiles(asUpload(FILES[2]));
  await expect(page.locator('#data')).toContainText(FILES[2].name);
  await app.dataReady();

  const path = info.outputPath('settings.json');
  await (await app.download(() => app.get('config-export').click())).saveAs(path);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 'sieve-config' });
});

test('a run from elsewhere is kept over a reload, and opened', async ({ app, page }) => {
  await app.openSoon();
  await app
    .get('history-import')
    .setInputFiles({ name: 'run.zip', mimeType: 'application/zip', buffer: await aRunFile() });
  await expect(app.get('saved-session')).toContainText('From elsewhere');
  await page.reload();
  await app.press('saved-open');
  await expect(app.get('saved-session')).toContainText('shown above');
  await expect(app.get('step-count')).toHaveText('6 / 100');
  await page.locator('#inspect').scrollIntoViewIfNeeded();
  await expect(app.get('heatmap')).toHaveAttribute('data-step', '6');
});
