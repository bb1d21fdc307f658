/**
 * Every view and every part of one, after a run and an experiment, in every theme and language: what axe finds; and
 * pictures.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { type App, EVERY_PART } from './app';
import { axeFinds } from './axe';
import { TICKETS } from './tickets';

const THEMES = ['light', 'dark', 'contrast'] as const;
const LANGUAGES = ['en', 'zh'] as const;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1280, height: 720 },
  { width: 900, height: 800 },
  { width: 390, height: 844 },
];
/** Charts are drawn four times a second at most, in ms. */
const DRAWN = 600;

async function wear(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme === 'dark' ? 'dark' : 'light', reducedMotion: 'reduce' });
  await page.evaluate((more) => {
    if (more) document.documentElement.dataset.contrast = 'more';
    else delete document.documentElement.dataset.contrast;
  }, theme === 'contrast');
}

/** Something to see everywhere: labelled data, a run of both kinds, an answer, an experiment. */
export async function fill(app: App): Promise<void> {
  await app.open();
  await app.loadFile({
    name: 'tickets.csv',
    mimeType: 'text/csv',
    text: ['text,label', ...TICKETS, 'alone'].join('\n'),
  });
  await app.small(16);
  await app.train();
  await app.compare('The page is broken');
  await app.get('saved-session').first().waitFor({ state: 'attached' });
  await app.startExperiment('compare', 2);
  await app.experimentDone(2);
}

/**
 * @param folder for pictures in every size; none are taken where it is null
 * @returns what axe finds
 */
export async function everyView(app: App, folder: string | null): Promise<string[]> {
  const { page } = app;
  await fill(app);
  const found: string[] = [];
  if (folder) mkdirSync(folder, { recursive: true });
  for (const language of LANGUAGES) {
    if (language !== 'en') await app.get(`language-${language}`).click();
    for (const theme of THEMES) {
      await wear(page, theme);
      for (const place of EVERY_PART) {
        await app.goTo(place);
        const where = `${place}, ${theme}, ${language}`;
        const finds = await axeFinds(page);
        console.log(`${where}: ${finds.length} found`);
        found.push(...finds.map((f) => `${where}: ${f}`));
        if (!folder) continue;
        for (const size of SIZES) {
          await page.setViewportSize(size);
          await page.waitForTimeout(DRAWN);
          const name = `${place.replaceAll('/', '-')}-${size.width}-${theme}-${language}.png`;
          await page.screenshot({ path: join(folder, name) });
        }
        await page.setViewportSize(SIZES[0]);
      }
    }
  }
  return found;
}
