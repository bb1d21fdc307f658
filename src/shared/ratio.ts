/** Bins of the r histogram: four per octave from 2⁻¹³, linear inside an octave; what is smaller falls into bin 0. */
import { RATIO_BINS } from './types';

/** Lower edge of a bin; `RATIO_BINS` gives the upper edge of the last. Bin 0 starts at 0. */
export function ratioEdge(bin: number): number {
  return bin === 0 ? 0 : 2 ** (Math.floor(bin / 4) - 13) * (1 + (bin % 4) / 4);
}

/** The r below which a share of the counted tokens lies, linear inside its bin; 0 when nothing is counted. */
export function ratioQuantile(counts: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let b = 0; b < RATIO_BINS; b++) total += counts[b];
  let below = share * total;
  for (let b = 0; b < RATIO_BINS; b++) {
    if (counts[b] > 0 && counts[b] >= below)
      return ratioEdge(b) + ((ratioEdge(b + 1) - ratioEdge(b)) * below) / counts[b];
    below -= counts[b];
  }
  return 0;
}
