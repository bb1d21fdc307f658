/** An adapter leaves the page as a zip and comes back as the same adapter. */
import { FILES } from './data';
import { expect, test } from './test';

test('export, reload, import: the same answers', async ({ app, page }, info) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.set('Steps', 30);
  await app.train();
  await app.temperature(0);
  const prompt = 'What colour is the hat of Tom?';
  const before = await app.compare(prompt);
  const zips = { lora: info.outputPath('lora.zip'), 'ts-lora': info.outputPath('ts-lora.zip') };
  await app.exportRun('lora', zips.lora);
  await app.exportRun('ts-lora', zips['ts-lora']);

  await app.open();
  // The prompt template is the data set's: the same file, the same prompt.
  await app.loadFile(FILES[0]);
  await app.get('import-file').setInputFiles(zips.lora);
  await expect(page.locator('[data-testid^="export-"]')).toHaveCount(1);
  await app.get('import-file').setInputFiles(zips['ts-lora']);
  await expect(page.locator('[data-testid^="export-"]')).toHaveCount(2);
  await app.temperature(0);
  const after = Object.values(await app.compare(prompt));
  expect(after.sort()).toEqual(Object.values(before).sort());
});

test('a zip that is no adapter is refused in words', async ({ app }) => {
  await app.open();
  await app.get('import-file').setInputFiles({ name: 'x.zip', mimeType: 'application/zip', buffer: Buffer.from('not a zip') });
  await expect(app.get('error-alert').first()).toContainText('zip');
});
