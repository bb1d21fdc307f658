import { mixBits } from '../dropout/hash';

/** The `count` largest keys, of equal ones the first: 1 where kept. */
export function selectRef(keys: ArrayLike<number>, count: number): number[] {
  const order = Array.from(keys, (_, i) => i)
    .sort((a, b) => keys[b] - keys[a] || a - b)
    .slice(0, count);
  const open = Array<number>(keys.length).fill(0);
  for (const row of order) open[row] = 1;
  return open;
}

/** The random gate's key of a row. */
export function hashRef(
  seed: number,
  draw: number,
  { micro, module, row }: { micro: number; module: number; row: number },
): number {
  return mixBits(
    mixBits(mixBits(mixBits(mixBits(seed + 0x9e3779b9) ^ draw) ^ (micro + 0x85ebca6b)) ^ (module + 0xc2b2ae35)) ^ row,
  );
}
