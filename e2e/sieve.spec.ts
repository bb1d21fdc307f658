/** A finished adapter is given gates on the page: a curve, a slider, and a zip that opens as a gated adapter. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { FILES } from './data';
import { expect, test } from './test';

test('updates of a finished LoRA are skipped without training, and the adapter leaves with its thresholds', async ({
  app,
  page,
}) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(10);
  await app.train();
  // The curve is there by itself; the small one opens it.
  await expect(app.get('skip-summary').locator('circle.chart-dot')).toHaveCount(10, { timeout: 60_000 });
  await app.get('skip-summary').click();
  const panel = app.get('sieve');
  await expect(panel.locator('circle.chart-dot')).toHaveCount(10, { timeout: 60_000 });
  // The run that was trained with gates is a point beside the curve.
  await expect(panel.locator('circle.chart-point')).toHaveCount(1);
  await app.get('sieve-slider').fill('70');
  await expect(app.get('sieve-at')).toContainText('against every update applied');
  const download = page.waitForEvent('download');
  await app.get('sieve-save').click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('sieve-lora-70-skipped.zip');
  const files = unzipSync(readFileSync(await file.path()));
  const json = (name: string) => JSON.parse(Buffer.from(files[name]).toString()) as unknown;
  expect(json('adapter_config.json')).toMatchObject({ peft_type: 'TS_LORA' });
  expect(json('sieve.json')).toMatchObject({ name: 'LoRA, 70 % skipped', gate: { rule: 'afterwards' } });

  // What single updates are worth, on the text and by module.
  const tokens = page.locator('[data-chart="tokens"]');
  await tokens.getByRole('button', { name: 'path attribution' }).click();
  await app.get('measure-text-go').click();
  const error = async () => Number(await tokens.getByTestId('checksum').getAttribute('data-error'));
  await expect(tokens.getByTestId('checksum')).toContainText('at 5 points');
  expect(await error()).toBeLessThan(0.2);
  await expect(tokens.locator('[data-token="3"]')).toHaveAttribute('title', /nats over 28 modules/);
  await page.locator('[data-tab="ranking"]').click();
  await page.locator('.live-detail').getByRole('button', { name: 'path attribution' }).click();
  await app.get('measure-modules-go').click();
  expect((await app.table('worth-ranking')).length).toBeGreaterThan(5);

  // The same of an adapter that came as a file, with the data set that is open.
  const plain = test.info().outputPath('lora.zip');
  await app.exportRun('lora', plain);
  await app.get('import-file').setInputFiles(plain);
  await app.get('sieve-imported').locator('summary').click();
  const imported = app.get('sieve-imported');
  await expect(imported.locator('circle.chart-dot')).toHaveCount(10, { timeout: 60_000 });
  await expect(imported.getByTestId('sieve')).toContainText('of the data set that is open');
});
