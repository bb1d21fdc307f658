/**
 * The whole job on Firefox's own WebGPU, where there is an adapter for it (on Linux without a GPU: Mesa's lavapipe).
 */
import { firefoxPath } from '../../.ci/browser.mjs';
import { App } from '../app';
import { wholeJob } from './job';
import { expect, test } from './test';

// Off in Firefox ESR on Linux, and off for adapters that compute on the CPU.
test.use({
  launchOptions: {
    executablePath: firefoxPath(),
    firefoxUserPrefs: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
  },
});

test('LoRA and TS-LoRA train side by side, answer and leave as files', async ({ page, baseURL }, info) => {
  // Asked on a page that opens no model.
  await page.goto(new URL('models/index.json', baseURL).href);
  test.skip(
    await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) == null),
    'this Firefox finds no WebGPU adapter (Debian: mesa-vulkan-drivers, libvulkan1)',
  );
  const app = new App(page, baseURL!, 'gpu');
  await app.openSoon();
  await wholeJob(app, info);
  await expect(app.get('device-choice')).toHaveAttribute('data-device', 'gpu');
  expect(app.problems).toEqual([]);
});
