/**
 * Files that are dropped: anywhere on the page, several at once, a folder; what was open stays until the new is read.
 */
import type { Page } from '@playwright/test';
import { PAIRS } from './data';
import { expect, test } from './test';

const lines = (from: number, to: number) =>
  PAIRS.slice(from, to)
    .map((p) => JSON.stringify({ prompt: p.question, completion: p.answer }))
    .join('\n');

/** Drops files on an element, as a person would; with `folder`, a folder that holds them. */
async function drop(
  page: Page,
  selector: string,
  files: { path: string; text: string }[],
  folder: string | null = null,
): Promise<void> {
  await page.evaluate(
    ({ selector, files, folder }) => {
      const transfer = new DataTransfer();
      for (const { path, text } of files) transfer.items.add(new File([text], path));
      if (folder !== null) {
        // A page cannot make a folder's entry itself: this is what the browser hands over for one.
        const entry = (name: string, text: string) => ({
          isDirectory: false,
          name,
          fullPath: `/${folder}/${name}`,
          file: (done: (f: File) => void) => done(new File([text], name)),
        });
        let given = false;
        const reader = {
          readEntries: (done: (e: unknown[]) => void) => {
            done(given ? [] : files.map((f) => entry(f.path, f.text)));
            given = true;
          },
        };
        const item = {
          kind: 'file',
          getAsFile: () => new File([], folder),
          webkitGetAsEntry: () => ({
            isDirectory: true,
            name: folder,
            fullPath: `/${folder}`,
            createReader: () => reader,
          }),
        };
        Object.defineProperty(transfer, 'items', { value: [item] });
        Object.defineProperty(transfer, 'types', { value: ['Files'] });
      }
      for (const type of ['dragover', 'drop'])
        document
          .querySelector(selector)!
          .dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    { selector, files, folder },
  );
}

test('a drop anywhere is read; train and validation files are told by their names', async ({ desk: app }) => {
  const { page } = app;
  await drop(page, 'footer', [
    { path: 'train.jsonl', text: lines(0, 12) },
    { path: 'validation.jsonl', text: lines(12, 18) },
    { path: 'README.md', text: 'Read me.' },
  ]);
  await expect(app.get('data-files')).toContainText('validation.jsonl');
  await app.dataReady();
  await expect(app.get('data-summary')).toContainText('12 train examples, 6 for validation');
});

test('a folder is read as its files; an empty one is refused in words, and the data stay', async ({ desk: app }) => {
  const { page } = app;
  await drop(page, 'main', [{ path: 'train.jsonl', text: lines(0, 12) }], 'birds');
  await expect(page.locator('#data')).toContainText('12 rows, 2 columns');
  await app.dataReady();
  await drop(page, 'main', [], 'nothing');
  const alert = page.locator('#data').getByTestId('error-alert').first();
  await expect(alert).toContainText('nothing is a folder without files.');
  await expect(page.locator('#data')).toContainText('12 rows, 2 columns');
  await expect(app.get('train-button')).toBeEnabled();
});

test('a folder with weights is opened as a model, and one that is none leaves the model that is open', async ({
  desk: app,
}) => {
  const { page } = app;
  await drop(
    page,
    'footer',
    [
      { path: 'config.json', text: '{"model_type":"unknown"}' },
      { path: 'model.safetensors', text: 'no weights' },
    ],
    'my-model',
  );
  await expect(page.locator('#model').getByTestId('error-alert').first()).toContainText('unknown');
  await expect(app.get('model-status')).toHaveAttribute('data-status', 'ready');
});

test('a file that cannot be read leaves what was open; how a file is read can be chosen', async ({ desk: app }) => {
  const { page } = app;
  await app.loadFile({
    name: 'a.txt',
    mimeType: 'text/plain',
    text: PAIRS.slice(0, 12)
      .map((p) => p.question)
      .join('\n'),
  });
  await page.locator('#data').getByLabel('One example is').selectOption('lines');
  await expect(page.locator('#data')).toContainText('12 rows, 1 column (TXT');
  await app.dataReady();
  await app.get('data-file').setInputFiles({ name: 'empty.jsonl', mimeType: 'text/plain', buffer: Buffer.from('') });
  await expect(page.locator('#data').getByTestId('error-alert').first()).toContainText('empty');
  await expect(page.locator('#data')).toContainText('12 rows, 1 column (TXT');
});
