/** Files that no browser tab survived once (../shared/cases/faults): each is refused in words, and the page goes on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './app';
import { FILES } from './data';
import { readRepo, serveHub } from './hub';
import { expect, test } from './test';

const FOLDER = join('..', 'shared', 'cases', 'faults');

/** Whether they are at hand. */
export const haveHostileFiles = existsSync(FOLDER);
const hostileFile = (name: string): Buffer => readFileSync(join(FOLDER, name));

/** Where each is given to the page, and the section that says what is wrong. */
const FILES_OF: { name: string; input: string; section: string }[] = [
  ...['hangs-1', 'hangs-2', 'hangs-3', 'rangeerror', 'allocates-162MB'].map((name) => ({
    name: `parquet-${name}.parquet`,
    input: 'data-file',
    section: 'data',
  })),
  { name: 'adapter-says-256MB.zip', input: 'import-file', section: 'compare' },
  { name: 'run-76MB-of-zeros.zip', input: 'history-import', section: 'history' },
];

/** Those that are given as a file. */
async function refusesHostileFiles(app: App): Promise<void> {
  for (const { name, input, section } of FILES_OF)
    await test.step(name, async () => {
      const buffer = hostileFile(name);
      await app.get(input).setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
      const problem = app.page.locator(`#${section}`).getByTestId('error-alert').first();
      await expect(problem).toHaveAttribute('data-error', /^(Data|Adapter|Storage)Error$/, { timeout: 20_000 });
      await expect(problem).not.toContainText(/RangeError|TypeError|undefined|Invalid typed array/);
    });
  await app.loadFile(FILES[0]);
  await expect(app.get('train-button')).toBeEnabled();
}

/** Tokenizers of an otherwise good model on the hub. */
async function refusesHostileTokenizers(app: App): Promise<void> {
  app.expectProblem(/request to https:\/\/huggingface\.co\/|Failed to load resource/);
  const files = readRepo(join('public', 'models', 'sieve-stories-nano'));
  const odd = ['huge-id', 'untyped-1', 'untyped-2'];
  await serveHub(
    app.page.context(),
    Object.fromEntries(
      odd.map((name) => {
        const pair = JSON.parse(hostileFile(`tokenizer-${name}.json`).toString()) as unknown[];
        const [tokenizer, config] = pair.map((part) => Buffer.from(JSON.stringify(part)));
        return [`someone/${name}`, { ...files, 'tokenizer.json': tokenizer, 'tokenizer_config.json': config }];
      }),
    ),
  );
  for (const name of odd)
    await test.step(name, async () => {
      await app.openFromHub(`someone/${name}`);
      const problem = app.page.locator('#model').getByTestId('error-alert').first();
      await expect(problem).toContainText(/tokenizer/i, { timeout: 20_000 });
      await expect(problem).not.toContainText(/TypeError|undefined/);
    });
  await app.chooseModel('sieve-stories-nano');
}

/** Every file of the folder. The nano model is open, before and after. */
export async function refusesAllHostile(app: App): Promise<void> {
  await refusesHostileFiles(app);
  await refusesHostileTokenizers(app);
}
