/** Two experiments side by side: what they were set to, where they ended, what they write, and who is better, judged blindly. */
import { FILES } from './data';
import { expect, test } from './test';

test('a kept run beside the session’s: settings, numbers, words, maps, and a blind vote by keyboard', async ({ app, page }) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(4);
  await app.train();
  await expect(app.get('kept-run')).toHaveCount(1);
  await app.set('Learning rate', 0.05);
  await app.train();
  await expect(app.get('kept-run')).toHaveCount(2);

  // The first experiment comes in from History, with its curves.
  await app.get('compare-add').click();
  await expect(page.locator('#compare').getByText('From History:')).toBeVisible();
  const diff = await app.table('config-diff');
  expect(diff.find((row) => row[0] === 'Learning rate')?.slice(1)).toEqual(['0.05', '0.05', '0.003', '0.003']);
  expect(diff.map((row) => row[0])).toEqual(['Setting', 'Method', 'Learning rate']);

  const chooser = app.get('chooser');
  await chooser.getByLabel('Held against').selectOption({ label: 'LoRA' });
  const rows = await app.table('final-table');
  expect(rows.slice(1).map((row) => row[0])).toEqual(['Base', 'LoRAheld against', 'TS-LoRA', expect.stringMatching(/^LoRA · /), expect.stringMatching(/^TS-LoRA · /)]);
  expect(rows[2][2]).toMatch(/^\d\.\d{3}( ▾ lowest)?$/);
  expect(rows[1][2]).toMatch(/^\d\.\d{3} [+−]\d\.\d{3}$/);
  // The lowest are marked, as far as the digits tell, and nothing else.
  const losses = rows.slice(1).map((row) => Number.parseFloat(row[2]));
  expect(rows.slice(1).map((row) => row[2].includes('▾ lowest'))).toEqual(losses.map((loss) => loss === Math.min(...losses)));
  await expect(app.get('caution')).toContainText('one seed cannot tell');
  await expect(page.locator('[data-chart="compare-heldout"] .readout li')).toHaveCount(6);
  await expect(page.locator('[data-chart="skipcompare"] [data-testid^="skips-"]')).toHaveCount(2);
  await expect(page.locator('[data-chart="skipcompare"] [data-testid^="shift-"]')).toHaveCount(1);

  // The kept adapters are loaded when they are asked.
  await app.temperature(0);
  const answers = await app.compare('What colour is the hat of Tom?');
  expect(Object.keys(answers)).toHaveLength(5);
  const against = Object.entries(answers).find(([key, text]) => key !== 'lora' && text !== answers.lora);
  expect(against).toBeDefined();
  const card = page.getByTestId(`answer-${against![0]}`);
  expect(await card.locator('ins').count() + await card.locator('del').count()).toBeGreaterThan(0);
  await expect(app.get(`diff-${against![0]}`)).toContainText(/words the same, \d+ put in, \d+ left out/);

  const vote = app.get('vote');
  await vote.getByLabel('The other').selectOption({ label: 'Base' });
  await app.press('vote-start');
  const round = page.locator('[data-testid="vote-round"][data-waiting="true"]');
  for (const key of ['1', '0']) {
    await round.waitFor();
    await expect(app.get('vote-round')).toBeFocused();
    await expect(vote).not.toContainText('LoRA');
    await page.keyboard.press(key);
  }
  await round.waitFor();
  // The keys are the vote's only while the focus is there.
  await app.get('compare-prompt').focus();
  await page.keyboard.press('1');
  const count = async () => [await app.get('tally-x').textContent(), await app.get('tally-y').textContent()];
  expect((await count()).sort()).toEqual(['0', '1']);
  await expect(app.get('vote-outcome')).toContainText('95 % interval');
  const before = await count();

  await page.reload();
  await app.modelReady();
  expect(await count()).toEqual(before);
  await app.get('vote-reveal').click();
  await expect(app.get('tally')).toContainText('LoRA');
  await expect(app.get('tally')).toContainText('Base');
  await app.get('vote-reset').click();
  await expect(app.get('tally')).toHaveCount(0);
});
