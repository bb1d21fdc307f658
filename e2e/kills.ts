/**
 * Kills of the browser at random moments of training, of writing a checkpoint, of keeping a run that ended and of
 * importing one. After each: what was kept earlier is there still, and the run goes on to the same bits.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/shared/rng';
import type { App } from './app';
import { FILES } from './data';
import { type Ending, type Killable, endingOf, openKillable } from './killed';

const MOMENTS = ['training', 'checkpointing', 'saving', 'importing'] as const;
type Moment = (typeof MOMENTS)[number];
const STEPS = 150;
/** What is imported takes about so long, and a checkpoint, in ms: kills fall within. */
const IMPORT = 400;
const CHECKPOINT = 60;
const SAVING = 300;

export interface Kills {
  /** How many there were of each. */
  counts: Record<Moment, number>;
  /** Runs that were resumed, and compared at their end. */
  resumed: number;
  compared: number;
  problems: string[];
}

/** Results alone: what the page says of its data differs between a run and one that was opened from History. */
const resultOf = ({ losses, final, adapters }: Ending) => JSON.stringify([losses, final, adapters]);

export async function manyKills(
  url: string,
  { kills, seed }: { kills: number; seed: number },
  report: (line: string) => void,
): Promise<Kills> {
  const rng = new Rng(seed);
  const folder = mkdtempSync(join(tmpdir(), 'sieve-kills-'));
  const profile = join(folder, 'profile');
  const file = join(folder, 'run.zip');
  const found: Kills = {
    counts: { training: 0, checkpointing: 0, saving: 0, importing: 0 },
    resumed: 0,
    compared: 0,
    problems: [],
  };
  let browser = await openKillable(profile, url);
  /** Runs that History had at the last look. */
  let kept = 0;
  let straight = '';

  const rows = () => browser.app.get('saved-session').count();
  const look = async () => {
    const { app, page } = browser;
    // What was kept once is there again as soon as the list has been read.
    await page
      .waitForFunction((n) => document.querySelectorAll('[data-testid="saved-session"]').length >= n, kept, {
        timeout: 20_000,
      })
      .catch(() => found.problems.push(`of ${kept} saved sessions there were fewer`));
    kept = Math.max(kept, await app.get('saved-session').count());
  };
  const kill = async (moment: Moment) => {
    const at = await browser.app.steps().catch(() => 0);
    const { app } = browser;
    found.problems.push(...app.problems);
    await browser.kill();
    found.counts[moment]++;
    report(
      `kill ${Object.values(found.counts).reduce((a, b) => a + b)} (${moment}) at step ${at} of ${STEPS}, ${kept} kept`,
    );
    browser = await openKillable(profile, url);
    await browser.app.open();
    await look();
  };
  /** Goes on where the run was left; false where it had not begun to be saved, or is kept already. */
  const resume = async (): Promise<boolean> => {
    const offer = browser.app.get('resume-run');
    const there = await offer.waitFor({ timeout: 2000 }).then(
      () => true,
      () => false,
    );
    if (!there) return false;
    await offer.click();
    await browser.app.waitPhase(['training', 'evaluating', 'finished'], 120_000);
    found.resumed++;
    return true;
  };
  const compare = async (what: string) => {
    const ending = resultOf(await endingOf(browser.app, folder));
    found.compared++;
    if (ending !== straight) found.problems.push(`${what} did not end as the run that nobody touched`);
  };
  const saved = ({ page }: Killable) =>
    page.waitForFunction(
      () =>
        document.querySelector('[data-phase="finished"]') !== null ||
        Number(document.querySelector('[data-testid="keep-note"]')?.getAttribute('data-saved') ?? 0) > 0,
      undefined,
      { timeout: 60_000, polling: 20 },
    );

  try {
    await browser.app.open();
    await start(browser.app);
    await browser.app.waitPhase(['finished'], 300_000);
    straight = resultOf(await endingOf(browser.app, folder));
    kept = 1;
    await look();
    await (await browser.app.download(() => browser.app.press('saved-export'))).saveAs(file);

    for (let done = 0; done < kills; done++) {
      const moment = MOMENTS[done % MOMENTS.length];
      const { app, page } = browser;
      if (moment === 'importing') {
        await app.get('history-import').setInputFiles(file);
        await page.waitForTimeout(rng.float() * IMPORT);
        await kill(moment);
        continue;
      }
      // The run goes on through all moments of a round; where nothing of it had been saved yet it begins anew.
      if (!['training', 'evaluating'].includes(await app.phase())) await start(app);
      if (moment === 'saving') {
        await app.waitPhase(['finished'], 300_000);
        await page.waitForTimeout(rng.float() * SAVING);
      } else {
        await saved(browser);
        const left = STEPS - (await app.steps());
        await app.waitSteps((await app.steps()) + Math.floor((rng.float() * left) / 3));
        if (moment === 'checkpointing') await hide(browser);
        await page.waitForTimeout(rng.float() * (moment === 'checkpointing' ? CHECKPOINT : 200));
      }
      const before = kept;
      await kill(moment);
      const went = await resume();
      if (moment !== 'saving') {
        if (!went && kept === before) report('nothing of it had been saved');
        continue;
      }
      if (went) {
        await browser.app.waitPhase(['finished'], 300_000);
        await compare('a run that was resumed');
      } else if ((await rows()) > before) {
        await browser.app.get('saved-open').first().click();
        await browser.app.waitPhase(['finished'], 30_000);
        await compare('a run that was kept');
      } else found.problems.push('a run that had ended was neither kept nor could it be resumed');
      kept = Math.max(kept, await rows());
    }
    // What was kept is whole still: the oldest, the newest, and one between.
    for (const which of new Set([0, kept >> 1, kept - 1])) {
      await browser.app.get('saved-open').nth(which).click();
      await browser.app.waitPhase(['finished'], 30_000);
      await compare(`saved session ${which + 1} of ${kept}`);
    }
    found.problems.push(...browser.app.problems, ...(await browser.app.errors()));
    return found;
  } finally {
    await browser.kill().catch(() => undefined); // it may be dead already
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function start(app: App): Promise<void> {
  await app.loadFile(FILES[0]);
  await app.small(STEPS);
  await app.set('evalInterval', 31);
  await app.get('train-button').click();
  await app.begun();
}

/** The page is told that nobody looks at it: it saves what there is. */
const hide = ({ page }: Killable) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
