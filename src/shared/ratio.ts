/** Bins of the r histogram: four per octave from 2⁻¹³, linear inside an octave; what is smaller falls into bin 0. */

/** Lower edge of a bin; `RATIO_BINS` gives the upper edge of the last. Bin 0 starts at 0. */
export function ratioEdge(bin: number): number {
  return bin === 0 ? 0 : 2 ** (Math.floor(bin / 4) - 13) * (1 + (bin % 4) / 4);
}
