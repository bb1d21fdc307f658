/**
 * A web developer with a CSV of labelled tickets: how often each run is right, where it is wrong, and on which tickets.
 */
import { readFile } from 'node:fs/promises';
import { cellsOf, screensHigh } from './probes';
import { expect, test } from './test';
import { TICKETS } from './tickets';

test('labelled tickets end with an accuracy, and every number leads to its tickets', async ({ app, page }, info) => {
  test.slow();
  await app.open();
  const text = ['text,label', ...TICKETS].join('\n');
  await app.loadFile({ name: 'tickets.csv', mimeType: 'text/csv', text });
  await app.small(24);
  await app.train();

  const live = page.locator('.train, .live').first();
  await expect(app.get('tile-accuracy')).toContainText('%');
  await live.getByRole('tab', { name: 'Labels' }).click();
  const [, majority, base, lora] = await cellsOf(live.getByTestId('accuracy-table'));
  expect(majority[0]).toBe('Always “billing”');
  expect(base[2]).toMatch(/^\d+ of 10$/);
  const [right, all] = lora[2].split(' of ').map(Number);
  expect(all).toBe(10);
  expect(lora[1]).toContain(`${((100 * right) / all).toFixed(1)} %`);
  await expect(app.get('tile-accuracy')).toContainText(`${((100 * right) / all).toFixed(1)} %`);
  // The sum of every class's support is every validation example.
  const classes = await cellsOf(live.getByTestId('class-table'));
  expect(
    classes
      .slice(1)
      .map((r) => r[0])
      .sort(),
  ).toEqual(['account', 'billing', 'bug']);
  expect(classes.slice(1).reduce((sum, r) => sum + Number(r[1]), 0)).toBe(10);
  // Three evaluations: before, half way, and at the end.
  await app.get('as-table-accuracy').click();
  expect((await cellsOf(app.get('table-accuracy'))).slice(1).map((r) => r[0])).toEqual(['0', '12', '24']);

  // In Compare by keyboard: a cell of the matrix, and its tickets.
  await app.goTo('compare/labels');
  const compare = page.locator('#compare');
  const size = page.viewportSize()!;
  for (const [width, height, most] of [
    [1440, 900, 1],
    [390, 844, 3],
  ]) {
    await page.setViewportSize({ width, height });
    expect(await screensHigh(page), `${width} × ${height}`).toBeLessThanOrEqual(most);
  }
  await page.setViewportSize(size);
  const matrix = compare.getByTestId('confusion-lora');
  await matrix.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(compare.getByTestId('examples')).toContainText('“billing”, told rightly');
  const billing = Number(/: (\d+)/.exec((await compare.getByTestId('examples').locator('h3').textContent())!)![1]);
  expect(await compare.getByTestId('examples-table').locator('tbody tr').count()).toBe(billing);
  await compare.getByRole('button', { name: 'All mistakes' }).click();
  await expect(compare.getByTestId('examples')).toContainText(`Mistakes: ${all - right}`);
  const download = page.waitForEvent('download');
  await app.get('save-examples').last().click();
  const path = info.outputPath('mistakes.csv');
  await (await download).saveAs(path);
  const lines = (await readFile(path, 'utf8')).trim().split('\r\n');
  expect(lines[0]).toBe('example,text,label,predicted,probability');
  expect(lines).toHaveLength(1 + all - right);

  // After a reload the session is open again, in the same place, and shows the same.
  const before = await cellsOf(compare.getByTestId('accuracy-table'));
  await page.reload();
  await app.waitPhase(['finished'], 60_000);
  await expect(page.locator('[data-route="/compare/labels"]')).toBeVisible();
  expect(await cellsOf(compare.getByTestId('accuracy-table'))).toEqual(before);
});
