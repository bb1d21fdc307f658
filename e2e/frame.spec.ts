/** The page as one screen: what is seen together, at which sizes; what the address says; and what is printed. */
import type { Page } from '@playwright/test';
import { EVERY_PART } from './app';
import { overFoot, screensHigh, tooWide } from './probes';
import { expect, test } from './test';

/** Windows in which losses, map and text are seen together: two desktops, and the smaller one enlarged to 150 %. */
const WINDOWS = [
  { width: 1280, height: 720 },
  { width: 1440, height: 900 },
  { width: 853, height: 480 },
];

test('losses, skip map and token text are in one window, without scrolling', async ({ studio: app }) => {
  const { page } = app;
  const before = page.viewportSize()!;
  await app.goTo('train');
  for (const size of WINDOWS) {
    await page.setViewportSize(size);
    await page.evaluate(() => scrollTo(0, 0));
    for (const part of ['[data-chart="loss"] canvas', '[data-testid="heatmap"] canvas', '[data-testid="token-view"]'])
      await expect(page.locator(part).first(), `${part} at ${size.width} × ${size.height}`).toBeInViewport({
        ratio: 0.9,
      });
    for (const control of ['train-button', 'phase']) await expect(app.get(control)).toBeInViewport({ ratio: 1 });
    expect(await tooWide(page)).toEqual([]);
  }
  await page.setViewportSize(before);
});

test('every view and every part of one is a screen high, and three on a phone', async ({ studio: app }) => {
  const { page } = app;
  const before = page.viewportSize()!;
  // What others have unfolded.
  await page.locator('#configure details[open]').evaluateAll((all) => all.forEach((d) => d.removeAttribute('open')));
  for (const [width, height, most] of [
    [1440, 900, 1],
    [390, 844, 3],
  ]) {
    await page.setViewportSize({ width, height });
    for (const place of EVERY_PART) {
      await app.goTo(place);
      expect.soft(await screensHigh(page), `${place}, ${width} × ${height}`).toBeLessThanOrEqual(most);
    }
  }
  // On a laptop a view may be higher, but its cards do not lie over the foot; nor when more is unfolded.
  await page.setViewportSize({ width: 1280, height: 720 });
  for (const place of EVERY_PART) {
    await app.goTo(place);
    expect.soft(await overFoot(page), place).toEqual([]);
  }
  await app.goTo('compare/answers');
  const sampling = page.locator('#compare form details').first();
  await sampling.evaluate((d) => d.setAttribute('open', ''));
  await screensHigh(page);
  expect.soft(await overFoot(page), 'answers with sampling').toEqual([]);
  await sampling.evaluate((d) => d.removeAttribute('open'));
  await page.setViewportSize(before);
});

test('the address says the place and the selection; Back and Forward follow it', async ({ studio: app }) => {
  const { page } = app;
  await app.goTo('train');
  const map = app.get('heatmap');
  const shown = (place: string) => expect(page.locator(`[data-route="/${place}"]`)).toBeVisible();
  await map.focus();
  for (const key of ['Home', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await app.get('scrub').fill('4');
  await expect(page).toHaveURL(/#\/train\?module=0\.k&step=5$/);
  await expect(app.get('readout').first()).toContainText('step 5');

  await page.locator('.bar-views').getByRole('link', { name: 'Compare' }).click();
  await shown('compare');
  await expect(page.locator('#compare-title')).toBeFocused();
  await page.locator('.rail a[href="#/setup/data/source"]').click();
  await shown('setup/data/source');
  await page.goBack();
  await shown('compare');
  await page.goBack();
  await shown('train');
  await expect(map).toHaveAttribute('data-step', '5');
  await page.goForward();
  await shown('compare');
  await app.goTo('train?module=2.v&step=8&token=3');
  await expect(map).toHaveAttribute('data-step', '8');
  await expect(page.locator('[data-chart="module"] h3')).toHaveText('Layer 2, v, over time');
  await expect(app.get('token-view').locator('[aria-pressed="true"]')).toHaveAttribute('data-token', '3');
  await app.goTo('train?step=12');
});

/** Canvases that are laid out and have but one colour, by the chart they belong to. */
const blank = (page: Page): Promise<string[]> =>
  page.locator('main canvas').evaluateAll((all) =>
    (all as HTMLCanvasElement[])
      .filter((c) => c.getClientRects().length > 0 && c.width > 0)
      .filter((c) => {
        const { data } = c.getContext('2d')!.getImageData(0, 0, c.width, c.height);
        const pixels = new Uint32Array(data.buffer);
        return pixels.every((p) => p === pixels[0]);
      })
      .map((c) => c.closest('[data-chart]')?.getAttribute('data-chart') ?? 'no chart'),
  );

test('what is printed or captured whole is drawn, with nothing scrolled into view', async ({ studio: app }) => {
  const { page } = app;
  for (const place of ['train', 'compare']) {
    await app.goTo(place);
    await page.evaluate(() => scrollTo(0, 0));
    // What still waits for its turn is drawn when the page is printed.
    await expect(async () => {
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      expect(await blank(page), place).toEqual([]);
    }).toPass({ timeout: 10_000 });
  }
  await app.goTo('train');
  // The map says the same as the tile above it.
  const [step] = [await app.get('heatmap').getAttribute('data-step')];
  expect(step).toBe('12');
  const cells = (await app.table('table-skipmap')).slice(1).flatMap((row) => row.slice(1).map(Number.parseFloat));
  const mean = cells.reduce((sum, share) => sum + share, 0) / cells.length;
  expect(Number.parseFloat((await app.get('tile-skipped').locator('dd').textContent())!)).toBeCloseTo(mean, 0);
  // On a sheet of A4 nothing is cut off, and it begins on the first page.
  const before = page.viewportSize()!;
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 718, height: 1047 });
  const cut = () =>
    page.evaluate(() => {
      const visible = [...document.querySelectorAll('#train .live, #train .live *')].filter((e) => e.checkVisibility());
      const cuts = (e: Element) => {
        const { overflowX, overflowY } = getComputedStyle(e);
        return (
          (overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) ||
          (overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1)
        );
      };
      const boxes = visible.filter(
        (e) => e.matches('div, figure, fieldset, ul') && !e.matches('.sr-only, .u-wrap, .u-wrap *'),
      );
      return {
        cut: boxes.filter(cuts).map((e) => e.className),
        wide: visible.filter((e) => e.matches('canvas') && e.getBoundingClientRect().right > 718).length,
        whole: getComputedStyle(document.querySelector('.live')!).breakInside,
      };
    });
  // Charts are drawn again in a task of their own.
  await expect.poll(cut).toEqual({ cut: [], wide: 0, whole: 'auto' });
  await page.emulateMedia({ media: null });
  await page.setViewportSize(before);
});

test('presenter mode leaves the pictures alone; P ends it', async ({ studio: app }) => {
  const { page } = app;
  await app.goTo('train');
  await page.locator('#train-title').focus();
  await page.keyboard.press('P');
  await expect(page.locator('.rail')).toBeHidden();
  await expect(page.locator('[data-chart="loss"] canvas').first()).toBeInViewport();
  expect(await tooWide(page)).toEqual([]);
  await page.keyboard.press('P');
  await expect(page.locator('.rail')).toBeVisible();
});

test('in presenter mode a narrow window keeps its bar and its cards', async ({ studio: app }) => {
  const { page } = app;
  const before = page.viewportSize()!;
  await app.goTo('train');
  await page.locator('#train-title').focus();
  await page.keyboard.press('P');
  await page.setViewportSize({ width: 880, height: 800 });
  await page.locator('.tabbar').getByRole('link', { name: 'Setup' }).click();
  await expect(page.locator('.rail')).toBeVisible();
  // Setup and Train are two places here.
  await expect(page.locator('#setup-title')).toBeFocused();
  await page.locator('.tabbar').getByRole('link', { name: 'Train' }).click();
  await expect(page.locator('#train-title')).toBeFocused();
  await page.keyboard.press('P');
  await page.setViewportSize(before);
});

test('keys move the map only where it is seen; a double click selects no step', async ({ studio: app }) => {
  const { page } = app;
  await app.goTo('train');
  const map = app.get('heatmap');
  await page.locator('#train-title').focus();
  await page.keyboard.press('<');
  await expect(map).not.toHaveAttribute('data-step', '12');
  await page.keyboard.press('>');
  await expect(map).toHaveAttribute('data-step', '12');
  await app.goTo('compare');
  await page.keyboard.press('<');
  await app.goTo('train');
  await expect(map).toHaveAttribute('data-step', '12');
  await page.locator('[data-chart="loss"] .u-over').dblclick();
  await page.mouse.move(0, 0);
  await expect(map).toHaveAttribute('data-step', '12');
});

test('Escape closes the dialog of keys alone, and the focus is back on its button', async ({ studio: app }) => {
  const { page } = app;
  await page.locator('.menu-more > summary').click();
  await app.get('shortcuts-open').click();
  await expect(app.get('shortcuts')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(app.get('shortcuts')).toBeHidden();
  await expect(app.get('shortcuts-open')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('.menu-more > summary')).toBeFocused();
});

test('a menu that is opened lies over what has come up by itself', async ({ studio: app }) => {
  const { page } = app;
  const before = page.viewportSize()!;
  await app.get('data-file').setInputFiles({ name: 'empty.jsonl', mimeType: 'text/plain', buffer: Buffer.from('') });
  await app.goTo('compare/metrics');
  await page.setViewportSize({ width: 390, height: 844 });
  const notice = app.get('dock-notice').first();
  await expect(notice).toBeVisible();
  const menu = page.locator('#compare .menu').first();
  const summary = menu.locator('summary');
  // So low that its sheet reaches where the notice floats.
  const bottom = await summary.evaluate((e) => e.getBoundingClientRect().bottom);
  await page.setViewportSize({ width: 390, height: Math.round(bottom) + 180 });
  await summary.click();
  const covered = await menu.locator('.menu-sheet > *').evaluateAll(
    (items) =>
      items.filter((item) => {
        const { x, y, width, height } = item.getBoundingClientRect();
        return !item.contains(document.elementFromPoint(x + width / 2, y + height / 2));
      }).length,
  );
  expect(covered).toBe(0);
  await page.keyboard.press('Escape');
  await page.setViewportSize(before);
  await app.putAwayNotices();
});
