/**
 * A folder with an encoder that has no head, and a CSV of labelled texts: trained, told apart, exported; nothing asks
 * it for text.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SessionConfig, runSchema, trainSchema } from '../src/shared/config';
import { reviews, tinyBert } from '../src/train/testing/tinyBert';
import { expect, test } from './test';

const CONFIG: SessionConfig = {
  train: trainSchema.parse({
    steps: 60,
    batchSize: 8,
    maxSequenceLength: 16,
    learningRate: 1e-2,
    warmupSteps: 3,
    evalInterval: 30,
    evalExamples: 16,
  }),
  runs: (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({
      id: method,
      name: method === 'lora' ? 'LoRA' : 'TS-LoRA',
      method,
      rank: 4,
      alpha: 8,
      modules: ['query', 'value'],
      ...(method === 'ts-lora' && { gate: { targetSparsity: 0.3 } }),
    }),
  ),
};

test('a tiny BERT without a head learns labelled reviews; what writes text is off, with the reason', async ({
  app,
  page,
}, info) => {
  test.slow();
  const folder = info.outputPath('tiny-bert');
  await mkdir(folder, { recursive: true });
  for (const [path, blob] of tinyBert()) await writeFile(join(folder, path), Buffer.from(await blob.arrayBuffer()));
  await app.open();
  await app.loadFile({ name: 'reviews.csv', mimeType: 'text/csv', text: reviews(200) });
  await app.get('model-folder').setInputFiles(folder);
  await expect(app.get('model-classes')).toContainText('A new one is drawn');
  await app.modelReady();
  await expect(app.get('logit-check')).toHaveAttribute('data-ok', 'true');
  await expect(app.get('logit-check')).toContainText('on 3 sequences');

  await app.importSettings(CONFIG);
  await app.goTo('setup/data/mapping');
  const data = page.locator('#data');
  await expect(data).toContainText('there is no template, and the class is the only target');
  await expect(app.get('template-preview')).toHaveCount(0);
  await expect(data.getByText('Completion-only loss')).toHaveCount(0);

  await app.train();
  // The tile is drawn a moment after the run has ended.
  const tile = app.get('tile-accuracy');
  await expect(tile).toContainText('%');
  expect(Number(/([\d.]+) %/.exec((await tile.textContent())!)![1])).toBeGreaterThanOrEqual(90);
  await expect(page.locator('.live-samples')).toHaveCount(0);
  await app.get('export-lora').click();
  await expect(app.get('export-dialog').locator('pre').first()).toContainText('num_labels=2');
  await app.get('export-kind-safetensors').check();
  await expect(app.get('export-dialog').locator('pre').first()).toContainText(/# (good, bad|bad, good)\n?/);
  await app.get('export-close').click();
  for (const tab of ['answers', 'vote']) {
    await app.goTo(`compare/${tab}`);
    await expect(page.locator('#compare')).toContainText('writes no text');
  }
  await expect(app.get('compare-prompt')).toHaveCount(0);
  await app.goTo('compare/labels');
  await expect(page.locator('#compare').getByTestId('accuracy-table')).toContainText('20 validation examples');
});
