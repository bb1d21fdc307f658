/**
 * Everything that axe can find, on every screen and in every state: no violation of any impact. One run of a few steps
 * serves them all, and themes are switched in place. What is said without a GPU is looked at in webgpu.spec.ts.
 */
import type { Page } from '@playwright/test';
import { TABS } from '../src/store/route';
import { EVERY_PART } from './app';
import { axeFinds, unfold } from './axe';
import { PAIRS } from './data';
import { tooWide } from './probes';
import { expect, test } from './test';

/** @param part of the page, where the rest has been looked at before. @param only rules, likewise */
async function look(page: Page, state: string, part?: string, only?: string[]): Promise<void> {
  expect.soft(await axeFinds(page, part, only), state).toEqual([]);
}

/** One of each kind: a view that moves, one with tables, a form, a list. */
const PLACES = ['train', 'compare', 'compare/skips', 'setup/data/rows', 'setup/settings'];

const cell = (s: string) => `"${s}"`;
/** Copies, a short row, an empty answer, and a row longer than the context. */
const ILL = [
  'question,answer',
  ...PAIRS.slice(0, 20).map((p) => `${cell(p.question)},${cell(p.answer)}`),
  `${cell(PAIRS[0].question)},${cell(PAIRS[0].answer)}`,
  'alone',
  '"nothing said",',
  `"long","${'and on it goes '.repeat(40)}"`,
].join('\n');

/** All that colours may change. */
const COLOURS = ['color-contrast', 'link-in-text-block'];
/** All that a narrow window may change. */
const WIDTH = ['target-size', 'scrollable-region-focusable', 'aria-hidden-focus'];

test('axe finds nothing in any state and theme of a visit', async ({ app, page }) => {
  test.slow();
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await app.open();
  await app.loadFile({ name: 'ill.csv', mimeType: 'text/csv', text: ILL });
  await app.small(4);
  await app.goTo('setup/data/rows');
  await page.getByTestId('data-line').first().click();
  await app.get('data-row').waitFor();
  await unfold(page, '#model details, #data details:not(.menu), #configure details, #compare details:not(.menu)');
  await app.set('rank', -1);
  for (const place of EVERY_PART.filter((p) => p.startsWith('setup/'))) {
    await app.goTo(place);
    await look(page, `data with problems, a row open, settings that cannot be: ${place}`, 'main');
  }
  await app.set('rank', 8);

  await app.get('train-button').click();
  await app.waitSteps(1);
  await look(page, 'a run on its way', '#train');
  await app.waitPhase(['finished'], 120_000);
  await app.compare('What colour is the ball of Tom?');
  await app.get('saved-session').first().waitFor();
  // One plain table behind a chart stands for all: they are the same part.
  await unfold(page, '#train details:not(.menu)');
  for (const chart of ['loss', 'skipmap']) await app.get(`explain-${chart}`).click();
  for (const tab of ['token', 'shares', 'ranking', 'sieve', 'training', 'costs', 'module']) {
    await page.locator(`[data-tab="${tab}"]`).click();
    await look(page, `after a run, ${tab}`, '[role="tabpanel"]:not([hidden])');
  }
  await look(page, 'after a run', '#train');
  for (const tab of TABS.compare) {
    await app.goTo(`compare/${tab}`);
    await look(page, `after a run, Compare, ${tab}`, '#compare');
  }
  await app.goTo('history');
  await look(page, 'after a run, History', '#history');
  for (const [theme, scheme] of [
    ['Dark', 'light'],
    ['Contrast', 'light'],
    ['Contrast', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.locator('.menu-more button', { hasText: theme }).click();
    for (const place of PLACES) {
      await app.goTo(place);
      await look(page, `${theme}, system ${scheme}, ${place}`, undefined, COLOURS);
    }
  }

  await page.keyboard.press('?');
  await look(page, 'the list of keys', '[data-testid="shortcuts"]');
  await page.keyboard.press('Escape');
  await app.get('tour-start').click();
  await look(page, 'the tour', '[data-testid="tour"]');
  await app.get('tour-end').click();
  for (const [action, state] of [
    ['saved-edit', 'a saved session renamed'],
    ['saved-delete', 'a saved session about to be deleted'],
  ]) {
    await app.get(action).first().click();
    await look(page, state, '[data-testid="saved-session"]');
    await page
      .locator('#history')
      .getByRole('button', { name: /^Cancel$/ })
      .click();
  }

  await app.startExperiment('compare', 1);
  await app.experimentDone(1);
  await unfold(page, '#experiment details:not(.menu)');
  for (const tab of TABS.experiments) {
    await app.goTo(`experiments/${tab}`);
    await look(page, `an experiment, ${tab}`, '#experiment');
  }

  await page.setViewportSize({ width: 390, height: 844 });
  for (const place of [...PLACES, 'setup']) {
    await app.goTo(place);
    await look(page, `on a phone, ${place}`, undefined, WIDTH);
  }
  for (const width of [390, 853, 2560]) {
    await page.setViewportSize({ width, height: 1000 });
    for (const place of PLACES) {
      await app.goTo(place);
      expect.soft(await tooWide(page), `${place}, ${width} px`).toEqual([]);
    }
  }
});
