/** Browsers without a GPU: everything works on the CPU. And a change between GPU and CPU, with what is on the page. */
import type { App } from './app';
import { axeFinds, unfold } from './axe';
import { FILES } from './data';
import { trainsTheSameBits } from './sameBits';
import { expect, test } from './test';

/** What the page says without a GPU, and of data that cannot be read: axe finds nothing. */
async function looksRight(app: App): Promise<void> {
  const { page } = app;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await app.goTo('setup/model');
  await app.get('no-gpu').waitFor();
  await unfold(page, '#model details');
  expect.soft(await axeFinds(page), 'no GPU').toEqual([]);
  await app.dataReady();
  const ill = { name: 'ill.json', mimeType: 'application/json', buffer: Buffer.from('[{') };
  await app.get('data-file').setInputFiles(ill);
  await app.goTo('setup/data');
  await page.locator('#data').getByTestId('error-alert').waitFor();
  expect.soft(await axeFinds(page), 'no GPU, an error').toEqual([]);
}

// Once it is known that there is none, both take the same way: one of them trains.
for (const [name, without, says, trains] of [
  [
    'no WebGPU at all',
    () => {
      delete (Navigator.prototype as unknown as Record<string, unknown>).gpu;
    },
    'has no WebGPU',
    true,
  ],
  [
    'WebGPU without an adapter',
    () => {
      GPU.prototype.requestAdapter = async () => null;
    },
    'No GPU was found',
    false,
  ],
] as const) {
  test(name, async ({ app, page }, info) => {
    await page.addInitScript(without);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await app.openSoon();
    // What it would look like, without a click; it plays while the model opens.
    const first = trains ? null : Number(await app.get('recorded-run').getAttribute('data-step'));
    await app.modelReady();
    await expect(app.get('no-gpu')).toContainText(says);
    await expect(app.get('device-name')).toContainText('CPU');
    await expect(app.get('device-gpu')).toBeDisabled();
    if (first !== null) {
      await app.dataReady();
      await app.small(2);
      await page.locator('#train').scrollIntoViewIfNeeded();
      await expect(app.get('recorded-sign')).toContainText('Recorded run');
      await expect(app.get('recorded-run')).toHaveAttribute('data-step', '120', { timeout: 30_000 });
      expect(first).toBeLessThan(120);
      // One's own, with a click.
      await app.get('recorded-own').click();
      await app.waitPhase(['finished'], 120_000);
      await expect(app.get('recorded-run')).toHaveCount(0);
    }
    if (trains) {
      await looksRight(app);
      await trainsTheSameBits(app, info);
      expect(Object.keys(await app.compare('Once upon a time')).sort()).toEqual(['base', 'lora', 'ts-lora']);
    }
    expect(await app.errors()).toEqual([]);
  });
}

test('a software GPU is passed over; chosen by hand it is checked, and adapters go along', async ({ app }) => {
  await app.open();
  await expect(app.get('no-gpu')).toContainText('only GPU here is emulated');
  await expect(app.get('device-name')).toContainText('CPU');
  await app.loadFile(FILES[0]);
  await app.get('small-preset').click();
  await expect(app.get('small-preset')).toBeDisabled();
  await expect(app.get('preset-quick')).toHaveAttribute('aria-pressed', 'true');
  await app.small(4);
  await app.train();
  const before = await app.compare('Once upon a time');
  await app.get('device-gpu').click();
  await expect(app.get('device-move')).toContainText('so are LoRA, TS-LoRA');
  await app.get('device-move-yes').click();
  await expect(app.get('gradient-check')).toHaveAttribute('data-state', 'agrees', { timeout: 170_000 });
  await expect(app.get('device-choice')).toHaveAttribute('data-device', 'gpu');
  const after = await app.compare('Once upon a time');
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  await app.see('software-note');
});

test('the address chooses', async ({ desk: app }) => {
  expect(new URL(app.page.url()).searchParams.get('device')).toBe('cpu');
  await expect(app.get('device-choice')).toHaveAttribute('data-device', 'cpu');
  await expect(app.get('no-gpu')).toHaveCount(0);
});
