/** The active list: count, then the open rows ascending. */
export function activeRowsRef(open: ArrayLike<number>, rows: number): number[] {
  const list = Array.from({ length: rows }, (_, i) => i).filter((i) => open[i] !== 0);
  return [list.length, ...list];
}
