/** Charts as files: PNG and SVG redrawn from the data, CSV with all of it. */
import { saveBlob } from '../saveBlob';
import type { ChartColors } from './chartColors';
import { CanvasSurface, type Surface, SvgSurface, shifted } from './surface';

export interface Picture {
  width: number;
  height: number;
  draw: (to: Surface) => void;
}

export type TableCell = string | number | null | undefined;

/** RFC 4180. Text that a spreadsheet would take for a formula is led by an apostrophe; numbers stay whole. */
export function toCsv(rows: readonly (readonly TableCell[])[]): string {
  const cell = (value: TableCell): string => {
    if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

const PAD = 16;
const HEAD = 28;
const PNG_SCALE = 2;

/** With a ground of its own and its title. */
function framed(title: string, { width, height, draw }: Picture, colors: ChartColors): Picture {
  return {
    width: width + 2 * PAD,
    height: height + 2 * PAD + HEAD,
    draw: (to) => {
      to.rect({ x: 0, y: 0, width: width + 2 * PAD, height: height + 2 * PAD + HEAD, fill: colors.panel });
      to.text(PAD, PAD + 8, title, { fill: colors.ink, size: 15, bold: true });
      draw(shifted(to, PAD, PAD + HEAD));
    },
  };
}

export function svgOf(title: string, picture: Picture, colors: ChartColors): string {
  const { width, height, draw } = framed(title, picture, colors);
  const svg = new SvgSurface();
  draw(svg);
  return svg.document(width, height, title);
}

async function pngOf(title: string, picture: Picture, colors: ChartColors): Promise<Blob> {
  const { width, height, draw } = framed(title, picture, colors);
  const canvas = new OffscreenCanvas(Math.ceil(width * PNG_SCALE), Math.ceil(height * PNG_SCALE));
  const context = canvas.getContext('2d')!;
  context.scale(PNG_SCALE, PNG_SCALE);
  draw(new CanvasSurface(context as unknown as CanvasRenderingContext2D));
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Saves a chart. @param name of the file, without its ending */
export async function saveChart(
  kind: 'png' | 'svg' | 'csv',
  {
    name,
    title,
    picture,
    rows,
    colors,
  }: { name: string; title: string; picture: () => Picture; rows: () => TableCell[][]; colors: ChartColors },
): Promise<void> {
  const file = `sieve-${name}.${kind}`;
  if (kind === 'csv') saveBlob(new Blob([toCsv(rows())], { type: 'text/csv' }), file);
  else if (kind === 'svg') saveBlob(new Blob([svgOf(title, picture(), colors)], { type: 'image/svg+xml' }), file);
  else saveBlob(await pngOf(title, picture(), colors), file);
}
