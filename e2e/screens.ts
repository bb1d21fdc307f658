/**
 * Pictures of the page as it stands, small enough to be committed: every view and sheet, and the first view for the
 * README.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Page } from 'playwright';

/** Windows that pictures are taken of, in CSS pixels: as they are seen, without scrolling. */
const SIZES = { desktop: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } } as const;
const SCHEMES = ['light', 'dark'] as const;

/** All of them together, in bytes. */
const MOST_BYTES = 1.8e6;
const QUALITY = 0.72;

/** Charts are drawn when they are laid out, four times a second at most. */
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

  /** Takes a place, by its path, in both sizes and schemes; the window is put back. */
  async take(place: string, title: string): Promise<void> {
    const page = this.#page;
    const before = page.viewportSize()!;
    const file = place.replaceAll('/', '-');
    await page.evaluate((path) => {
      location.hash = `#/${path}`;
    }, place);
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const scheme of SCHEMES) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.setViewportSize(viewport);
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        await page.waitForTimeout(DRAWN);
        writeFileSync(join(this.#folder, name(file, size, scheme)), await toWebp(page, await page.screenshot()));
      }
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    await page.setViewportSize(before);
    this.#taken.push({ section: file, title });
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
      `# Screens\n\nEvery view and sheet after a session, as it is seen without scrolling: on a desktop (${SIZES.desktop.width} × ${SIZES.desktop.height}) and on a phone (${SIZES.phone.width} × ${SIZES.phone.height}), in light and dark. Written by \`npm run demo -- --screens ${this.#folder}\`.\n\n${parts.join('\n')}`,
    );
    console.log(`${readdirSync(this.#folder).length} pictures, ${Math.round(bytes / 1000)} kB, shown by ${path}`);
  }
}

/** Of the README's picture, in CSS pixels and in bytes. */
const OVERVIEW = { width: 1440, height: 900 };
const MOST_OVERVIEW_BYTES = 2e5;

/**
 * The first view as it is seen: losses, the map of modules and a text token by token in one frame. @throws {Error} when
 * it is too big
 */
export async function takeOverview(page: Page, path: string): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize(OVERVIEW);
  await page.evaluate(() => {
    location.hash = '#/train';
  });
  await page.waitForTimeout(2 * DRAWN);
  const picture = await toWebp(page, await page.screenshot());
  await page.setViewportSize(before);
  if (picture.length > MOST_OVERVIEW_BYTES) throw new Error(`${path} would be ${Math.round(picture.length / 1000)} kB`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
}

/** Of the picture that stands beside a link to the page, in CSS pixels. */
const LINKED = { width: 1200, height: 630 };

/** The first view as a link to the page shows it elsewhere: a JPEG, since not everyone reads WebP. */
export async function takeLinked(page: Page, path: string): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize(LINKED);
  await page.evaluate(() => {
    location.hash = '#/train';
  });
  await page.waitForTimeout(2 * DRAWN);
  await page.screenshot({ path, type: 'jpeg', quality: 80 });
  await page.setViewportSize(before);
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
