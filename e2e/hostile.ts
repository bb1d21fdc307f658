/** Files that no browser tab survived once (../shared/cases/faults): each is refused in words, and the page goes on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './app';
import { FILES } from './data';
import { expect, test } from './test';

const FOLDER = join('..', 'shared', 'cases', 'faults');

/** Whether they are at hand. */
export const haveHostileFiles = existsSync(FOLDER);
export const hostileFile = (name: string): Buffer => readFileSync(join(FOLDER, name));

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

/** What is given as a file; tokenizers come from a hub. */
export async function refusesHostileFiles(app: App): Promise<void> {
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
