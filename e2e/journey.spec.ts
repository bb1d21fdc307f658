/** The whole main job on the real app, once per file format. */
import { FILES } from './data';
import { expect, test } from './test';

for (const file of FILES) {
  test(`${file.format}: load, preview, train both, look, compare, take away`, async ({ app, page }, info) => {
    await app.open();
    await app.loadFile(file);
    await expect(page.locator('#data')).toContainText(file.format);
    if (file.rows) await expect(page.locator('#data')).toContainText(`${file.rows} rows`);
    const chips = app.get('data-preview').locator('.chip-trained');
    expect(await chips.count()).toBeGreaterThan(10);

    await expect(app.get('plan-table')).toBeVisible();
    await app.small(12);
    await app.train();
    expect(await app.steps()).toBe(12);

    for (const id of ['base', 'lora', 'ts-lora']) expect(Number(await app.get(`final-${id}`).textContent())).toBeGreaterThan(0);
    // Evaluated before the first step, half way and at the end.
    expect((await app.table('loss-table')).map((row) => row[0])).toEqual(expect.arrayContaining(['base', '6', '12']));
    await expect(app.get('heatmap')).toBeVisible();
    await expect(app.get('token-view')).toBeVisible();

    const answers = await app.compare('Once upon a time');
    expect(Object.keys(answers).sort()).toEqual(['base', 'lora', 'ts-lora']);
    for (const text of Object.values(answers)) expect(text.trim()).not.toBe('');

    const zip = info.outputPath('ts-lora.zip');
    await app.exportRun('ts-lora', zip);
    expect(await app.errors()).toEqual([]);
  });
}

test('a file can be dropped, and text pasted', async ({ app, page }) => {
  await app.open();
  const file = FILES[0];
  const dropped = await page.evaluateHandle(([name, type, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type }));
    return transfer;
  }, [file.name, file.mimeType, file.text] as const);
  await app.get('data-drop').dispatchEvent('drop', { dataTransfer: dropped });
  await app.dataReady();
  await expect(app.get('data-drop')).toContainText(file.name);

  await page.getByText('Paste text instead').click();
  await app.get('data-paste').fill(FILES[2].text);
  await app.get('data-paste-use').click();
  await expect(page.locator('#data')).toContainText('CSV');
  await app.dataReady();
});

test('the token view follows a text of the user’s choice', async ({ app }) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(2000);
  await app.get('train-button').click();
  await app.waitSteps(2);
  await app.get('watch-text').fill('The dragon lost his little hat.');
  await app.get('watch-use').click();
  await expect(app.get('token-view')).toContainText('dragon', { timeout: 60_000 });
  const step = Number(await app.get('token-view').getAttribute('data-step'));
  await expect.poll(async () => Number(await app.get('token-view').getAttribute('data-step')), { timeout: 60_000 }).toBeGreaterThan(step);
  await app.get('stop-button').click();
  await app.waitPhase(['stopped'], 30_000);
});
