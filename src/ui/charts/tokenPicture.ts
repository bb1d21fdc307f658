/** A text token by token as it is saved: shaded like on the page, and broken into lines. */
import type { Shade } from './ramp';
import type { Picture } from './saveChart';
import { letters } from './textWidth';

const WIDTH = 760;
const LINE = 26;
const CHAR = 8;

export function tokenPicture(signs: readonly string[], shade: (token: number) => Shade): Picture {
  let [x, y] = [0, 0];
  const places = signs.map((text) => {
    const width = Math.max(CHAR, letters(text) * CHAR) + 4;
    if (x > 0 && x + width > WIDTH) [x, y] = [0, y + LINE];
    const place = { text, x, y, width };
    x += width + 1;
    return place;
  });
  return {
    width: WIDTH,
    height: y + LINE,
    draw: (to) =>
      places.forEach((p, i) => {
        const { fill, ink } = shade(i);
        to.rect({ x: p.x, y: p.y, width: p.width, height: LINE - 4, fill, stroke: undefined, radius: 3 });
        to.text(p.x + 2, p.y + LINE / 2 - 2, p.text, { fill: ink, mono: true, size: 13 });
      }),
  };
}
