/** The Data section: a large ill-formed file repaired by its report, packed files, the table of all rows. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FILES, PAIRS, writeBig } from './data';
import { inputDelays, mainThreadTasks, peakHeap, type Task } from './probes';
import { expect, test } from './test';

const ROWS = 100_000;

/** A CSV of 100,000 rows with everything wrong that the report can repair, at known lines. */
function illFormed(): Buffer {
  const parts: Buffer[] = [Buffer.from('question,answer\n')];
  for (let i = 0; i < ROWS; i++) {
    const line = i + 2;
    const { question, answer } = PAIRS[i % PAIRS.length];
    let text = `${question.replace('?', ` in story ${i}?`)},${answer}\n`;
    if (line === 1000) text = 'a question with no answer beside it\n';
    if (line === 2000) text = 'Where is it?,In the red, blue and green box.\n';
    if (line === 3000) text = '"An open quote,and its answer\n';
    if (line === 4000) text = 'An empty answer,\n';
    if (line === 5000) text = `${PAIRS[0].question.replace('?', ' in story 0?')},${PAIRS[0].answer}\n`;
    parts.push(line === 6000 ? Buffer.from('Who sits in the caf\xe9?,Tom does.\n', 'latin1') : Buffer.from(text));
  }
  return Buffer.concat(parts);
}

test('an ill-formed CSV of 100,000 rows: repaired by the report, mapped, previewed', async ({ app, page }) => {
  test.slow();
  await app.open();
  await page.locator('#data').getByLabel(/^Most examples/).fill('500');
  const busy = app.get('data-report').and(page.locator('[aria-busy="true"]'));
  const settled = async () => {
    await expect(busy).toHaveCount(0);
    await app.dataReady();
  };
  await app.get('data-file').setInputFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: illFormed() });
  await app.dataReady();

  await test.step('the report names every line', async () => {
    for (const [issue, line] of [['ragged', 1000], ['quote', 3000], ['empty', 4000], ['duplicate', 5000], ['encoding', 6000]] as const) {
      await expect(app.get(`issue-${issue}`)).toContainText(`line ${line}`);
    }
    await expect(app.get('issue-ragged')).toContainText('line 2000');
    await expect(app.get('data-problems')).toContainText('99\u202f995 of 100\u202f000 rows can be used');
  });

  await test.step('each repair is one click, and can be undone', async () => {
    for (const [issue, usable] of [['quote', '99\u202f996'], ['encoding', '99\u202f997'], ['ragged', '99\u202f998']] as const) {
      await app.get(`issue-${issue}`).locator('.fix').click();
      await settled();
      await expect(app.get('data-problems')).toContainText(`${usable} of`);
      await expect(app.get(`issue-${issue}`).locator('.fix')).toHaveAttribute('aria-pressed', 'true');
    }
    await app.get('issue-duplicate').locator('.fix').click();
    await settled();
    await expect(app.get('data-problems')).toContainText('99\u202f997 of');
    await app.get('data-undo').click();
    await settled();
    await expect(app.get('data-problems')).toContainText('99\u202f998 of');
  });

  await test.step('what is left out can be taken away', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), app.get('data-rejected').click()]);
    const rejected = readFileSync(await download.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as { line: number; reasons: string[] });
    expect(rejected.map((r) => r.line)).toEqual([1000, 4000]);
    expect(rejected[1].reasons).toEqual(['empty']);
  });

  await test.step('mapping says what is guessed, chosen and missing; the template is filled in live', async () => {
    const data = page.locator('#data');
    const prompt = data.getByLabel(/^Column with the prompt/);
    await expect(data.locator('label', { hasText: 'Column with the prompt' })).toContainText('guessed');
    await prompt.selectOption('');
    await expect(data.locator('label', { hasText: 'Column with the prompt' })).toContainText('missing');
    await prompt.selectOption('answer');
    await expect(data.locator('label', { hasText: 'Column with the prompt' })).toContainText('ready');
    await prompt.selectOption('question');
    await data.getByLabel('Prompt template').fill('Q: {prompt}\nA:');
    await expect(app.get('template-preview')).toContainText('Q: What colour is the ball of Tom in story 0?');
    await data.getByLabel('Prompt template').fill('Q: {nonsense}');
    await expect(app.get('template-preview')).toContainText('{nonsense}');
    await data.getByLabel('Prompt template').fill('Q: {prompt}\nA:');
    await expect(app.get('data-preview').locator('.chip').first()).toBeVisible();
    await settled();
  });

  await test.step('the table finds a row; it is edited, left out and taken in by keyboard', async () => {
    await expect(app.get('data-table-count')).toContainText('100\u202f000 in all');
    await app.get('data-filter').selectOption('empty');
    // The row that was filled up has no answer either.
    await expect(app.get('data-table-count')).toContainText('2 found');
    const list = app.get('data-table').getByRole('listbox');
    await list.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(app.get('data-row')).toContainText('Line 4000');
    await app.get('data-edit-1').fill('Now it has one.');
    await app.get('data-edit-save').click();
    await settled();
    await expect(app.get('data-problems')).toContainText('99\u202f999 of');
    await app.get('data-filter').selectOption('all');
    await app.get('data-search').fill('in STORY 77777?');
    await expect(app.get('data-table-count')).toContainText('1 found');
    await expect(app.get('data-line')).toContainText('77779');
    await list.focus();
    await page.keyboard.press('Delete');
    await settled();
    await expect(app.get('data-line')).toContainText('left out by you');
    await page.keyboard.press('Delete');
    await settled();
    await expect(app.get('data-line')).not.toContainText('left out by you');
  });
});

test('a file of 24 MB is read beside the page, which answers meanwhile', async ({ app, browser, page }, info) => {
  const path = info.outputPath('big.jsonl');
  test.slow();
  writeBig(path, 24);
  await app.open();
  await page.locator('#data').getByLabel(/^Most examples/).fill('500');
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
  // CPU time: how long a key waits by the clock depends on what else the processor does; `npm run accept -- bigfile` looks at that.
  expect(tasks[0].cpu).toBeLessThan(100);
});

test('packed files are read as what is inside', async ({ app, page }) => {
  await app.openSoon();
  await app.get('data-file').setInputFiles({ name: 'facts.csv.gz', mimeType: 'application/gzip', buffer: gzipSync(FILES[2].text) });
  await app.dataReady();
  await expect(page.locator('#data')).toContainText(/40 rows, 2 columns \(CSV, utf-8; gzip\)/);
  // Every question is asked four times, with other answers.
  await expect(app.get('issue-leak')).toBeVisible();
  await app.get('issue-leak').locator('.fix').click();
  await expect(app.get('issue-leak')).toContainText('0 held-out examples ask what is also trained on — kept on one side');
  await app.get('data-file').setInputFiles('src/data/testing/files/pairs-zstd.parquet');
  await expect(page.locator('#data')).toContainText(/300 rows, 3 columns \(PARQUET\)/);
  await app.dataReady();
});

test('chats are told by their turns, and only answers are learnt', async ({ app }) => {
  await app.openSoon();
  const chats = PAIRS.map((p) => JSON.stringify({ conversations: [{ from: 'human', value: p.question }, { from: 'gpt', value: p.answer }] }));
  await app.loadFile({ name: 'chats.jsonl', mimeType: 'application/x-ndjson', text: chats.join('\n') });
  await expect(app.page.locator('#data')).toContainText('ShareGPT');
  const trained = app.get('data-preview').locator('.example').first().locator('.chip-trained');
  expect((await trained.allTextContents()).join('')).toContain(PAIRS[0].answer.slice(4));
  expect((await trained.allTextContents()).join('')).not.toContain('What colour');
});
