/** A picture with its patches shaded, as it is saved: SVG has no pictures here, so its pixels are squares. */
import type { WatchedPicture } from '../../shared/data';
import type { ChartColors } from './chartColors';
import type { Surface } from './surface';

/** Squares along a patch, at most. */
const FINEST = 4;
const WIDTH = 480;
/** How much of a skipped patch its veil covers, as on the page. */
const COVERED = 0.85;

const channels = (css: string): number[] => (css.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);

/** @param shares by token, 0 (faded) to 1; token 0 is not drawn: it stands for no part of the picture */
export function drawPatches(
  { shown: { size, values }, side }: WatchedPicture,
  shares: ArrayLike<number>,
  { panel }: Pick<ChartColors, 'panel'>,
): { width: number; height: number; draw: (to: Surface) => void } {
  const fine = Math.min(FINEST, Math.floor(size / side));
  const count = side * fine;
  const width = WIDTH / count;
  const veil = channels(panel);
  const fill = (row: number, column: number): string => {
    const covered = COVERED * (1 - shares[1 + Math.floor(row / fine) * side + Math.floor(column / fine)]);
    const middle = (i: number) => Math.floor(((i + 0.5) * size) / count);
    const at = 3 * (middle(row) * size + middle(column));
    const mixed = [0, 1, 2].map((c) => Math.round(values[at + c] * (1 - covered) + veil[c] * covered));
    return `rgb(${mixed.join(', ')})`;
  };
  return {
    width: WIDTH,
    height: WIDTH,
    draw: (to) => {
      for (let row = 0; row < count; row++)
        for (let column = 0; column < count; column++)
          to.rect({ x: column * width, y: row * width, width, height: width, fill: fill(row, column) });
    },
  };
}
