/**
 * Everything that axe can find, on every screen and in every state of one visit: no violation of any impact. One run of
 * a few steps serves them all; themes are switched in place.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { PAIRS } from './data';
import { expect, test } from './test';

/** Every rule that is on by default, and the size of targets (WCAG 2.2), which is not. */
async function look(page: Page, state: string, part?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).options({ rules: { 'target-size': { enabled: true } } });
  const { violations } = await (part ? axe.include(part) : axe).analyze();
  const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary?.replace(/\s+/g, ' ')}`));
  expect.soft(found, state).toEqual([]);
}

const cell = (s: string) => `"${s}"`;
/** Copies, a short row, an empty answer, and a row longer than the context. */
const ILL = ['question,answer', ...PAIRS.slice(0, 20).map((p) => `${cell(p.question)},${cell(p.answer)}`), `${cell(PAIRS[0].question)},${cell(PAIRS[0].answer)}`, 'alone', '"nothing said",', `"long","${'and on it goes '.repeat(40)}"`].join('\n');

test('axe finds nothing, in any state and theme', async ({ app, page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(`${app.base}?model=sieve-stories-nano`);
  await app.get('model-status').waitFor();
  await look(page, 'before anything is there');

  await app.modelReady();
  await app.get('data-file').setInputFiles({ name: 'ill.csv', mimeType: 'text/csv', buffer: Buffer.from('\u0000\u0001\u0002') });
  await app.get('error-alert').first().waitFor();
  await look(page, 'a file that cannot be read', '#data');

  await app.loadFile({ name: 'ill.csv', mimeType: 'text/csv', text: ILL });
  await app.small(4);
  await page.locator('[data-testid="data-line"]').first().click();
  await app.get('data-row').waitFor();
  await page.locator('#data details, #configure details, #compare details').evaluateAll((all) => all.forEach((d) => { (d as HTMLDetailsElement).open = true; }));
  await app.set('Rank', -1);
  await app.get('config-problem').waitFor();
  await look(page, 'data with problems, a row open, settings that cannot be');
  await app.set('Rank', 8);

  await app.get('train-button').click();
  await app.waitSteps(1);
  await look(page, 'a run on its way', '#train');
  await app.waitPhase(['finished'], 120_000);
  await app.compare('What colour is the ball of Tom?');
  await app.get('kept-run').first().waitFor();
  await page.locator('details').evaluateAll((all) => all.forEach((d) => { (d as HTMLDetailsElement).open = true; }));
  for (const chart of ['loss', 'skipmap']) await app.get(`explain-${chart}`).click();
  const colours = page.getByRole('group', { name: 'Colours' });
  for (const theme of ['Light', 'Dark', 'Contrast']) {
    await colours.getByRole('button', { name: theme }).click();
    await look(page, `after a run, ${theme}`);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'after a run, high contrast on a dark system');

  await page.keyboard.press('?');
  await look(page, 'the list of keys', '[data-testid="shortcuts"]');
  await page.keyboard.press('Escape');
  await app.get('tour-start').click();
  await look(page, 'the tour', '[data-testid="tour"]');
  await app.get('tour-end').click();

  for (const [action, state] of [['kept-edit', 'a kept run renamed'], ['kept-delete', 'a kept run about to be deleted']]) {
    await app.get(action).click();
    await look(page, state, '#history');
    await page.locator('#history').getByRole('button', { name: /^(Cancel|Keep it)$/ }).click();
  }

  await app.startStudy('compare', 1);
  await app.studyDone(1);
  await page.locator('#experiment details').evaluateAll((all) => all.forEach((d) => { (d as HTMLDetailsElement).open = true; }));
  await look(page, 'an experiment', '#experiment');

  await page.setViewportSize({ width: 390, height: 844 });
  await look(page, 'on a phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
