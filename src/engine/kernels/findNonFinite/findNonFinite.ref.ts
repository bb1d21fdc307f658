/** The first index at which `x` is NaN or infinite, else 0xffffffff. */
export function findNonFiniteRef(x: Float32Array): number {
  const index = x.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? 0xffffffff : index;
}
