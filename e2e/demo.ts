/**
 * `npm run demo`: the main job without a screen. Builds and serves the real app, trains LoRA and TS-LoRA on a sample
 * set in a headless browser, prints the comparison, saves screenshots to .out/demo/.
 *
 * Options: --model 4m|nano  --sample <id>  --prompt <text>  --overview <path>, and the flag of every setting
 * (docs/settings.md): --steps N  --learning-rate X  --target-sparsity X …
 * --record <path>: the run as a file of History, without its adapters: `--model nano --record public/recorded/run.zip`
 * --linked <path>: the picture that stands beside a link to the page, public/og.jpg
 * --screens <folder>: pictures of every view (with a small experiment), and <folder>.md that shows them
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { settingFlags, withFlags } from '../src/cli/flags';
import { defaultSession } from '../src/shared/config';
import type { App, ModelId } from './app';
import { Screens, takeLinked, takeOverview } from './screens';
import { formatTable, launch, options, serveBuild, visit } from './server';

const OUT = '.out/demo';

export async function main(argv: string[]): Promise<number> {
  const { named, words } = options(argv);
  const known = ['model', 'sample', 'prompt', 'overview', 'linked', 'screens', 'record', ...settingFlags];
  const unknown = [...Object.keys(named).filter((n) => !known.includes(n)), ...words];
  if (unknown.length)
    throw new Error(`unknown option ${unknown.join(', ')}; there are ${known.map((n) => `--${n}`).join(' ')}`);
  const model: ModelId = named.model === 'nano' ? 'sieve-stories-nano' : 'sieve-stories-4m';
  const steps = named.steps ?? '60';
  const every = String(Math.max(1, Math.round(Number(steps) / 5)));
  const config = withFlags(defaultSession(), { steps, 'eval-interval': every, ...named });

  console.log('building the app');
  mkdirSync(OUT, { recursive: true });
  const site = await serveBuild();
  const browser = await launch();
  const { app, page } = await visit(browser, site);
  try {
    await app.open(model);
    console.log(`\n${(await app.get('model-status').innerText()).trim()}\n`);
    await page.screenshot({ path: `${OUT}/1-model.png` });

    const sample = named.sample ?? (await app.samples())[0];
    await app.loadSample(sample);
    console.log(`sample set ${sample}: ${(await app.get('data-report').innerText()).replace(/\s+/g, ' ').trim()}`);
    await app.get('data-preview').screenshot({ path: `${OUT}/2-preview.png` });

    await app.importSettings(config);
    const start = Date.now();
    await app.get('train-button').click();
    let shown = 0;
    while (!['finished', 'failed', 'stopped'].includes(await app.phase())) {
      await page.waitForTimeout(1000);
      const done = await app.steps();
      if (done >= shown + Math.max(1, Math.round(config.train.steps / 10))) {
        shown = done;
        console.log(`step ${done} of ${config.train.steps}, ${((Date.now() - start) / 1000).toFixed(0)} s`);
      }
    }
    await app.waitPhase(['finished'], 1000);
    console.log(`trained in ${((Date.now() - start) / 1000).toFixed(0)} s\n`);

    const suggestions = page.locator('#compare button.suggestion');
    const prompt =
      named.prompt ??
      ((await suggestions.count()) ? (await suggestions.first().textContent())!.trim() : 'Once upon a time');
    const answers = await app.compare(prompt, 300_000);
    console.log(formatTable(await app.table('final-table')));
    console.log();
    console.log(formatTable(await app.table('work-table')));
    console.log(`\nprompt: ${prompt}`);
    for (const [id, text] of Object.entries(answers)) console.log(`\n[${id}] ${text.trim()}`);

    for (const [name, place] of [
      ['3-train', 'train'],
      ['4-compare', 'compare'],
      ['5-history', 'history'],
    ]) {
      await app.goTo(place);
      await page.screenshot({ path: `${OUT}/${name}.png`, fullPage: true });
    }
    if (named.overview) await takeOverview(page, named.overview);
    if (named.linked) await takeLinked(page, named.linked);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${OUT}/dark.png` });
    if (named.record) await record(app, named.record);
    if (named.screens) await takeScreens(app, named.screens);
    console.log(`\nscreenshots: ${OUT}/`);
    const wrong = [...(await app.errors()), ...app.problems];
    for (const problem of wrong) console.error(`problem: ${problem}`);
    return wrong.length ? 1 : 0;
  } finally {
    await browser.close();
    await site.close();
  }
}

/** The run with its curves alone: what the page plays where nobody has trained anything yet. */
async function record(app: App, path: string): Promise<void> {
  const download = await app.download(() => app.press('saved-export'));
  const files = unzipSync(readFileSync(await download.path()), { filter: ({ name }) => !name.includes('/') });
  mkdirSync(dirname(path), { recursive: true });
  // No times of its own: the same run gives the same file.
  writeFileSync(path, zipSync(files, { level: 9, mtime: '2026-01-01T00:00:00' }));
  console.log(`recorded: ${path}`);
}

/** Every section as the run has left it, then an experiment and what is kept. */
async function takeScreens(app: App, folder: string): Promise<void> {
  const screens = new Screens(folder, app.page);
  for (const [section, title] of [
    ['train', 'Train'],
    ['compare', 'Compare'],
    ['setup/model', 'Model'],
    ['setup/data/preview', 'Data'],
    ['setup/settings', 'Settings'],
  ])
    await screens.take(section, title);
  await app.small(10);
  await app.startExperiment('compare', 2);
  await app.experimentDone(2, 15 * 60_000);
  await screens.take('experiments', 'Experiments');
  await screens.take('history', 'Saved');
  screens.write(`${folder}.md`);
}
