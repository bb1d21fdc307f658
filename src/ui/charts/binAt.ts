import { ratioEdge } from '../../shared/ratio';
import { RATIO_BINS } from '../../shared/types';

/** Position of a value on the axis of bins, with its fraction. */
export function binAt(r: number): number {
  for (let b = 0; b < RATIO_BINS; b++) {
    if (r < ratioEdge(b + 1)) return b + (r - ratioEdge(b)) / (ratioEdge(b + 1) - ratioEdge(b));
  }
  return RATIO_BINS;
}
