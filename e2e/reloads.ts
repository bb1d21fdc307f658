/**
 * Somebody reloads the page at odd moments of a run: it stands as it did, with the same view, data and settings, and
 * what is trained next is trained on what is shown.
 */
import type { Browser, Page } from 'playwright';
import { App } from './app';
import { SHIFT, watchShifts, worstShift } from './shifts';
import { TICKETS } from './tickets';

/** Longest anything may take, in ms. */
const PATIENCE = 180_000;
const CSV = { name: 'tickets.csv', mimeType: 'text/csv', text: ['text,label', ...TICKETS].join('\n') };

/** What must be the same after a reload. */
interface Shown {
  address: string;
  place: string;
  model: string;
  data: string;
  rows: string;
  /** Every field of settings and mapping, by its name. */
  fields: Record<string, string>;
  runs: string;
}

const shown = (page: Page): Promise<Shown> =>
  page.evaluate(() => {
    const said = (of: string) => (document.querySelector(of)?.textContent ?? '').replace(/\s+/g, ' ').trim();
    const named = [...document.querySelectorAll<HTMLInputElement>('#configure :is(input, select), #data select')];
    const fields = named.flatMap((e) => {
      const name = e.labels?.[0]?.textContent ?? e.getAttribute('aria-label');
      return name && e.type !== 'file' ? [[name, e.type === 'checkbox' ? String(e.checked) : e.value]] : [];
    });
    return {
      address: location.href,
      place: document.querySelector('main > [data-route]:not([hidden])')?.getAttribute('data-route') ?? '',
      model: said('[data-testid="rail-model"]'),
      data: said('[data-testid="rail-data"]'),
      rows: said('[data-testid="rail-data"] ~ .help.num'),
      fields: Object.fromEntries(fields),
      runs: said('.card-runs'),
    };
  });

const settled = (page: Page) => page.waitForTimeout(600);

/** A moment: what is done up to it, and what of it goes on. */
interface Moment {
  what: string;
  reach: (app: App) => Promise<void>;
  /** Whether a run is there afterwards that can go on, was kept whole, or began too late for either. */
  after: 'resumes' | 'is open again' | 'may be gone';
}

const begin = async (app: App) => {
  await app.get('train-button').click();
  await app.begun(PATIENCE);
};

const learnt = async (app: App, steps: number) => {
  await begin(app);
  await app.waitSteps(steps, PATIENCE);
};

const finished = async (app: App) => {
  await app.set('steps', 6);
  await begin(app);
  await app.waitPhase(['finished'], PATIENCE);
};

/** Finished, and kept in the browser. */
const kept = async (app: App) => {
  await finished(app);
  await app.get('saved-session').first().waitFor({ state: 'attached' });
  await settled(app.page);
};

export const MOMENTS: Moment[] = [
  {
    what: 'the moment Train is pressed',
    reach: (app) => app.get('train-button').click(),
    after: 'may be gone',
  },
  { what: 'while kernels compile', reach: begin, after: 'may be gone' },
  {
    what: 'after the first step',
    reach: (app) => learnt(app, 1),
    after: 'may be gone',
  },
  {
    what: 'in the middle, a module and a step selected',
    reach: async (app) => {
      await learnt(app, 12);
      await app.goTo('train?module=1.v&step=6');
    },
    after: 'resumes',
  },
  {
    what: 'in the middle, in Compare’s curves',
    reach: async (app) => {
      await learnt(app, 12);
      await app.goTo('compare/curves');
    },
    after: 'resumes',
  },
  {
    what: 'in the middle, in the sheet of the mapping',
    reach: async (app) => {
      await learnt(app, 12);
      await app.goTo('setup/data/mapping');
    },
    after: 'resumes',
  },
  {
    what: 'paused',
    reach: async (app) => {
      await learnt(app, 8);
      await app.get('pause-button').click();
      await app.waitPhase(['paused'], PATIENCE);
    },
    after: 'resumes',
  },
  {
    what: 'the moment Stop is pressed',
    reach: async (app) => {
      await learnt(app, 8);
      await app.get('stop-button').click();
    },
    after: 'may be gone',
  },
  {
    what: 'the moment it has finished',
    reach: finished,
    after: 'may be gone',
  },
  {
    what: 'finished, while a setting is typed',
    reach: async (app) => {
      await kept(app);
      await app.goTo('setup/settings');
      await app.set('steps', 77);
    },
    after: 'is open again',
  },
  {
    what: 'finished, while answers are written',
    reach: async (app) => {
      await kept(app);
      await app.goTo('compare/answers');
      await app.get('compare-prompt').fill('The page is broken');
      await app.get('compare-run').click();
    },
    after: 'is open again',
  },
];

/** One reload, on a page of its own. @returns what came of it @throws {Error} what is not as it was */
export async function reloadAt(browser: Browser, url: string, { what, reach, after: kind }: Moment): Promise<string> {
  const context = await browser.newContext({ serviceWorkers: 'block', viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(watchShifts);
  try {
    const page = await context.newPage();
    const app = new App(page, url);
    await app.open();
    await app.loadFile(CSV);
    await app.small(40);
    await app.set('learningRate', 0.002);
    await reach(app);
    // The address says a selection a moment after it was made.
    if (what.includes('selected')) await settled(page);
    const before = await shown(page);
    await page.reload();
    await app.modelReady(PATIENCE);
    await app.dataReady(PATIENCE);
    if (kind === 'resumes') await app.get('resume-run').waitFor({ state: 'attached' });
    if (kind === 'is open again') await app.get('verdict').waitFor({ state: 'attached' });
    await settled(page);
    const after = await shown(page);
    const differs = (Object.keys(before) as (keyof Shown)[]).flatMap((key) => {
      if (key !== 'fields') return before[key] === after[key] ? [] : [`${key}: ${before[key]} → ${after[key]}`];
      const names = [...new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])];
      return names
        .filter((n) => before.fields[n] !== after.fields[n])
        .map((n) => `${n}: ${before.fields[n]} → ${after.fields[n]}`);
    });
    if (differs.length > 0) throw new Error(differs.join('; '));
    // What comes back a moment later moves nothing that stands.
    const shift = await worstShift(page);
    if (shift.sum > SHIFT) throw new Error(`a layout shift of ${shift.sum.toFixed(3)}: ${shift.said}`);
    const goesOn = (await app.get('resume-run').count()) > 0;
    // What is pressed next trains on what is shown, or goes on with what was there.
    if (goesOn && kind === 'resumes') await app.get('resume-run').click();
    else {
      await app.goTo('setup/settings');
      await app.set('steps', 4);
      await app.goTo('train');
      await app.get('train-button').click();
    }
    await app.begun(PATIENCE);
    await app.waitPhase(['finished'], PATIENCE);
    const trained = await page.getByTestId('saved-session').first().textContent();
    if (!trained?.includes(CSV.name)) throw new Error(`trained on something else: ${trained}`);
    const steps = await app.steps();
    const planned = goesOn && kind === 'resumes' ? 40 : 4;
    if (steps !== planned) throw new Error(`${steps} steps instead of ${planned}`);
    if (app.problems.length > 0) throw new Error(app.problems.join(', '));
    const end = goesOn ? (kind === 'resumes' ? 'went on to its end' : 'could go on; trained anew') : 'trained anew';
    return `${end}; layout shift ${shift.sum.toFixed(3)}`;
  } finally {
    await context.close();
  }
}
