/** Several drawings as one figure: panels beside and below one another, each with its letter and title. */
import { type Drawing, draw } from './drawing';

export interface Panel {
  title: string;
  draw: (width: number) => Drawing;
}

/** Between panels, and over each for its title, in CSS pixels. */
const GAP = 18;
const HEAD = 26;
/** The narrowest that a panel beside another may be; else it stands below it. */
const NARROWEST = 300;

const DOWN = ['y', 'y1', 'y2', 'cy'];
const RIGHT = ['x', 'x1', 'x2', 'cx'];

/** The same drawing, moved: files have no transforms. */
function moved({ tag, attributes, children }: Drawing, dx: number, dy: number): Drawing {
  const by = (name: string) => (RIGHT.includes(name) ? dx : DOWN.includes(name) ? dy : null);
  const next = Object.entries(attributes).map(([name, value]) => {
    if (name === 'points')
      return [
        name,
        String(value)
          .split(' ')
          .map((pair) => pair.split(',').map(Number))
          .map(([x, y]) => `${x + dx},${y + dy}`)
          .join(' '),
      ];
    const shift = by(name);
    return [name, shift === null ? value : Number(value) + shift];
  });
  return {
    tag,
    attributes: Object.fromEntries(next) as Drawing['attributes'],
    children: children.map((c) => (typeof c === 'string' ? c : moved(c, dx, dy))),
  };
}

/** @param rows panels that stand beside one another where there is room; empty rows take none */
export function panels(
  rows: readonly (readonly Panel[])[],
  { title, width }: { title: string; width: number },
): Drawing {
  const parts: Drawing[] = [];
  let [top, count] = [0, 0];
  const place = (row: readonly Panel[]) => {
    const each = (width - GAP * (row.length - 1)) / row.length;
    const drawn = row.map((panel) => panel.draw(each));
    drawn.forEach(({ children }, i) => {
      const left = i * (each + GAP);
      const letter = String.fromCharCode(97 + count++);
      parts.push(
        draw('text', { x: left, y: top + 14, className: 'chart-group' }, `${letter}  ${row[i].title}`),
        // Of a whole drawing only what it shows: it has its own title.
        moved(draw('g', {}, ...children.filter((c) => typeof c !== 'string' && c.tag !== 'title')), left, top + HEAD),
      );
    });
    top += HEAD + GAP + Math.max(...drawn.map(({ attributes }) => Number(attributes.height)));
  };
  for (const row of rows.filter((r) => r.length > 0)) {
    const beside = (width - GAP * (row.length - 1)) / row.length >= NARROWEST;
    for (const part of beside ? [row] : row.map((panel) => [panel])) place(part);
  }
  const height = Math.max(1, top - GAP);
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, className: 'intervals', role: 'img' },
    draw('title', {}, title),
    ...parts,
  );
}
