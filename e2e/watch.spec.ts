/** Watching a run: linked charts, maps and their files, samples, explanations. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { App } from './app';
import { lookAtFiles } from './chartPictures';
import { expect, test } from './test';
import { openToolPage } from './toolPage';

/** What a chart's button saves. */
async function saved(app: App, chart: string, kind: 'png' | 'svg' | 'csv'): Promise<Buffer> {
  const [download] = await Promise.all([app.page.waitForEvent('download'), app.get(`save-${chart}-${kind}`).click()]);
  expect(download.suggestedFilename()).toBe(`sieve-${chart}.${kind}`);
  return readFileSync(await download.path());
}

test('charts share a cursor, look closer, explain themselves and leave as files; samples are kept in order', async ({
  studio: app,
}) => {
  const { page } = app;
  /** Of all charts on the screen, each once. */
  const steps = async () => [
    ...new Set(await page.locator('#train').getByTestId('readout').locator('li:first-child').allTextContents()),
  ];
  await expect.poll(steps).toEqual(['step 12']);
  const loss = page.locator('[data-chart="loss"] .u-over');
  // The charts below are drawn when they come into view, and may move what is above.
  await expect(async () => {
    await loss.hover();
    expect(await steps()).toEqual(['step 6']);
  }).toPass();
  const reset = app.get('zoom-reset');
  await expect(async () => {
    if (await reset.isEnabled()) await reset.click();
    const box = (await loss.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect(reset).toHaveText('Steps 3–9: show all', { timeout: 2000 });
  }).toPass();
  await reset.click();
  await expect(reset).toBeDisabled();
  // The same from the keyboard.
  const slider = page.locator('[data-chart="gradient"] [role="slider"]');
  await slider.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect.poll(steps).toEqual(['step 2']);
  await expect(slider).toHaveAttribute('aria-valuetext', /^step 2: LoRA/);

  await app.get('smoothing').fill('0.9');
  await page.locator('#train').getByText('Log scale', { exact: true }).click();
  await app.get('explain-loss').click();
  await expect(app.get('explanation-loss')).toContainText(/LoRA: \d\.\d+ at step 12/);
  await app.get('explain-loss').click();
  await expect(app.get('explanation-loss')).toBeHidden();

  await app.get('smoothing').fill('0');
  await page.locator('#train').getByText('Log scale', { exact: true }).click();

  const csv = (await saved(app, 'loss', 'csv')).toString().trim().split('\r\n');
  expect(csv[0]).toBe('step,LoRA train,LoRA validation,TS-LoRA train,TS-LoRA validation');
  // Steps 0 (the base's loss) to 12, and the header.
  expect(csv).toHaveLength(14);
  expect((await saved(app, 'loss', 'svg')).toString()).toMatch(/^<svg .*<title>Loss<\/title>.*<polyline/s);
  expect((await saved(app, 'speed', 'png')).subarray(1, 4).toString()).toBe('PNG');

  const order = await page
    .locator('[data-testid^="sample-at-"]')
    .evaluateAll((all) => all.map((e) => e.getAttribute('data-testid')));
  expect(order).toEqual(['sample-at-12', 'sample-at-6', 'sample-at-0']);
  for (const id of ['lora', 'ts-lora']) await expect(app.get(`sampled-${id}-12`)).not.toBeEmpty();
  await expect(app.get('sampled-base-0')).not.toBeEmpty();
});

test('maps are scrubbed, drilled into, read token by token and saved', async ({ studio: app }) => {
  const { page } = app;
  const map = app.get('heatmap');
  await expect(map).toHaveAttribute('data-step', '12');
  const text = app.get('token-view');
  await expect(text).toHaveAttribute('data-step', '12');
  await app.get('scrub').fill('7');
  await expect(map).toHaveAttribute('data-step', '8');
  // The text as it was at the evaluation before.
  await expect(text).toHaveAttribute('data-step', '6');
  await app.get('scrub').fill('0');
  await expect(map).toHaveAttribute('data-step', '1');
  await expect(text).toHaveAttribute('data-step', '0');
  const number = async (name: string) => Number(await map.getAttribute(`data-${name}`));
  const [left, top, cell, height] = [
    await number('left'),
    await number('top'),
    await number('cell'),
    await number('cell-height'),
  ];
  await map.locator('canvas').click({ position: { x: left + cell * 2.5, y: top + height * 1.5 } });
  // Layer 1, the third of q, k, v, o, gate, up, down.
  await expect(map).toHaveAttribute('data-selected', '9');
  await expect(page.locator('[data-chart="histogram"] h3')).toHaveText('Relative update norm r in layer 1, v');
  await expect(page.locator('[data-chart="module"] h3')).toHaveText('Layer 1, v, over time');
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(map).toHaveAttribute('data-selected', '10');

  await app.get('token-map').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(app.get('token-gates')).toHaveAttribute('data-token', '1');
  await app.get('token-view').locator('[data-token="3"]').hover();
  await expect(app.get('token-gates')).toHaveAttribute('data-token', '3');
  await expect(app.get('token-gates')).toContainText(/[●○] \S+ \/ \S+/);
  expect((await app.table('ranking')).length).toBeGreaterThan(5);

  const csv = (await saved(app, 'skipmap', 'csv')).toString().trim().split('\r\n');
  expect(csv).toHaveLength(13);
  expect(csv[0].split(',').slice(0, 3)).toEqual(['step', '0.q', '0.k']);
  for (const chart of ['tokenmap', 'tokens', 'histogram', 'ranking', 'shares', 'module'])
    expect((await saved(app, chart, 'svg')).toString()).toContain('</svg>');
  expect((await saved(app, 'skipmap', 'png')).length).toBeGreaterThan(1000);
});

/**
 * Files, as the page would hand them to the browser, which takes ten without asking; a key of a test's is nobody to
 * ask.
 */
interface Handed {
  handed: Promise<string>[];
  handOver: () => void;
}

async function keepFiles(page: Page): Promise<void> {
  await page.evaluate(() => {
    const now = globalThis as unknown as Handed;
    now.handed = [];
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob: Blob) => {
      now.handed.push(blob.text());
      return createObjectURL(blob);
    };
    HTMLAnchorElement.prototype.click = () => undefined;
    now.handOver = () => {
      URL.createObjectURL = createObjectURL;
      HTMLAnchorElement.prototype.click = HTMLElement.prototype.click;
    };
  });
}

/** The same from the keyboard, wherever the chart's menu opens. */
async function pressed(app: App, chart: string, kind: 'svg' | 'csv'): Promise<string> {
  await app.press(`save-${chart}-${kind}`);
  return app.page.evaluate(() => (globalThis as unknown as Handed).handed.pop()!);
}

/** Numbers of a text with the last place that is shown: `12.3 %` is 0.123, to 0.0005. */
function numbersIn(text: string): { value: number; within: number }[] {
  return [...text.matchAll(/(−?)(\d[\d\u202f]*(?:\.(\d+))?)(e[-−+]?\d+)?(\s*%)?/g)].map(
    ([, sign, whole, places = '', e = '', share]) => {
      const scale = Number(`1${e.replace('−', '-')}`) / (share ? 100 : 1);
      const value = Number(whole.replaceAll('\u202f', '')) * scale * (sign ? -1 : 1);
      // What is compact has three digits, and leaves zeros away.
      return { value, within: Math.max(10 ** -places.length * scale, Math.abs(value) / 200) * 0.51 };
    },
  );
}

test('what a chart’s files hold is what the page shows', async ({ studio: app, browser }) => {
  const { page } = app;
  await app.goTo('train?step=12');
  await keepFiles(page);
  const rowsOf = async (chart: string) =>
    (await pressed(app, chart, 'csv'))
      .trim()
      .split('\r\n')
      .slice(1)
      .map((row) => row.split(',').map((cell) => (cell === '' ? NaN : Number(cell))));
  for (const chart of ['loss', 'gradient', 'rate', 'speed', 'shares', 'module']) {
    const rows = await rowsOf(chart);
    // The base's loss is that of step 0.
    const known = [...rows.at(-1)!, ...rows[0]];
    const said = await page.locator(`[data-chart="${chart}"] [data-testid="readout"] strong`).allTextContents();
    expect(said.length, chart).toBeGreaterThan(0);
    for (const text of said) {
      const [{ value, within }] = numbersIn(text);
      expect(
        known.some((v) => Math.abs(v - value) <= within),
        `${chart}: ${text} of ${known.join(' ')}`,
      ).toBe(true);
    }
    const svg = await pressed(app, chart, 'svg');
    const lines = await page.locator(`[data-chart="${chart}"] [data-testid="readout"] svg`).count();
    expect(svg.match(/<polyline[^>]*stroke-width="(?!1")/g)?.length, chart).toBeGreaterThanOrEqual(lines);
  }
  // The map: every cell of the table, of the file and of the picture.
  const table = (await app.table('table-skipmap')).slice(1).map((row) => row.slice(1).map(Number.parseFloat));
  const shares = (await rowsOf('skipmap')).at(-1)!.slice(1);
  expect(shares.map((v) => Math.round(v * 1000) / 10)).toEqual(table.flat());
  const drawn = [...(await pressed(app, 'skipmap', 'svg')).matchAll(/<text[^>]*>([^<]*)<\/text>/g)];
  const texts = drawn.map(([, text]) => text).join(' ');
  const width = table[0].length;
  for (let layer = 0; layer < table.length; layer++)
    expect(texts).toContain(
      shares
        .slice(layer * width, (layer + 1) * width)
        .map((v) => Math.round(v * 100))
        .join(' '),
    );
  await page.evaluate(() => (globalThis as unknown as Handed).handOver());
  // As pixels: `npm run accept -- pictures` looks at every chart.
  const tool = await openToolPage(browser, page);
  const charts = ['loss', 'skipmap'];
  const { files, wrong } = await lookAtFiles(
    { app, page, tool },
    { where: 'train', wants: ({ name }) => charts.includes(name) },
  );
  expect(wrong).toEqual([]);
  expect(files).toBe(charts.length);
  await tool.context().close();
});

test('the result is one file that opens without the page and says the same', async ({ studio: app }) => {
  const { page } = app;
  const download = await app.download(() => app.get('share-result').click());
  const html = readFileSync(await download.path(), 'utf8');
  const file = await page.context().newPage();
  const asked: string[] = [];
  file.on('request', (request) => asked.push(request.url()));
  await file.setContent(html);
  for (const id of ['lora', 'ts-lora'])
    await expect(file.locator('table').first()).toContainText((await app.get(`final-${id}`).textContent())!);
  expect(await file.locator('svg').count()).toBeGreaterThan(3);
  expect(await file.locator('script').count()).toBe(0);
  expect(asked).toEqual([]);
  await file.close();
});
