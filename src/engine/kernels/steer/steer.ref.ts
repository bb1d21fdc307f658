import { RATIO_BINS, ratioBin, ratioEdge } from '../gate/slots';

/** Tokens of a histogram of r below x, linear inside a bin. */
export function belowRef(histogram: ArrayLike<number>, x: number): number {
  const bin = Math.min(ratioBin(x), RATIO_BINS - 1);
  let count = 0;
  for (let b = 0; b < bin; b++) count += histogram[b];
  return count + Math.min(1, (x - ratioEdge(bin)) / (ratioEdge(bin + 1) - ratioEdge(bin))) * histogram[bin];
}
