/** The whole job on Firefox's own WebGPU, where there is an adapter for it (on Linux without a GPU: Mesa's lavapipe). */
import { firefoxPath } from '../../.ci/browser.mjs';
import { FILES } from '../data';
import { expect, test } from './test';

// Off in Firefox ESR on Linux, and off for adapters that compute on the CPU.
test.use({ launchOptions: { executablePath: firefoxPath(), firefoxUserPrefs: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true } } });

test('LoRA and TS-LoRA train side by side, answer and leave as files', async ({ app, page }, info) => {
  await app.openSoon();
  test.skip(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) == null), 'this Firefox finds no WebGPU adapter (Debian: mesa-vulkan-drivers, libvulkan1)');
  await app.modelReady();
  await app.loadFile(FILES[0]);
  await app.small(6);
  await app.train();
  const rows = (await app.table('work-table')).slice(1);
  expect(rows.map(([name]) => name)).toEqual(['LoRA', 'TS-LoRA']);
  for (const [, loss] of rows) expect(Number(loss)).toBeGreaterThan(0);
  await expect(app.get('heatmap')).toHaveAttribute('data-step', '6');
  const answers = await app.compare('Once upon a time');
  expect(Object.keys(answers)).toEqual(['base', 'lora', 'ts-lora']);
  for (const text of Object.values(answers)) expect(text).not.toBe('');
  for (const id of ['lora', 'ts-lora']) await app.exportRun(id, info.outputPath(`${id}.zip`));
});
