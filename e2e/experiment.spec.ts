/**
 * Experiments over seeds, from the page alone: methods compared, modules ranked, and a queue that outlives a reload.
 */
import { readFileSync } from 'node:fs';
import { EVERY_PART } from './app';
import { FILES } from './data';
import { screensHigh } from './probes';
import { expect, test } from './test';

test('methods compared over three seeds; a reload in the middle keeps what is finished', async ({
  app,
  page,
}, info) => {
  // The page is loaded twice, and three sessions are compiled: a busy machine needs more than the usual time.
  test.setTimeout(300_000);
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(20);
  await app.startExperiment('compare', 3);
  const first = await app.reloadAfterFirstSession();
  expect(first[1]).toMatch(/^\d+\.\d{4}$/);

  // The experiment brings its own data along, whatever the page is on.
  await app.modelReady();
  await expect(app.get('experiment')).toHaveAttribute('data-state', 'paused');
  expect((await app.table('seed-table'))[1]).toEqual(first);
  await app.get('experiment-resume').click();
  await app.experimentDone(3);
  await expect(app.get('experiment')).toHaveAttribute('data-state', 'finished');

  const rows = await app.table('seed-table');
  expect(rows[1], 'the finished seed was not trained again').toEqual(first);
  expect(
    rows
      .slice(1)
      .flatMap((r) => r.slice(1))
      .every((v) => /^\d+\.\d{4}$/.test(v)),
  ).toBe(true);
  const table = await app.table('result-table');
  expect(
    table.slice(2).every((r) => r[1] === '3' && /^\d+\.\d{3} ± \d+\.\d{3}$/.test(r[3])),
    JSON.stringify(table),
  ).toBe(true);
  const claims = await page.request.get(
    await page.locator('#experiment .lead a').evaluate((link) => (link as HTMLAnchorElement).href),
  );
  expect(await claims.text()).toMatch(/<h1>The paper.*<table>/s);
  await expect(app.get('verdicts')).toContainText(/Validation loss: (no difference shown|.* (better|worse) by )/);
  await expect(app.get('loss-figure').locator('svg .chart-dot')).toHaveCount(3 * (table.length - 2));
  await expect(page.locator('[data-chart="experiment-evidence"] svg').last()).toContainText(
    'Loss minus LoRA, paired by seed',
  );
  await expect(app.get('token-classes')).toContainText('Skipped tokens by class');
  // Half way and at the end.
  expect((await app.table('noise-table')).slice(1).map((r) => r[0])).toEqual(['10', '20']);
  expect(await app.errors()).toEqual([]);
  await page.setViewportSize({ width: 1440, height: 900 });
  for (const part of EVERY_PART.filter((p) => p.startsWith('experiments/'))) {
    await app.goTo(part);
    expect.soft(await screensHigh(page), part).toBeLessThanOrEqual(1);
  }

  const [download] = await Promise.all([page.waitForEvent('download'), app.get('experiment-report').click()]);
  const path = info.outputPath('report.html');
  await download.saveAs(path);
  const html = readFileSync(path, 'utf8');
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  expect(html).toContain(first[1]);

  await app.get('experiment-delete').click();
  await app.get('experiment-delete-sure').click();
  await expect(app.get('experiment')).toHaveCount(0);
});

test('which modules matter: probe, rankings, and LoRA on the best of each', async ({ app, page }) => {
  await app.open();
  await app.loadFile(FILES[0]);
  await app.small(4);
  await app.get('experiment-importance').click();
  await page
    .locator('#experiment')
    .getByLabel(/^Probe, steps/)
    .fill('6');
  await app.startExperiment('importance', 2);
  await app.experimentDone(4);
  await expect(app.get('experiment')).toHaveAttribute('data-state', 'finished');

  // Seven rankings and all modules, each with both seeds, at one budget.
  const table = await app.table('result-table');
  const variants = table.slice(2);
  expect(variants.map((r) => r[0])).toEqual([
    'Active share',
    'Relative change',
    'Change',
    'Gradient',
    'Sensitivity',
    'Weight',
    'Random',
    'All modules',
  ]);
  expect(variants.every((r) => r[1] === '2')).toBe(true);
  const parameters = variants.map((r) => Number(r[2].replace(/\D/g, '')));
  for (const p of parameters.slice(0, -1)) {
    expect(p).toBeLessThanOrEqual(parameters.at(-1)! * 0.25);
    expect(p).toBeGreaterThan(parameters.at(-1)! * 0.2);
  }
  const rankings = await app.table('ranking-table');
  expect(rankings).toHaveLength(8);
  expect(Math.abs(Number(rankings[3][2].replace('−', '-')))).toBeLessThanOrEqual(1);
  expect(await app.table('module-ranks')).toHaveLength(1 + 4 * 7);
  const csv = readFileSync(
    await (await app.download(() => app.press('save-experiment-modules-csv'))).path(),
    'utf8',
  ).split('\r\n');
  expect(csv[0]).toMatch(/^module,parameters,active share,95 % CI ±,active: rank,active: selected in,/);
  expect(csv.filter(Boolean)).toHaveLength(1 + 4 * 7);
  await expect(app.get('verdicts')).toContainText('selection by active share');
  expect(await app.errors()).toEqual([]);
});
