/** Pictures of the page as it stands, small enough to be committed: every section, and the charts that matter in one. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Page } from 'playwright';

/** Most of a section that a picture shows, in CSS pixels. */
const SIZES = { desktop: { width: 1280, most: 1500 }, phone: { width: 390, most: 1700 } } as const;
const SCHEMES = ['light', 'dark'] as const;

/** All of them together, in bytes. */
const MOST_BYTES = 1.8e6;
const QUALITY = 0.72;

/** Charts are drawn when they come into view, four times a second at most. */
const DRAWN = 900;

export class Screens {
  readonly #folder: string;
  readonly #page: Page;
  /** Section and what it shows, in order. */
  readonly #taken: { section: string; title: string }[] = [];

  /** @param folder emptied first */
  constructor(folder: string, page: Page) {
    this.#folder = folder;
    this.#page = page;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** Takes a section, by its id, in both sizes and schemes; the window is put back. */
  async take(section: string, title: string): Promise<void> {
    const page = this.#page;
    const before = page.viewportSize()!;
    for (const [size, { width, most }] of Object.entries(SIZES)) {
      for (const scheme of SCHEMES) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: most });
        const height = await page.evaluate(
          ([id, limit]) =>
            Math.min(
              limit,
              Math.ceil(
                document.getElementById(id)!.getBoundingClientRect().height +
                  document.querySelector('.steps')!.getBoundingClientRect().height,
              ),
            ),
          [section, most] as const,
        );
        await page.setViewportSize({ width, height });
        await page.evaluate((id) => {
          (document.activeElement as HTMLElement | null)?.blur();
          const bar = document.querySelector('.steps')!.getBoundingClientRect().height;
          scrollTo({
            top: document.getElementById(id)!.getBoundingClientRect().top + scrollY - bar,
            behavior: 'instant',
          });
        }, section);
        await page.waitForTimeout(DRAWN);
        writeFileSync(join(this.#folder, name(section, size, scheme)), await toWebp(page, await page.screenshot()));
      }
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    await page.setViewportSize(before);
    this.#taken.push({ section, title });
  }

  /** Writes the page that shows them. @throws {Error} when together they are too big to be committed */
  write(path: string): void {
    const bytes = readdirSync(this.#folder).reduce((sum, file) => sum + statSync(join(this.#folder, file)).size, 0);
    if (bytes > MOST_BYTES)
      throw new Error(
        `the pictures in ${this.#folder} are ${Math.round(bytes / 1000)} kB together, more than ${MOST_BYTES / 1000} kB`,
      );
    const from = relative(dirname(path), this.#folder);
    const picture = (section: string, title: string, size: keyof typeof SIZES, scheme: string) =>
      `<img src="${from}/${name(section, size, scheme)}" width="${size === 'desktop' ? 560 : 200}" alt="${title}, ${size}, ${scheme}">`;
    const parts = this.#taken.map(
      ({ section, title }) =>
        `## ${title}\n\n${(['desktop', 'phone'] as const).flatMap((size) => SCHEMES.map((scheme) => picture(section, title, size, scheme))).join('\n')}\n`,
    );
    writeFileSync(
      path,
      `# Screens\n\nEvery section after a session, on a desktop (${SIZES.desktop.width} px) and on a phone (${SIZES.phone.width} px), in light and dark. Long sections are cropped. Written by \`npm run demo -- --screens ${this.#folder}\`.\n\n${parts.join('\n')}`,
    );
    console.log(`${readdirSync(this.#folder).length} pictures, ${Math.round(bytes / 1000)} kB, shown by ${path}`);
  }
}

/** What the README's picture leaves of the page: losses, the map of modules with its lines, a text token by token. */
const OVERVIEW = ['loss', 'skipmap', 'shares', 'tokens'].map((chart) => `[data-chart=${chart}]`).join();
/** In bytes. */
const MOST_OVERVIEW_BYTES = 2e5;

/** The real page with nothing but those charts, as one picture. @throws {Error} when it is too big */
export async function takeOverview(page: Page, path: string): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: SIZES.desktop.width, height: 6000 });
  const others = `:not(${OVERVIEW}):not(:has(${OVERVIEW})):not(:is(${OVERVIEW}) *)`;
  const hidden = `#root > ${others}, main ${others}, .chart-foot, [data-chart=tokens] .scroll { display: none !important }`;
  await page.evaluate((css) => {
    // The page's security policy allows no style element.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  }, hidden);
  await page.waitForTimeout(2 * DRAWN);
  const picture = await toWebp(page, await page.locator('main').screenshot());
  await page.evaluate(() => {
    document.adoptedStyleSheets = [];
  });
  await page.setViewportSize(before);
  if (picture.length > MOST_OVERVIEW_BYTES) throw new Error(`${path} would be ${Math.round(picture.length / 1000)} kB`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
}

const name = (section: string, size: string, scheme: string) => `${section}-${size}-${scheme}.webp`;

/** A picture as WebP, encoded by the browser: a third of the PNG. */
async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  const encoder = await page.context().newPage();
  try {
    const url = await encoder.evaluate(
      async ([data, quality]) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        canvas.getContext('2d')!.drawImage(image, 0, 0);
        return canvas.toDataURL('image/webp', quality);
      },
      [png.toString('base64'), QUALITY] as const,
    );
    return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  } finally {
    await encoder.close();
  }
}
