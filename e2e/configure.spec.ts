/**
 * Configure: presets, fields that count their changes and refuse in words, settings out and in, expected time, and a
 * run with them.
 */
import { readFileSync } from 'node:fs';
import { FILES } from './data';
import { expect, test } from './test';

test('settings are changed, refused, measured, trained, taken away and brought back', async ({ app, page }, info) => {
  await app.open();
  await app.loadFile(FILES[0]);

  // A preset fits itself to model, data and device, and says why.
  await app.get('preset-quick').click();
  await expect(app.get('preset-quick')).toHaveAttribute('aria-pressed', 'true');
  await app.get('preset-why').locator('summary').click();
  await expect(app.get('preset-why')).toContainText('of the examples fit untruncated');
  for (const group of ['changed-train', 'changed-adapter']) await app.get(group).locator('button').click();
  await expect(app.get('preset-quick')).toHaveAttribute('aria-pressed', 'false');

  await app.small(4);
  await expect(app.get('changed-train')).toHaveAttribute('data-changed', '5');
  const gated = app.get('run-ts-lora');
  await gated.getByLabel(/^Gate rule/).selectOption('quantile');
  await gated.getByLabel(/^Active share/).fill('150');
  await expect(app.get('config-problem')).toContainText('TS-LoRA, Active share');
  await expect(gated).toContainText('must lie between 0 and 100 %');
  await expect(app.get('train-button')).toBeDisabled();
  await gated.getByLabel(/^Active share/).fill('25');
  await gated.getByText('Adapter of this run').click();
  await gated.getByText('Pick module by module').click();
  await gated.getByRole('checkbox', { name: 'block 0, q' }).uncheck();
  await expect(gated).toContainText('27 of 28 modules');
  await expect(app.get('changed-ts-lora')).toHaveText('3 changed');
  const plain = app.get('run-lora');
  await plain.getByText('Adapter of this run').click();
  await plain.getByLabel(/^Dropout/).fill('10');
  await plain.getByLabel('Method').selectOption('dora');
  await expect(plain).toContainText('trained without dropout');
  await plain.getByLabel(/^Dropout/).fill('0');
  await expect(app.get('config-problem')).toHaveCount(0);

  await app.get('measure').click();
  await expect(app.get('expected-time')).toContainText('Measured on 3 real steps', { timeout: 60_000 });
  await expect(app.get('expected-time').locator('.expected')).toHaveText(/^\d/);
  await app.train();
  expect(await app.steps()).toBe(4);
  for (const id of ['base', 'lora', 'ts-lora'])
    expect(Number(await app.get(`final-${id}`).textContent())).toBeGreaterThan(0);
  await expect(app.get('work-table')).toContainText('DoRA');
  expect((await app.table('work-table'))[2][2]).toMatch(/^7\d\.\d %$/);

  const [download] = await Promise.all([page.waitForEvent('download'), app.get('config-export').click()]);
  const path = info.outputPath('config.json');
  await download.saveAs(path);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    format: 'sieve-config',
    config: { train: { steps: 4 }, runs: [{ method: 'dora' }, { gate: { rule: 'quantile', activeShare: 0.25 } }] },
  });
  const all = await app.get('changed-all').textContent();
  await page.locator('#configure button', { hasText: 'Back to the defaults' }).click();
  await expect(app.get('changed-all')).toHaveText('Everything is at its default.');
  await app.get('config-file').setInputFiles({
    name: 'bad.json',
    mimeType: 'application/json',
    buffer: Buffer.from(readFileSync(path, 'utf8').replace('"rank": 8', '"rank": 80')),
  });
  await expect(page.locator('#configure').getByTestId('error-alert')).toContainText(
    'config.runs.0.rank: must be at most 64',
  );
  await app.get('config-file').setInputFiles(path);
  await expect(app.get('changed-all')).toHaveText(all!);
  await expect(page.locator('#configure').getByTestId('error-alert')).toHaveCount(0);

  // An experiment with a grid says how much it is.
  await app.get('experiment-add-axis').click();
  await page.locator('#experiment').getByLabel('Setting to vary').selectOption('rank');
  await page.locator('#experiment').getByLabel('Values').fill('2, 4');
  await expect(app.get('experiment-size')).toContainText('6 variants × 3 seeds = 18 runs of 4 steps');

  await app.get('config-link').click();
  const url = await app.get('config-url').inputValue();
  await page.goto(url);
  await expect(page.locator('#configure')).toContainText('Settings from the link');
  await expect(app.get('link-note')).toHaveText(/^This link has set the settings, the model sieve-stories-nano/);
  await expect(app.get('changed-all')).toHaveText(all!);
  const bent = new URL(url);
  bent.searchParams.set('config', `${bent.searchParams.get('config')!.slice(0, -3)}xyz`);
  await page.goto(bent.href);
  await expect(page.locator('#configure').getByTestId('error-alert')).toContainText('damaged');
  await expect(app.get('link-note')).toHaveCount(0);
  await expect(app.get('changed-all')).toHaveText('Everything is at its default.');
});
