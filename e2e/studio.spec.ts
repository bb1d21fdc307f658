/**
 * The whole of it, from a broken file to a run that opens on another computer, as one visit after the other: with a
 * mouse in light colours, with a finger on a dark phone, and with nothing but keys.
 */
import { readFileSync } from 'node:fs';
import type { BrowserContext, BrowserContextOptions, Page } from '@playwright/test';
import { App } from './app';
import { type Faults, writeIllFormed } from './data';
import { Finger, type Pointer, Keyboard, Mouse } from './pointer';
import { tooWide } from './probes';
import { expect, newProfile, test } from './test';

interface Way {
  name: string;
  pointer: new (page: Page) => Pointer;
  browser: BrowserContextOptions;
  /**
   * Of the file. Every change goes through all of them, so the long one is for one way only: rows know nothing of
   * hands.
   */
  rows: number;
  /** How the second run is left, while it trains or paused. */
  leaves: 'training' | 'paused';
}

const WAYS: Way[] = [
  {
    name: 'by mouse, in light colours, with 100,000 rows',
    pointer: Mouse,
    browser: { colorScheme: 'light' },
    rows: 100_000,
    leaves: 'training',
  },
  {
    name: 'by finger, on a dark phone',
    pointer: Finger,
    browser: { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    rows: 1000,
    leaves: 'paused',
  },
  {
    name: 'by keyboard alone',
    pointer: Keyboard,
    browser: { colorScheme: 'light' },
    rows: 1000,
    leaves: 'paused',
  },
];

/** A page and who works it. */
interface Visit {
  app: App;
  page: Page;
  pointer: Pointer;
}

const RUNS = ['lora', 'ts-lora', 'ts-lora-2'];
const PROMPT = 'What colour is the hat of Tom?';
const grouped = (n: number) => String(n).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');

/** A part of the journey; after it nothing may be wrong or too wide. */
const part = ({ app, page }: Visit, title: string, act: () => Promise<void>) =>
  test.step(title, async () => {
    await act();
    expect(await app.errors()).toEqual([]);
    expect(await tooWide(page), title).toEqual([]);
  });

// Long ones, and each with pages of its own.
test.describe.configure({ mode: 'parallel' });

for (const way of WAYS) {
  test(`from a broken file to a run that opens elsewhere, ${way.name}`, async ({ browser, baseURL }, info) => {
    test.setTimeout(600_000);
    const onGpu = info.project.name === 'webgpu';
    const visits: Visit[] = [];
    const profile = () => newProfile(browser, info.project, way.browser);
    const visit = async (context: BrowserContext, device: 'gpu' | null = onGpu ? 'gpu' : null): Promise<Visit> => {
      const page = await context.newPage();
      const one = { app: new App(page, baseURL!, device), page, pointer: new way.pointer(page) };
      visits.push(one);
      await one.app.open();
      return one;
    };
    const here = await profile();
    const first = await visit(here);
    // Rows know nothing of devices: what is repaired, and the long file, are for the journeys on the CPU.
    const file = await openBroken(first, onGpu ? 1000 : way.rows, info.outputPath('large.csv'));
    if (!onGpu) await repair(first, file);
    await configure(first);
    await trainAndLook(first);
    await compareAndVote(first);
    // The CPU takes a step in less than a tenth of a second: the run must last until a hand has left it.
    const left = await trainAgainAndClose(first, way.leaves, onGpu ? 10 : 40);

    const second = await visit(here);
    await resume(second, left);
    await compareWithSaved(second);
    const run = info.outputPath('run.zip');
    const kept = await nameAndExport(second, run);
    await here.close();

    const elsewhere = await profile();
    // Another computer, without a GPU: what was trained on one opens there and says the same.
    const third = await visit(elsewhere, null);
    await importAndOpen(third, run, kept);
    await elsewhere.close();
    for (const { app } of visits) expect(app.problems).toEqual([]);
  });
}

// ---- data ----------------------------------------------------------------------------------------------

/** A broken file that is open, and what is wrong with it. */
interface Broken {
  rows: number;
  faults: Faults;
}

async function settled({ app, page }: Visit): Promise<void> {
  await expect(app.get('data-report').and(page.locator('[aria-busy="true"]'))).toHaveCount(0);
  await app.dataReady();
}

const usable = ({ app }: Visit, { rows }: Broken, n: number) =>
  expect(app.get('data-problems')).toContainText(`${grouped(n)} of ${grouped(rows)} rows are usable`);

async function openBroken(visit: Visit, rows: number, path: string): Promise<Broken> {
  const { app, page, pointer } = visit;
  const file = { rows, faults: writeIllFormed(path, rows, 7) };
  const { faults } = file;
  const data = page.locator('#data');
  await part(visit, 'a broken file is dropped, and the report names every line', async () => {
    await app.dataReady();
    await pointer.fill(data.getByLabel(/^Max examples/), '500');
    await pointer.give(app.get('data-drop').locator('button'), path, app.get('data-drop'));
    await expect(app.get('data-drop')).toContainText('large.csv');
    await settled(visit);
    for (const issue of ['quote', 'empty', 'duplicate', 'encoding'] as const)
      await expect(app.get(`issue-${issue}`)).toContainText(`line ${faults[issue]}`);
    for (const ragged of ['short', 'surplus'] as const)
      await expect(app.get('issue-ragged')).toContainText(`line ${faults[ragged]}`);
    await usable(visit, file, rows - 5);
  });
  return file;
}

async function repair(visit: Visit, file: Broken): Promise<void> {
  const { app, page, pointer } = visit;
  const { rows, faults } = file;
  const data = page.locator('#data');

  await part(visit, 'each repair is one click, and can be undone', async () => {
    for (const [issue, left] of [
      ['quote', 4],
      ['encoding', 3],
      ['ragged', 2],
      ['duplicate', 3],
    ] as const) {
      const fix = app.get(`issue-${issue}`).locator('.fix');
      await pointer.press(fix);
      await settled(visit);
      await usable(visit, file, rows - left);
      await expect(fix).toHaveAttribute('aria-pressed', 'true');
    }
    await pointer.press(app.get('data-undo'));
    await settled(visit);
    await usable(visit, file, rows - 2);
  });

  await part(visit, 'what is left out can be taken away', async () => {
    const download = await app.download(() => pointer.press(app.get('data-rejected')));
    const rejected = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as { line: number; reasons: string[] });
    // The row that was filled up has no answer either.
    expect(rejected.map((r) => r.line)).toEqual(nothingToLearn(faults));
    expect(rejected.find((r) => r.line === faults.empty)!.reasons).toEqual(['empty']);
  });

  await part(visit, 'mapping says what is guessed, chosen and missing; the template is filled in live', async () => {
    const prompt = data.getByLabel(/^Column with the prompt/);
    const label = data.locator('label', { hasText: 'Column with the prompt' });
    const template = data.getByLabel('Prompt template');
    await expect(label).toContainText('guessed');
    await pointer.choose(prompt, 'choose…');
    await expect(label).toContainText('missing');
    await pointer.choose(prompt, 'answer');
    await expect(label).toContainText('ready');
    await pointer.choose(prompt, 'question');
    await pointer.fill(template, 'Q: {nonsense}');
    await expect(app.get('template-preview')).toContainText('{nonsense}');
    const problem = data.getByTestId('error-alert');
    await expect(problem).toContainText('{nonsense}');
    await pointer.fill(template, 'Q: {prompt}\nA:');
    await expect(app.get('template-preview')).toContainText('Q: What colour is the');
    await expect(problem).toHaveCount(0);
    await settled(visit);
  });

  await part(visit, 'the preview shows what is learnt, the answers alone', async () => {
    const example = app.get('data-preview').locator('.example').first();
    expect((await example.locator('.chip').allTextContents()).join('')).toContain('Q:');
    const trained = (await example.locator('.chip-trained').allTextContents()).join('');
    expect(trained).toMatch(/of.?Tom.?is/);
    expect(trained).not.toContain('Q:');
  });

  await part(visit, 'the table finds a row; it is edited, left out and taken in', async () => {
    const list = app.get('data-table').getByRole('listbox');
    await expect(app.get('data-table-count')).toContainText(`${grouped(rows)} in all`);
    await pointer.choose(app.get('data-filter'), 'empty (2)');
    await expect(app.get('data-table-count')).toContainText('2 found');
    await pointer.useLine(list, nothingToLearn(faults).indexOf(faults.empty), 'open');
    await expect(app.get('data-row')).toContainText(`Line ${faults.empty}`);
    await pointer.fill(app.get('data-edit-1'), 'Now it has one.');
    await pointer.press(app.get('data-edit-save'));
    await settled(visit);
    await usable(visit, file, rows - 1);
    await pointer.choose(app.get('data-filter'), 'everything');
    await pointer.fill(app.get('data-search'), `in STORY ${rows - 23}?`);
    await expect(app.get('data-table-count')).toContainText('1 found');
    await expect(app.get('data-line')).toContainText(String(rows - 21));
    for (const out of [true, false]) {
      await pointer.useLine(list, 0, 'leave out');
      await settled(visit);
      await expect(app.get('data-line').filter({ hasText: 'excluded by you' })).toHaveCount(out ? 1 : 0);
    }
  });
}

const nothingToLearn = ({ short, empty }: Faults): number[] => [short, empty].sort((a, b) => a - b);

// ---- runs ----------------------------------------------------------------------------------------------

async function configure(visit: Visit): Promise<void> {
  const { app, page, pointer } = visit;
  await part(visit, 'a third run, few steps, short answers', async () => {
    for (const [label, value] of [
      ['steps', 8],
      ['learningRate', 0.02],
      ['batchSize', 2],
      ['maxSequenceLength', 48],
      ['evalInterval', 4],
      ['evalExamples', 4],
    ] as const)
      await pointer.fill(app.setting(label), String(value));
    await pointer.press(page.locator('#configure').locator('button', { hasText: 'Add TS-LoRA' }));
    await expect(app.get('run-ts-lora-2')).toBeVisible();
    await sample(visit);
    await app.dataReady();
  });
}

/** Short answers, the likeliest ones. */
async function sample({ page, pointer }: Visit): Promise<void> {
  const compare = page.locator('#compare');
  await pointer.fill(compare.getByLabel(/^Max new tokens/), '16');
  await pointer.fill(compare.getByLabel(/^Temperature/), '0');
}

async function trainAndLook(visit: Visit): Promise<void> {
  const { app, pointer } = visit;
  await part(visit, 'three runs are trained', async () => {
    await pointer.press(app.get('train-button'), 'T');
    await app.waitPhase(['finished'], 180_000);
    expect(await app.steps()).toBe(8);
    for (const id of ['base', ...RUNS]) expect(Number(await app.get(`final-${id}`).textContent())).toBeGreaterThan(0);
    expect((await app.table('loss-table')).map((row) => row[0])).toEqual(
      expect.arrayContaining(['base model', '4', '8']),
    );
    await expect(app.get('saved-session')).toHaveCount(1);
  });

  await part(visit, 'the map is scrubbed', async () => {
    const map = app.get('heatmap');
    await expect(map).toHaveAttribute('data-step', '8');
    await pointer.toStart(app.get('scrub'), '<');
    await expect(map).toHaveAttribute('data-step', '1');
  });
}

async function compareAndVote(visit: Visit): Promise<void> {
  const { app, page, pointer } = visit;
  await part(visit, 'all answer side by side', async () => {
    await ask(visit);
    const answers = await app.answers();
    expect(Object.keys(answers).sort()).toEqual(['base', ...RUNS]);
  });

  await part(visit, 'two are judged blindly', async () => {
    const vote = app.get('vote');
    await pointer.choose(vote.getByLabel('Second'), 'Base model');
    await pointer.press(app.get('vote-start'));
    const round = page.locator('[data-testid="vote-round"][data-waiting="true"]');
    for (const choice of ['1', '0']) {
      await round.waitFor();
      // Whoever has no pointer need not look for the round.
      await expect(app.get('vote-round')).toBeFocused();
      await expect(vote).not.toContainText('LoRA');
      await pointer.press(app.get(`vote-${choice}`), choice);
    }
    await round.waitFor();
    // The keys are the vote's only while the focus is there.
    await pointer.fill(app.get('compare-prompt'), PROMPT);
    await page.keyboard.press('1');
    await expect(app.get('tally')).toHaveAttribute('data-votes', /^\d+$/);
    expect((await counts(app)).sort()).toEqual(['0', '1']);
    await expect(app.get('vote-outcome')).toContainText('95 % CI');
  });
}

const counts = async (app: App) => [await app.get('tally-x').textContent(), await app.get('tally-y').textContent()];

/** Asks all that are compared. */
async function ask({ app, pointer }: Visit): Promise<Record<string, string>> {
  await pointer.fill(app.get('compare-prompt'), PROMPT);
  await pointer.press(app.get('compare-run'));
  return app.answered();
}

/** How the page was when it was closed. */
interface Left {
  /** Steps of the run that was under way, and how many of them were saved when it paused. */
  steps: number;
  saved: number;
  votes: (string | null)[];
}

async function trainAgainAndClose(visit: Visit, leaves: Way['leaves'], steps: number): Promise<Left> {
  const { app, page, pointer } = visit;
  const left: Left = { steps, saved: 0, votes: await counts(app) };
  await part(visit, 'a second experiment begins; the first is held beside it', async () => {
    await pointer.fill(app.setting('steps'), String(steps));
    await pointer.fill(app.setting('evalInterval'), String(steps / 2));
    await pointer.fill(app.setting('learningRate'), '0.05');
    await pointer.press(app.get('train-button'), 'T');
    await app.begun();
    await app.waitSteps(2);
    await pointer.press(app.get('pause-button'), 'p');
    await app.waitPhase(['paused'], 60_000);
    await expect(app.get('keep-note')).toContainText('You may close the tab');
    left.saved = Number(await app.get('keep-note').getAttribute('data-saved'));
    expect(left.saved).toBeGreaterThanOrEqual(2);
    await pointer.press(app.get('compare-add').first());
    await page.locator('#compare').getByText('Saved session:').waitFor();
  });
  if (leaves === 'training') {
    await pointer.press(app.get('resume-button'), 'p');
    await app.waitSteps(left.saved + 2);
    expect(await app.phase()).toMatch(/training|evaluating/);
  }
  await page.close();
  return left;
}

async function resume(visit: Visit, left: Left): Promise<void> {
  const { app, page, pointer } = visit;
  await part(visit, 'votes and choices are as they were', async () => {
    await page.locator('#compare').getByText('Saved session:').waitFor();
    expect(await counts(app)).toEqual(left.votes);
    await pointer.press(app.get('vote-reveal'));
    await expect(app.get('tally')).toContainText('LoRA');
    await expect(app.get('tally')).toContainText('Base model');
    await pointer.press(app.get('vote-reset'));
    await expect(app.get('tally')).toHaveCount(0);
  });

  await part(visit, 'the run goes on where it was, and ends', async () => {
    const offer = app.get('resume-run');
    expect(Number(/\d+/.exec((await offer.textContent())!)?.[0])).toBeGreaterThanOrEqual(left.saved);
    await pointer.press(offer);
    await app.waitPhase(['finished'], 180_000);
    expect(await app.steps()).toBe(left.steps);
    await expect(app.get('resume-offer')).toHaveCount(0);
    await expect(app.get('saved-session')).toHaveCount(2);
  });
}

async function compareWithSaved(visit: Visit): Promise<void> {
  const { app, page, pointer } = visit;
  await part(visit, 'settings, numbers and maps of both experiments', async () => {
    const diff = await app.table('config-diff');
    expect(diff.map((row) => row[0])).toEqual(['Setting', 'Method', 'Steps', 'Learning rate', 'Eval interval (steps)']);
    expect(diff.find((row) => row[0] === 'Learning rate')?.slice(1)).toEqual([
      '0.05',
      '0.05',
      '0.05',
      '0.02',
      '0.02',
      '0.02',
    ]);
    await pointer.choose(app.get('chooser').getByLabel('Baseline'), 'LoRA');
    const rows = await app.table('final-table');
    expect(rows.slice(1).map((row) => row[0])).toEqual([
      'Base model',
      'LoRAbaseline',
      'TS-LoRA',
      'TS-LoRA 2',
      ...['LoRA', 'TS-LoRA', 'TS-LoRA 2'].map((name): unknown => expect.stringContaining(`${name} · `)),
    ]);
    for (const row of rows.slice(1)) expect(row[1]).toMatch(/^\d+\.\d{3}( ▾ lowest)?$/);
    expect(rows[2][2]).toBe('–');
    expect(rows[1][2]).toMatch(/^[+−±]\d+\.\d{3}$/);
    // The lowest are marked, as far as the digits tell, and nothing else.
    const losses = rows.slice(1).map((row) => Number.parseFloat(row[1]));
    expect(rows.slice(1).map((row) => row[1].includes('▾ lowest'))).toEqual(
      losses.map((loss) => loss === Math.min(...losses)),
    );
    await expect(app.get('caution')).toContainText('one seed cannot tell');
    await expect(page.locator('[data-chart="compare-validation"] .readout li')).toHaveCount(8);
    await expect(page.locator('[data-chart="skipcompare"] [data-testid^="skips-"]')).toHaveCount(4);
    await expect(page.locator('[data-chart="skipcompare"] [data-testid^="shift-"]')).toHaveCount(3);
  });

  await part(visit, 'kept adapters are loaded when they are asked; words that differ are marked', async () => {
    await sample(visit);
    const answers = await ask(visit);
    expect(Object.keys(answers)).toHaveLength(7);
    let counted = 0;
    for (const key of Object.keys(answers).filter((k) => k !== 'lora' && answers[k] !== answers.lora)) {
      const note = app.get(`diff-${key}`);
      await expect(note).not.toBeEmpty();
      const said = /(\d+) words the same, (\d+) added, (\d+) removed/.exec((await note.textContent())!);
      // Other commas, or another end.
      if (!said) {
        await expect(note).toHaveText('The same words as LoRA.');
        continue;
      }
      counted++;
      const [same, added, removed] = said.slice(1).map(Number);
      // Where hardly a word is the same, marks would hide the answer.
      const marks = await app.get(`answer-${key}`).locator('ins, del').count();
      expect(marks > 0, key).toBe(same >= Math.min(added, removed));
    }
    expect(counted).toBeGreaterThan(0);
  });
}

// ---- away and back -------------------------------------------------------------------------------------

/** What must be the same wherever the run is opened. */
interface Kept {
  losses: string[][];
  work: string[][];
  finals: (string | null)[];
  answers: string[];
}

async function keptOf(visit: Visit): Promise<Kept> {
  const { app } = visit;
  const ids = ['base', ...RUNS];
  const answers = await app.answers();
  return {
    losses: await app.table('loss-table'),
    work: await app.table('work-table'),
    answers: ids.map((id) => answers[id]),
    finals: await Promise.all(ids.map((id) => app.get(`final-${id}`).textContent())),
  };
}

async function nameAndExport(visit: Visit, path: string): Promise<Kept> {
  const { app, pointer } = visit;
  await part(visit, 'the run is named, found, and leaves as a file', async () => {
    const rows = app.get('saved-session');
    await pointer.press(rows.first().getByTestId('saved-edit'));
    await pointer.fill(app.get('saved-name'), 'Tom’s hat');
    await pointer.fill(app.get('saved-tags'), 'second, lr 0.05');
    await pointer.press(app.get('saved-save'));
    await expect(rows.first()).toContainText('Tom’s hat');
    await pointer.fill(app.get('history-search'), 'nobody');
    await expect(app.get('history-empty')).toBeVisible();
    await pointer.fill(app.get('history-search'), 'ts-lora SECOND');
    await expect(rows).toHaveCount(1);
    const download = await app.download(() => pointer.press(app.get('saved-export')));
    expect(download.suggestedFilename()).toBe('sieve-session-tom-s-hat.zip');
    await download.saveAs(path);
  });
  return keptOf(visit);
}

async function importAndOpen(visit: Visit, file: string, kept: Kept): Promise<void> {
  const { app, page, pointer } = visit;
  await part(visit, 'elsewhere the file comes in', async () => {
    await expect(app.get('history-empty')).toHaveCount(1);
    await pointer.give(page.locator('#history button', { hasText: 'Import a session' }), file);
    await expect(app.get('saved-session')).toContainText('Tom’s hat');
    await expect(app.get('saved-session')).toContainText('lr 0.05');
  });

  await part(visit, 'and opens as it was', async () => {
    await pointer.press(app.get('saved-open'));
    await expect(app.get('saved-session')).toContainText('shown above', { timeout: 60_000 });
    await sample(visit);
    await ask(visit);
    expect(await keptOf(visit)).toEqual(kept);
  });
}
