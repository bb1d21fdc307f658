/**
 * Files that cannot be used: plain words, and the page goes on working (rows of the fault table). What a CSV can have
 * wrong is in studio.spec.ts.
 */
import { FILES, PAIRS } from './data';
import { haveHostileFiles, refusesAllHostile } from './hostile';
import { answersOfWorkers } from './probes';
import { expect, test } from './test';

const lines = PAIRS.slice(0, 20).map((p) => JSON.stringify({ prompt: p.question, completion: p.answer }));
const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(FILES[4].text, 'utf16le')]);

/** Refused with an error that says why. */
const REFUSED: [string, string, Buffer | string, RegExp][] = [
  ['an empty file', 'empty.jsonl', '', /empty/i],
  ['a header and nothing else', 'header.csv', 'prompt,completion\n', /row|empty/i],
  ['one row', 'one.jsonl', lines[0], /one|1|at least/i],
  [
    'a binary file',
    'binary.txt',
    Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)),
    /binary|text|utf/i,
  ],
  ['JSON that is cut off', 'cut.json', FILES[1].text.slice(0, -40), /json/i],
];

test('refused in words, and the page goes on', async ({ desk: app }) => {
  const { page } = app;
  await app.loadSample((await app.samples())[0]);
  for (const [name, fileName, text, words] of REFUSED) {
    await test.step(name, async () => {
      await app.get('data-file').setInputFiles({ name: fileName, mimeType: 'text/plain', buffer: Buffer.from(text) });
      await expect(page.locator('#data').getByTestId('error-alert').first()).toContainText(words);
      await expect(page.locator('#data').getByTestId('error-alert').first()).toHaveAttribute('data-error', 'DataError');
      await app.loadFile(FILES[0]);
      expect(await page.locator('#data').getByTestId('error-alert').count()).toBe(0);
    });
  }
});

test('in another language, the worker says it in that one', async ({ desk: app }) => {
  const alert = app.page.locator('#data').getByTestId('error-alert').first();
  const empty = { name: 'empty.jsonl', mimeType: 'text/plain', buffer: Buffer.from('') };
  // A page that is drawn anew has a new file input.
  const speak = async (language: string) => {
    await app.get(`language-${language}`).click();
    await expect(app.page.locator(`html[lang=${language}]`)).toBeAttached();
  };
  await speak('zh');
  await app.get('data-file').setInputFiles(empty);
  await expect(alert).toContainText('文件是空的。');
  await speak('en');
  await app.get('data-file').setInputFiles(empty);
  await expect(alert).toContainText('The file is empty.');
});

test('a broken line is named, the others are kept', async ({ desk: app }) => {
  await app.loadFile({
    name: 'broken.jsonl',
    mimeType: 'text/plain',
    text: [...lines.slice(0, 6), '{"prompt": "x", ', ...lines.slice(6)].join('\n'),
  });
  await expect(app.get('data-problems')).toContainText('line 7');
});

test('two columns with one name get names apart, and the report says so', async ({ desk: app }) => {
  await app.loadFile({
    name: 'twice.csv',
    mimeType: 'text/csv',
    text: `text,text\n${Array.from({ length: 9 }, (_, i) => `a${i},b${i}`).join('\n')}\n`,
  });
  await expect(app.get('issue-notes')).toContainText('another column is called “text”; it is “text (2)” here');
});

test('UTF-16 is read as what it is', async ({ desk: app }) => {
  const { page } = app;
  await app.get('data-file').setInputFiles({ name: 'wide.txt', mimeType: 'text/plain', buffer: utf16 });
  await app.dataReady();
  await expect(page.locator('#data')).toContainText(/utf-16/i);
  await expect(page.locator('#data')).not.toContainText('\ufffd');
});

test('__proto__ as a key, markup and special tokens stay plain text', async ({ desk: app }) => {
  const { page } = app;
  const rows = PAIRS.slice(0, 10).map(
    (p) =>
      `{"prompt": ${JSON.stringify(p.question)}, "completion": "<img src=x onerror=alert(1)> <|endoftext|> ${p.answer}", "__proto__": {"polluted": true}}`,
  );
  await app.loadFile({ name: 'proto.jsonl', mimeType: 'text/plain', text: rows.join('\n') });
  const polluted = () => (({}) as { polluted?: boolean }).polluted ?? null;
  expect(await page.evaluate(polluted)).toBeNull();
  const answers = await answersOfWorkers(page, polluted);
  expect(answers.length, 'the workers for data and training at least').toBeGreaterThanOrEqual(2);
  for (const answer of answers) expect(answer).toBeNull();
  expect(await page.locator('#data img').count()).toBe(0);
  await expect(app.get('data-preview')).toContainText('onerror');
});

test('a setting out of range cannot be trained', async ({ desk: app }) => {
  await app.set('rank', 1_000_000_000);
  await expect(app.get('train-button')).toBeDisabled();
  await app.set('rank', 8);
  await expect(app.get('train-button')).toBeEnabled();
});

test('files that no tab survived once are refused in words, and so are tokenizers', async ({ desk: app }) => {
  test.skip(!haveHostileFiles, 'needs ../shared/cases/faults');
  await refusesAllHostile(app);
});
