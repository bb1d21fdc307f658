/**
 * A folder with a vision transformer, a zip of pictures by class: they are trained on, and the gates of every patch are
 * seen.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SessionConfig, runSchema, trainSchema } from '../src/shared/config';
import { PATTERNS, patternZip } from '../src/train/testing/patterns';
import { vitFolder } from '../src/train/testing/pictures';
import { cellsOf } from './probes';
import { expect, test } from './test';

const CONFIG: SessionConfig = {
  train: trainSchema.parse({
    steps: 40,
    batchSize: 20,
    maxSequenceLength: 10,
    learningRate: 1e-2,
    warmupSteps: 5,
    evalInterval: 20,
    evalExamples: 40,
  }),
  runs: (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({
      id: method,
      name: method === 'lora' ? 'LoRA' : 'TS-LoRA',
      method,
      rank: 4,
      alpha: 8,
      modules: ['all-linear'],
      ...(method === 'ts-lora' && { gate: { targetSparsity: 0.4 } }),
    }),
  ),
};

test('200 pictures in 4 classes train a tiny ViT; skipped patches fade on the picture', async ({ app, page }, info) => {
  test.slow();
  const folder = info.outputPath('tiny-vit');
  await mkdir(folder, { recursive: true });
  const read = await Promise.all(
    ['config.json', 'model.safetensors'].map(async (name) => {
      const path = `python/fixtures/families/vit/${name}`;
      return [path, await readFile(path)] as const;
    }),
  );
  for (const [path, blob] of vitFolder((wanted) => read.find(([name]) => name === wanted)![1]))
    await writeFile(join(folder, path), Buffer.from(await blob.arrayBuffer()));
  const zip = info.outputPath('patterns.zip');
  await writeFile(zip, patternZip(200));

  await app.open();
  await app.get('model-folder').setInputFiles(folder);
  await expect(app.get('model-status')).toContainText('12 × 12');
  await app.modelReady();
  await expect(app.get('logit-check')).toHaveAttribute('data-ok', 'true');

  // Under Data: the classes, the pictures beside them, and a picture as the model sees it.
  await app.loadFile(zip);
  await expect(app.get('data-summary')).toContainText('the class of each picture');
  await expect(app.get('data-report')).toContainText('180');
  await app.goTo('setup/data/rows');
  await app.get('data-filter').selectOption('validation');
  await expect(app.get('data-table-count')).toContainText('20');
  await expect(app.get('data-line').first().locator('canvas.picture')).toBeVisible();
  await app.get('data-line').first().click();
  await expect(app.get('data-row').getByRole('img')).toBeVisible();
  await app.goTo('setup/data/split');
  const labels = await app.table('data-labels');
  expect(
    labels
      .slice(1)
      .map(([name]) => name)
      .sort(),
  ).toEqual(PATTERNS);

  await app.importSettings(CONFIG);
  await app.train();
  await expect(app.get('tile-accuracy')).toContainText('%');
  const live = page.locator('.live').first();
  await live.getByRole('tab', { name: 'Labels' }).click();
  const [, , base, lora, gated] = await cellsOf(live.getByTestId('accuracy-table'));
  const share = (row: string[]) => Number(/[\d.]+/.exec(row[1])![0]);
  expect(share(base)).toBeLessThan(60);
  expect(share(lora)).toBeGreaterThan(70);
  expect(share(gated)).toBeGreaterThan(70);

  // The picture: nine patches and the class token, some faded, each with its gates.
  const view = live.getByTestId('patch-view');
  await expect(view).toHaveAttribute('data-step', '40');
  const shares = await view
    .locator('[data-token]')
    .evaluateAll((all) => all.map((e) => Number((e as HTMLElement).dataset.share)));
  expect(shares.length).toBe(10);
  expect(Math.min(...shares)).toBeLessThan(Math.max(...shares));
  await view.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(live.getByTestId('patch-note')).toHaveText(/^row 1, column 2: active in/);
  await expect(page).toHaveURL(/token=2/);
  const first = await live.getByTestId('watch-picture').textContent();
  await live.getByRole('button', { name: 'Next picture' }).click();
  await expect(live.getByTestId('watch-picture')).not.toHaveText(first!);
});
