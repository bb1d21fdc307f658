/** A drawing as PNG and SVG files have it: what classes say on the page is said in the theme's colours. */
import type { ChartColors } from './chartColors';
import type { Drawing } from './drawing';
import type { Picture } from './saveChart';
import type { Surface } from './surface';

/** From a text's base line up to its middle, in CSS pixels. */
const HALF_LETTER = 4;

/** The colour of a mark, and what is softer, by the class that it has on the page. */
function marks(className: string, colors: ChartColors): { plain: string; soft: string } {
  const mark = Number(/\bmark-(\d)\b/.exec(className)?.[1] ?? Number.NaN);
  if (mark === 0) return { plain: colors.lineStrong, soft: colors.line };
  return { plain: colors.runs[mark] ?? colors.ink, soft: colors.runsSoft[mark] ?? colors.ink2 };
}

function put(to: Surface, { tag, attributes, children }: Drawing, colors: ChartColors): void {
  const at = (name: string) => Number(attributes[name]);
  const className = String(attributes.className ?? '');
  const has = (name: string) => className.split(' ').includes(name);
  const { plain, soft } = marks(className, colors);
  switch (tag) {
    case 'line': {
      const [grid, level] = [has('chart-grid'), has('chart-level')];
      const stroke = grid ? colors.line : level ? colors.ink2 : has('over-bar') ? colors.ink : plain;
      const ends = [
        [at('x1'), at('y1')],
        [at('x2'), at('y2')],
      ] as const;
      const dash = level ? [3, 4] : has('chart-dashed') ? [6, 4] : [];
      to.line(ends, has('chart-span') ? soft : stroke, grid || level || has('chart-span') ? 1 : 2, dash);
      break;
    }
    case 'rect':
      to.rect({ x: at('x'), y: at('y'), width: at('width'), height: at('height'), fill: plain });
      break;
    case 'circle':
      to.dot(at('cx'), at('cy'), at('r'), plain);
      break;
    case 'polygon':
      to.area(
        String(attributes.points)
          .split(' ')
          .map((pair) => pair.split(',').map(Number) as [number, number]),
        plain,
      );
      break;
    case 'text': {
      const align = ({ end: 'end', middle: 'center' } as const)[String(attributes.textAnchor)] ?? 'start';
      const text = children.find((c) => typeof c === 'string') ?? '';
      const fill = has('chart-tick') ? colors.ink2 : colors.ink;
      to.text(at('x'), at('y') - HALF_LETTER, text, { fill, align, bold: has('chart-group') });
      break;
    }
    case 'svg':
    case 'g':
      for (const child of children) if (typeof child !== 'string') put(to, child, colors);
      break;
    case 'title':
      break;
  }
}

/** @param drawing an `svg` with its size */
export const drawingPicture = (drawing: Drawing, colors: ChartColors): Picture => ({
  width: Number(drawing.attributes.width),
  height: Number(drawing.attributes.height),
  draw: (to) => put(to, drawing, colors),
});
