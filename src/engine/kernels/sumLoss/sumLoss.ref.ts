/** `total + Σ loss`. */
export function sumLossRef(loss: ArrayLike<number>, total: number): number {
  return Array.from(loss).reduce((sum, x) => sum + x, total);
}
