/**
 * A page beside the app's that pictures are compared on: it has the app's font, and two pixels per CSS pixel, as the
 * files have.
 */
import type { Browser, Page } from 'playwright';

/** A PNG or a picture of the page; part of it, in its own pixels. */
export interface Picture {
  png: Buffer;
  part?: { x: number; y: number; width: number; height: number };
}

export interface Difference {
  /** Pixels of the larger picture. */
  pixels: number;
  /** Those that have nothing like them near the same place in the other picture, either way. */
  differ: number;
  /** Where, in pixels: left, top, right, bottom; null where they are the same. */
  where: [number, number, number, number] | null;
  /** Both sizes. */
  sizes: string;
}

/** As far apart, in pixels, edges may lie; and as different, of 255, a colour may be. */
interface Tolerance {
  reach: number;
  level: number;
}

/** Opens one beside the app's page, in a profile of its own. */
export async function openToolPage(browser: Browser, app: Page): Promise<Page> {
  const font = await app.evaluate(
    () => performance.getEntriesByType('resource').find((r) => /inter.*\.woff2/i.test(r.name))?.name ?? '',
  );
  if (!font) throw new Error('the page has loaded no font of its own');
  const context = await browser.newContext({ deviceScaleFactor: 2, viewport: { width: 1600, height: 1200 } });
  const page = await context.newPage();
  const style = `@font-face{font-family:"Inter Variable";font-weight:100 900;src:url("${font}")} body{margin:0} svg{display:block}`;
  const body = `<!doctype html><meta charset="utf-8"><style>${style}</style><p style="font:650 15px 'Inter Variable'">a</p>`;
  await page.route('**/tool.html', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(new URL('tool.html', app.url()).href);
  await page.evaluate(() => document.fonts.ready);
  return page;
}

/** An SVG as the browser shows it, at two pixels per CSS pixel. */
export async function rasterised(tool: Page, svg: string): Promise<Buffer> {
  await tool.evaluate((markup) => {
    document.body.replaceChildren(new DOMParser().parseFromString(markup, 'image/svg+xml').documentElement);
  }, svg);
  return tool.locator('svg').first().screenshot();
}

/** What two pictures have that the other has not. */
export function differenceOf(tool: Page, a: Picture, b: Picture, { reach, level }: Tolerance): Promise<Difference> {
  const plain = ({ png, part }: Picture) => ({ png: png.toString('base64'), part });
  return tool.evaluate(
    async ([first, second, near, most]) => {
      const read = async ({ png, part }: { png: string; part?: Picture['part'] }) => {
        const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
        const bitmap = await createImageBitmap(blob);
        const { x = 0, y = 0, width = bitmap.width, height = bitmap.height } = part ?? {};
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d', { willReadFrequently: true })!;
        context.drawImage(bitmap, -x, -y);
        return context.getImageData(0, 0, width, height);
      };
      const [one, two] = [await read(first), await read(second)];
      const [width, height] = [Math.max(one.width, two.width), Math.max(one.height, two.height)];
      // A size between two pixels is rounded by one and cut by the other.
      const [right, bottom] = [Math.min(one.width, two.width), Math.min(one.height, two.height)];
      const rounded = width - right <= 1 && height - bottom <= 1;
      const bad = new Set<number>();
      const compare = (p: ImageData, q: ImageData) => {
        const alike = (i: number, x: number, y: number) => {
          if (x < 0 || y < 0 || x >= q.width || y >= q.height) return false;
          const j = 4 * (y * q.width + x);
          for (let c = 0; c < 3; c++) if (Math.abs(p.data[i + c] - q.data[j + c]) > most) return false;
          return true;
        };
        for (let y = 0; y < p.height; y++)
          for (let x = 0; x < p.width; x++) {
            const i = 4 * (y * p.width + x);
            let found = (rounded && (x >= right - 1 || y >= bottom - 1)) || alike(i, x, y);
            for (let dy = -near; dy <= near && !found; dy++)
              for (let dx = -near; dx <= near && !found; dx++) found = alike(i, x + dx, y + dy);
            if (!found) bad.add(y * width + x);
          }
      };
      compare(one, two);
      compare(two, one);
      const xs = [...bad].map((at) => at % width);
      const ys = [...bad].map((at) => Math.floor(at / width));
      const ends = (of: number[], f: (...n: number[]) => number) => of.reduce((m, v) => f(m, v), of[0]);
      return {
        pixels: width * height,
        differ: bad.size,
        where: bad.size ? [ends(xs, Math.min), ends(ys, Math.min), ends(xs, Math.max), ends(ys, Math.max)] : null,
        sizes: `${one.width} × ${one.height}, ${two.width} × ${two.height}`,
      } as Difference;
    },
    [plain(a), plain(b), reach, level] as const,
  );
}

/** Colours of a PNG's pixels, 0–255. */
export function pixelsOf(tool: Page, png: Buffer, at: readonly (readonly [number, number])[]): Promise<number[][]> {
  return tool.evaluate(
    async ([data, points]) => {
      const blob = await (await fetch(`data:image/png;base64,${data}`)).blob();
      const bitmap = await createImageBitmap(blob);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return points.map(([x, y]) =>
        Array.from(context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)),
      );
    },
    [png.toString('base64'), at] as const,
  );
}
