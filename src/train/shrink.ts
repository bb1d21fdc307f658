/** "Shrink after training": one scale for a whole adapter, by a line search on the dev split. */
import type { AdapterRun } from '../engine/adapterRun';

export interface Shrunk {
  scale: number;
  /** Dev loss at that scale, and at 1. */
  loss: number;
  before: number;
}

/** Scales that are looked at first; then their neighbours at an eighth and at a sixteenth. */
const COARSE = [1, 0.75, 0.5, 0.25];

/**
 * Leaves the run at the scale in (0, 1] with the lowest loss of those looked at, the larger where two are equal: never
 * worse than it was.
 * @param loss dev loss of the run as it is
 */
export async function shrink(run: AdapterRun, loss: () => Promise<number>): Promise<Shrunk> {
  const losses = new Map<number, number>();
  await run.rescale(async (at) => {
    const look = async (scale: number) => {
      if (scale <= 0 || scale > 1 || losses.has(scale)) return;
      await at(scale);
      losses.set(scale, await loss());
    };
    for (const scale of COARSE) await look(scale);
    for (const step of [1 / 8, 1 / 16]) {
      const best = bestOf(losses);
      for (const scale of [best + step, best - step]) await look(scale);
    }
    return bestOf(losses);
  });
  const scale = bestOf(losses);
  return { scale, loss: losses.get(scale)!, before: losses.get(1)! };
}

/** A loss that is not finite is never the best. */
const bestOf = (losses: ReadonlyMap<number, number>): number =>
  [...losses].reduce(
    ([s, l], [scale, loss]) => (loss < l || (loss === l && scale > s) ? [scale, loss] : [s, l]),
    [1, losses.get(1)! || Infinity],
  )[0];
