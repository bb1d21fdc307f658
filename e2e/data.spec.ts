/** The Data section: a large file, packed ones, chats. What is wrong with a file is repaired in studio.spec.ts. */
import { gzipSync } from 'node:zlib';
import { FILES, PAIRS, writeBig } from './data';
import { inputDelays, mainThreadTasks, peakHeap, type Task } from './probes';
import { expect, test } from './test';

test('a file of 24 MB is read beside the page, which answers meanwhile', async ({ app, browser, page }, info) => {
  const path = info.outputPath('big.jsonl');
  test.slow();
  writeBig(path, 24);
  await app.open();
  await page
    .locator('#data')
    .getByLabel(/^Max examples/)
    .fill('500');
  await page.getByText('Paste text instead').click();
  let tasks: Task[] = [];
  const peak = await peakHeap(page, async () => {
    tasks = await mainThreadTasks(browser, page, info.outputPath('trace.json'), async () => {
      await app.get('data-file').setInputFiles(path);
      await app.get('data-paste').focus();
      await inputDelays(page, () => app.dataReady(240_000));
    });
  });
  await expect(page.locator('#data')).toContainText('120\u202f000 rows, 4 columns (JSONL, utf-8)');
  expect(peak.heap).toBeLessThan(300 * 2 ** 20);
  // CPU time: how long a key waits by the clock depends on what else the processor does; `npm run accept -- bigfile`
  // looks at that.
  expect(tasks[0].cpu).toBeLessThan(100);
});

test('packed files are read as what is inside, and so is pasted text', async ({ desk: app }) => {
  const { page } = app;
  await app
    .get('data-file')
    .setInputFiles({ name: 'facts.csv.gz', mimeType: 'application/gzip', buffer: gzipSync(FILES[2].text) });
  await app.dataReady();
  await expect(page.locator('#data')).toContainText(/40 rows, 2 columns \(CSV, utf-8; gzip\)/);
  // Every question is asked four times, with other answers.
  await app.see('issue-leak');
  await app.get('issue-leak').locator('.fix').click();
  await expect(app.get('issue-leak')).toContainText(
    '0 validation examples have a prompt that is also in the train split — equal prompts are in one split',
  );
  await app.get('data-file').setInputFiles('src/data/testing/files/pairs-zstd.parquet');
  await expect(page.locator('#data')).toContainText(/300 rows, 3 columns \(PARQUET\)/);
  await app.dataReady();

  await page.getByText('Paste text instead').click();
  await app.get('data-paste').fill(FILES[2].text);
  await app.get('data-paste-use').click();
  await expect(page.locator('#data')).toContainText('CSV');
  await app.dataReady();
});

test('chats are told by their turns, and only answers are learnt', async ({ desk: app }) => {
  const chats = PAIRS.map((p) =>
    JSON.stringify({
      conversations: [
        { from: 'human', value: p.question },
        { from: 'gpt', value: p.answer },
      ],
    }),
  );
  await app.loadFile({ name: 'chats.jsonl', mimeType: 'application/x-ndjson', text: chats.join('\n') });
  await expect(app.page.locator('#data')).toContainText('ShareGPT');
  const trained = app.get('data-preview').locator('.example').first().locator('.chip-trained');
  expect((await trained.allTextContents()).join('')).toContain(PAIRS[0].answer.slice(4));
  expect((await trained.allTextContents()).join('')).not.toContain('What colour');
});
