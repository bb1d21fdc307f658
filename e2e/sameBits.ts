/** The bits that training must give wherever it is computed on the CPU: any browser, Node, any number of threads. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { TestInfo } from '@playwright/test';
import type { App } from './app';
import { FILES } from './data';
import { expect } from './test';

/** What `src/train/sameBits.cpu.test.ts` trains in Node, by run: SHA-256 of the adapter's weights file. */
const EXPECTED = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'src', 'train', 'testing', 'sameBits.json'), 'utf8'),
) as Record<string, string>;

/** Thirty small steps of LoRA and TS-LoRA on the nano model, which is open. */
export async function trainsTheSameBits(app: App, info: TestInfo): Promise<void> {
  await app.loadFile(FILES[1]);
  await app.small(30);
  await app.train();
  const bits: Record<string, string> = {};
  for (const id of Object.keys(EXPECTED)) {
    const path = info.outputPath(`${id}.zip`);
    await app.exportRun(id, path);
    const files = unzipSync(readFileSync(path));
    const [name] = Object.keys(files).filter((file) => file.endsWith('adapter_model.safetensors'));
    bits[id] = createHash('sha256').update(files[name]).digest('hex');
  }
  expect(bits).toEqual(EXPECTED);
}
