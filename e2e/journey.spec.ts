/**
 * The whole main job on the real app: a file of every format is read and seen, a table and a plain text are trained on.
 */
import { FILES } from './data';
import { expect, test } from './test';

/** Rows know nothing of the file they came from: one kind of each is trained on, pairs and plain text. */
const TRAINED = ['JSONL', 'TXT'];

test('load and preview every format; train both, look, compare, take away', async ({ app, page }, info) => {
  test.slow();
  await app.open();
  for (const file of FILES) {
    await test.step(file.format, async () => {
      await app.loadFile(file);
      await expect(page.locator('#data')).toContainText(file.format);
      if (file.rows) await expect(page.locator('#data')).toContainText(`${file.rows} rows`);
      expect(await app.get('data-preview').locator('.chip-trained').count()).toBeGreaterThan(10);
      await app.see('plan-table');
      for (const item of ['Tokens of the data set', 'Tokenizer', 'ONNX Runtime'])
        await expect(app.get('plan-table')).toContainText(item);
      expect(await app.errors()).toEqual([]);
      if (!TRAINED.includes(file.format)) return;

      await app.small(12);
      await app.train();
      expect(await app.steps()).toBe(12);
      for (const id of ['base', 'lora', 'ts-lora'])
        expect(Number(await app.get(`final-${id}`).textContent())).toBeGreaterThan(0);
      // Evaluated before the first step, half way and at the end.
      expect((await app.table('loss-table')).map((row) => row[0])).toEqual(
        expect.arrayContaining(['base model', '6', '12']),
      );
      await app.see('heatmap');
      await app.see('token-view');

      const answers = await app.compare('Once upon a time');
      expect(Object.keys(answers).sort()).toEqual(['base', 'lora', 'ts-lora']);
      for (const text of Object.values(answers)) expect(text.trim()).not.toBe('');
      await app.exportRun('ts-lora', info.outputPath(`${file.format}.zip`));
      expect(await app.errors()).toEqual([]);
    });
  }
});
