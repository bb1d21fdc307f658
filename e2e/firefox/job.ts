/** The whole job, whatever computes: LoRA and TS-LoRA train side by side on a file, answer, and leave as files. */
import type { TestInfo } from '@playwright/test';
import type { App } from '../app';
import { FILES } from '../data';
import { expect } from './test';

export async function wholeJob(app: App, info: TestInfo): Promise<void> {
  await app.modelReady();
  await app.loadFile(FILES[0]);
  await app.small(6);
  await app.train();
  const rows = (await app.table('work-table')).slice(1);
  expect(rows.map(([name]) => name)).toEqual(['LoRA', 'TS-LoRA']);
  for (const [, loss] of rows) expect(Number(loss)).toBeGreaterThan(0);
  await expect(app.get('heatmap')).toHaveAttribute('data-step', '6');
  const answers = await app.compare('Once upon a time');
  expect(Object.keys(answers)).toEqual(['base', 'lora', 'ts-lora']);
  for (const text of Object.values(answers)) expect(text).not.toBe('');
  for (const id of ['lora', 'ts-lora']) await app.exportRun(id, info.outputPath(`${id}.zip`));
}
