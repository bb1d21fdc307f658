/** Browsers that cannot train: the page says what to do, and everything that needs no GPU still works. */
import { FILES } from './data';
import { expect, test } from './test';

test('no WebGPU at all', async ({ app, page }) => {
  await page.addInitScript(() => {
    delete (Navigator.prototype as unknown as Record<string, unknown>).gpu;
  });
  await app.open(null);
  await expect(app.get('error-alert').first()).toContainText('WebGPU');
  await expect(app.get('error-alert').first()).toContainText('Chrome');
  await app.loadFile(FILES[0]);
  expect(await app.get('data-preview').locator('.chip').count()).toBeGreaterThan(10);
  await expect(app.get('train-button')).toBeDisabled();
});

test('WebGPU without an adapter', async ({ app, page }) => {
  await page.addInitScript(() => {
    GPU.prototype.requestAdapter = async () => null;
  });
  await app.open(null);
  await expect(app.get('error-alert').first()).toContainText('adapter');
  await expect(app.get('train-button')).toBeDisabled();
});
