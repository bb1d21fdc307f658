/**
 * Where keys and the pointer lead on a picture that is cut into patches: token 0 stands above it, 1 + p is the patch at
 * place p.
 */
import { moved } from './mapLayout';

/** The token that a key leads to; null for keys that lead nowhere. */
export function movedPatch(key: string, token: number, side: number): number | null {
  const above = key === 'ArrowUp' || key === 'PageUp';
  if (token === 0) return moved(key, [0, 0], side, side) && (above ? 0 : 1);
  const [row, column] = [Math.floor((token - 1) / side), (token - 1) % side];
  if (above && row === 0) return 0;
  const next = moved(key, [row, column], side, side);
  return next && 1 + next[0] * side + next[1];
}

/** The token of a place within a square of `width`; null outside of it. */
export function patchAt(x: number, y: number, { side, width }: { side: number; width: number }): number | null {
  const [row, column] = [Math.floor((y / width) * side), Math.floor((x / width) * side)];
  const inside = (i: number) => i >= 0 && i < side;
  return inside(row) && inside(column) ? 1 + row * side + column : null;
}
