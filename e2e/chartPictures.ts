/**
 * Every chart of every view, in both schemes, on a desktop and on a phone: its files hold what is shown and what the
 * numbers say, and a capture of the whole page, or of what is printed, shows it as it is seen, with nothing scrolled
 * into view.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { makeRamp, parseColor } from '../src/ui/charts/ramp';
import type { App } from './app';
import { EVERY_PART } from './app';
import { fill } from './everyView';
import { type Difference, differenceOf, openToolPage, pixelsOf, rasterised } from './toolPage';

/** Where captures lie that are not as they should be. */
const OUT = '.out/accept/pictures';
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const SCHEMES = ['light', 'dark'] as const;
/** The views; sheets have no charts. */
const PLACES = EVERY_PART.filter((place) => !place.startsWith('setup'));
/** Charts are drawn four times a second at most, in ms. */
const DRAWN = 700;
/**
 * A file against its SVG: text is drawn by another part of the browser, up to a CSS pixel apart; two pixels make one.
 */
const FILE = { reach: 3, level: 40, most: 0.002 };
/** A capture against what is seen: edges of what lies between pixels. */
const SEEN = { reach: 1, level: 24, most: 0.001 };

/** A file of a chart, as it would be handed to the browser. */
interface Files {
  [kind: string]: Buffer;
}

/** Keeps what the page would save; a file each from the chart that is marked. */
async function filesOf(page: Page, mark: string): Promise<Files> {
  const files = await page.evaluate(async (chart) => {
    const { createObjectURL } = URL;
    const { click } = HTMLAnchorElement.prototype;
    const out: Record<string, string> = {};
    try {
      for (const kind of ['png', 'svg', 'csv']) {
        const blob = await new Promise<Blob>((resolve) => {
          URL.createObjectURL = (of: Blob) => {
            resolve(of);
            return createObjectURL(of);
          };
          HTMLAnchorElement.prototype.click = () => undefined;
          document.querySelector<HTMLElement>(`[data-picture="${chart}"] [data-testid$="-${kind}"]`)!.click();
        });
        const bytes = new Uint8Array(await blob.arrayBuffer());
        let text = '';
        for (const byte of bytes) text += String.fromCharCode(byte);
        out[kind] = btoa(text);
      }
    } finally {
      URL.createObjectURL = createObjectURL;
      HTMLAnchorElement.prototype.click = click;
    }
    return out;
  }, mark);
  return Object.fromEntries(Object.entries(files).map(([kind, data]) => [kind, Buffer.from(data, 'base64')]));
}

/** Marks the charts that are on the page now. @returns name and mark of each */
const markCharts = (page: Page): Promise<{ name: string; mark: string }[]> =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>('[data-chart]')];
    for (const e of all) delete e.dataset.picture;
    return all
      .filter((e) => e.checkVisibility())
      .map((e, i) => {
        e.dataset.picture = String(i);
        return { name: e.dataset.chart!, mark: String(i) };
      });
  });

/** What floats or sticks covers charts in one capture and not in another: it is hidden. */
const hideBars = (page: Page, hidden: boolean) =>
  page.evaluate((hide) => {
    for (const e of document.querySelectorAll<HTMLElement>('body *'))
      if (['fixed', 'sticky'].includes(getComputedStyle(e).position) && !e.contains(document.querySelector('main')))
        e.style.visibility = hide ? 'hidden' : '';
  }, hidden);

const rgb = (css: string) => parseColor(css).map((c) => Math.round(c * 255));
const near = (a: readonly number[], b: readonly number[], by = 3) => a.every((c, i) => Math.abs(c - b[i]) <= by);

/** Rows of a CSV of numbers, its header aside. */
const rowsOf = (csv: Buffer) =>
  csv
    .toString()
    .trim()
    .split('\r\n')
    .slice(1)
    .map((row) => row.split(',').map((cell) => (cell === '' ? NaN : Number(cell))));

/** The ramp of skipped shares, from the style sheet's two colours. */
async function skipRamp(page: Page): Promise<(share: number) => number[]> {
  const [low, high] = await page.evaluate(() => {
    const probe = document.createElement('i');
    document.body.append(probe);
    const found = ['ramp-low', 'ramp-high'].map((name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return found;
  });
  const ramp = makeRamp(low, high);
  return (share) => rgb(ramp(share).fill);
}

/** Cells of the skip map: in the file and on the page the colour of what the numbers say. @returns what is wrong */
async function wrongCells({ page, tool }: Eyes, { png, svg, csv }: Files): Promise<string[]> {
  const shade = await skipRamp(page);
  const shares = rowsOf(csv).at(-1)!.slice(1);
  const rects = [...svg.toString().matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="[\d.]+" fill="#/g)];
  // The first is the ground.
  const cells = rects.slice(-shares.length).map(([, x, y]) => [Number(x), Number(y)] as const);
  if (cells.length !== shares.length) return [`${cells.length} cells for ${shares.length} modules`];
  const inFile = await pixelsOf(
    tool,
    png,
    cells.map(([x, y]) => [2 * (x + 3), 2 * (y + 3)] as const),
  );
  const onPage = await page.evaluate((modules) => {
    const map = document.querySelector<HTMLElement>('[data-testid="heatmap"]')!;
    const [left, top, cell, high] = ['left', 'top', 'cell', 'cellHeight'].map((name) => Number(map.dataset[name]));
    const canvas = map.querySelector('canvas')!;
    const scale = canvas.width / canvas.clientWidth;
    const columns = Math.round((canvas.clientWidth - left) / cell);
    const context = canvas.getContext('2d')!;
    return Array.from({ length: modules }, (_, i) => {
      const [x, y] = [left + cell * (i % columns) + 3, top + high * Math.floor(i / columns) + 3];
      return Array.from(context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data.slice(0, 3));
    });
  }, shares.length);
  return shares.flatMap((share, i) => [
    ...(near(inFile[i], shade(share)) ? [] : [`module ${i} (${share}) is ${inFile[i].join(' ')} in the PNG`]),
    ...(near(onPage[i], shade(share)) ? [] : [`module ${i} (${share}) is ${onPage[i].join(' ')} on the page`]),
  ]);
}

/**
 * Points of the loss chart's file: a mark in the run's colour where each evaluation of the CSV lies by the axes.
 * @returns what is wrong
 */
async function wrongPoints({ tool }: Eyes, { png, svg, csv }: Files): Promise<string[]> {
  const text = svg.toString();
  const [steps, losses] = (['middle', 'end'] as const).map((anchor) => {
    const ticks = [
      ...text.matchAll(
        new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)"[^>]*font-size="11" text-anchor="${anchor}"[^>]*>([^<]+)<`, 'g'),
      ),
    ].map(([, x, y, said]) => ({ at: Number(anchor === 'middle' ? x : y), value: Number(said.replace('−', '-')) }));
    const [a, b] = [ticks[0], ticks.at(-1)!];
    return (value: number) => a.at + ((value - a.value) * (b.at - a.at)) / (b.value - a.value);
  });
  const marks = [...text.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3" fill="([^"]+)"/g)].map(
    ([, x, y, fill]) => ({ x: Number(x), y: Number(y), fill: rgb(fill) }),
  );
  const rows = rowsOf(csv);
  // Step, then train and validation of each run.
  const columns = rows[0].flatMap((_, column) => (column > 0 && column % 2 === 0 ? [column] : []));
  const wanted = columns.flatMap((column) =>
    rows.filter((row) => Number.isFinite(row[column])).map((row) => ({ x: steps(row[0]), y: losses(row[column]) })),
  );
  if (marks.length !== wanted.length) return [`${marks.length} marks for ${wanted.length} evaluations`];
  const drawn = await pixelsOf(
    tool,
    png,
    marks.map(({ x, y }) => [2 * x, 2 * y] as const),
  );
  return marks.flatMap(({ x, y, fill: colour }, i) => [
    // Ticks are said with three digits.
    ...(Math.hypot(x - wanted[i].x, y - wanted[i].y) < 1.5
      ? []
      : [`mark ${i} at ${x}, ${y} instead of ${wanted[i].x.toFixed(1)}, ${wanted[i].y.toFixed(1)}`]),
    // Another run's mark may lie over it.
    ...(near(drawn[i], colour, 8) || marks.some((m) => m !== marks[i] && Math.hypot(m.x - x, m.y - y) < 4)
      ? []
      : [`mark ${i} is ${drawn[i].join(' ')} in the PNG, not ${colour.join(' ')}`]),
  ]);
}

/** What looks: the page, and the one beside it. */
interface Eyes {
  app: App;
  page: Page;
  tool: Page;
}

/** Where one is, in words, and which charts are looked at there. */
interface Look {
  where: string;
  wants: (chart: { name: string }) => boolean;
}

/** What was compared, and what came of it. */
interface Tally {
  files: number;
  captured: number;
  scrolled: number;
  printed: number;
  /** Largest share of pixels that differ, of files and of captures. */
  file: number;
  seen: number;
  wrong: string[];
}

const newTally = (): Tally => ({ files: 0, captured: 0, scrolled: 0, printed: 0, file: 0, seen: 0, wrong: [] });

const said = ({ differ, pixels, where, sizes }: Difference) =>
  `${differ} of ${pixels} pixels differ${where ? ` (${where.join(', ')} of ${sizes})` : ''}`;

/** The files of the charts that are on the page now. @param wants which */
export async function lookAtFiles(eyes: Eyes, { where, wants }: Look, tally: Tally = newTally()): Promise<Tally> {
  const { page, tool } = eyes;
  for (const { name, mark } of (await markCharts(page)).filter(wants)) {
    const files = await filesOf(page, mark);
    const svg = await rasterised(tool, files.svg.toString());
    const found = await differenceOf(tool, { png: files.png }, { png: svg }, FILE);
    tally.files++;
    tally.file = Math.max(tally.file, found.differ / found.pixels);
    if (found.differ > FILE.most * found.pixels) tally.wrong.push(`${where}, ${name}: PNG and SVG: ${said(found)}`);
    const wrong =
      name === 'skipmap' ? await wrongCells(eyes, files) : name === 'loss' ? await wrongPoints(eyes, files) : [];
    tally.wrong.push(...wrong.map((w) => `${where}, ${name}: ${w}`));
  }
  return tally;
}

/** The whole page as it is captured from its top, against each chart scrolled into view. */
async function lookAtPage({ page, tool }: Eyes, { where, wants }: Look, tally: Tally, printed = false): Promise<void> {
  await hideBars(page, true);
  // A loss chart that is scrolled under the pointer would show its step in every other.
  await page.mouse.move(0, 0);
  await page.evaluate(() => scrollTo(0, 0));
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.waitForTimeout(DRAWN);
  // As printing does: what still waits for its turn is drawn.
  if (printed) await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const whole = await page.screenshot({ fullPage: true, animations: 'disabled' });
  const charts = (await markCharts(page)).filter(wants);
  const boxes = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[data-picture]')]
      .filter((e) => e.checkVisibility())
      .map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        let cut = false;
        for (let at = e.parentElement; at && at !== document.body; at = at.parentElement) {
          const { overflowY, overflowX } = getComputedStyle(at);
          const box = at.getBoundingClientRect();
          if (overflowY !== 'visible') cut ||= y < box.top - 1 || y + height > box.bottom + 1;
          if (overflowX !== 'visible') cut ||= x < box.left - 1 || x + width > box.right + 1;
        }
        return { mark: e.dataset.picture!, x, y: y + scrollY, width, height, cut };
      }),
  );
  for (const { name, mark } of charts) {
    const box = boxes.find((b) => b.mark === mark)!;
    // What scrolls by itself shows in a capture what it shows on the screen.
    if (box.cut) {
      tally.scrolled++;
      continue;
    }
    const alone = await page.locator(`[data-picture="${mark}"]`).screenshot({ animations: 'disabled' });
    const [left, top] = [Math.floor(box.x), Math.floor(box.y)];
    const part = {
      x: left,
      y: top,
      width: Math.ceil(box.x + box.width) - left,
      height: Math.ceil(box.y + box.height) - top,
    };
    const found = await differenceOf(tool, { png: whole, part }, { png: alone }, SEEN);
    tally[printed ? 'printed' : 'captured']++;
    tally.seen = Math.max(tally.seen, found.differ / found.pixels);
    if (found.differ <= SEEN.most * found.pixels) continue;
    const how = printed ? 'as printed' : 'whole';
    tally.wrong.push(`${where}, ${name}: captured ${how} and seen: ${said(found)}`);
    mkdirSync(OUT, { recursive: true });
    const file = `${where}, ${name}, ${how}`.replaceAll(', ', '-').replaceAll(' ', '-');
    writeFileSync(join(OUT, `${file}.png`), whole);
    writeFileSync(join(OUT, `${file}-seen.png`), alone);
  }
  await hideBars(page, false);
}

/** While a run rests, on a phone, the map far below: the capture says the same numbers as the table. */
async function lookAtPaused(eyes: Eyes, tally: Tally): Promise<void> {
  const { app, page } = eyes;
  await page.setViewportSize(SIZES.phone);
  await app.goTo('train');
  await page.evaluate(() => scrollTo(0, 0));
  await app.set('steps', 400);
  await app.goTo('train');
  await app.get('train-button').click();
  await app.begun();
  await app.waitSteps(60);
  await app.get('pause-button').click();
  await app.waitPhase(['paused'], 60_000);
  await page.evaluate(() => scrollTo(0, 0));
  const look: Look = { where: 'paused, phone', wants: () => true };
  await lookAtPage(eyes, look, tally);
  await lookAtFiles(eyes, look, tally);
  await app.get('stop-button').click();
  await app.waitPhase(['stopped', 'finished'], 60_000);
}

/** Parts of a view that are opened one by one. */
const tabsOf = (page: Page, place: string): Promise<string[]> =>
  place === 'train'
    ? page.locator('.live-detail [role="tab"]').evaluateAll((all) => all.map((e) => (e as HTMLElement).dataset.tab!))
    : Promise.resolve(['']);

/** @param only places that begin so @returns what was compared, in a line, and everything that is wrong */
export async function chartPictures(browser: Browser, app: App, only = ''): Promise<{ line: string; wrong: string[] }> {
  const { page } = app;
  await page.setViewportSize(SIZES.desktop);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await fill(app);
  const tool = await openToolPage(browser, page);
  const eyes = { app, page, tool };
  const tally = newTally();
  const all = new Set<string>();
  for (const scheme of SCHEMES)
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      const seen = new Set<string>();
      for (const place of PLACES.filter((p) => p.startsWith(only))) {
        await app.goTo(place);
        for (const tab of await tabsOf(page, place)) {
          if (tab) await page.locator(`.live-detail [data-tab="${tab}"]`).evaluate((e) => (e as HTMLElement).click());
          await page.waitForTimeout(DRAWN);
          const where = [place, tab, scheme, size].filter(Boolean).join(', ');
          // What stands beside every part is looked at once.
          const known = new Set(seen);
          const look: Look = { where, wants: ({ name }) => !known.has(`${place} ${name}`) };
          const charts = (await markCharts(page)).filter(look.wants);
          if (charts.length === 0) continue;
          for (const { name } of charts) seen.add(`${place} ${name}`);
          await lookAtFiles(eyes, look, tally);
          await lookAtPage(eyes, look, tally);
          await page.emulateMedia({ media: 'print' });
          await lookAtPage(eyes, look, tally, true);
          await page.emulateMedia({ media: 'screen' });
          console.log(`${where}: ${charts.map((c) => c.name).join(', ')}; ${tally.wrong.length} wrong so far`);
        }
      }
      for (const chart of seen) all.add(chart.split(' ')[1]);
    }
  await lookAtPaused(eyes, tally);
  await tool.context().close();
  const percent = (share: number) => `${(100 * share).toFixed(3)} %`;
  return {
    line: `${all.size} charts (${[...all].sort().join(', ')}): ${tally.files} PNGs beside their SVGs (${percent(tally.file)} of pixels differ at most), ${tally.captured} captured whole and ${tally.printed} printed beside what is seen (${percent(tally.seen)}), ${tally.scrolled} within what scrolls by itself`,
    wrong: tally.wrong,
  };
}
