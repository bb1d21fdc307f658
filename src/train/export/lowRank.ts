/**
 * An update in the form that runtimes take it: Δ = (x A) B + (y − bias) · c, with everything that is constant
 * multiplied out.
 */
import { adapterMethodOf } from '../../engine/adapters/methods';
import type { ModuleAdapter } from '../../engine/adapters/parameters';
import { transpose } from '../../hub/floats';
import { type RunConfig, scalingOf } from '../../shared/config';
import { mergeModule } from '../merge';

export interface LowRank {
  rank: number;
  /** [dIn, rank] */
  a: Float32Array;
  /** [rank, dOut] */
  b: Float32Array;
  /** c [dOut], where the update depends on the frozen output y: DoRA's. */
  c: Float32Array | null;
}

/**
 * @param run without gates
 * @param w0 gives the frozen weight [dOut, dIn]; asked for where the update depends on it
 */
export function lowRankOf(run: RunConfig, module: ModuleAdapter, w0: () => Float32Array): LowRank {
  const { dIn, dOut, a, b } = module;
  const { diagonal, mergeRow } = adapterMethodOf(run);
  const scales = diagonal?.(module);
  const rank = a.length / dIn;
  const scaling = scalingOf(run);
  const scaledB = Float32Array.from(b, (v, i) => v * scaling * (scales ? scales[i % rank] : 1));
  const all = { rank, a: transpose(a, rank, dIn), b: transpose(scaledB, dOut, rank) };
  if (!mergeRow) return { ...all, c: null };
  // The merged row is a multiple of W0 + ΔW.
  const frozen = w0();
  const merged = mergeModule(run, module, frozen);
  const factors = Float64Array.from({ length: dOut }, (_, j) => factorOf(merged, frozen, { j, dIn, scaledB, a, rank }));
  return {
    ...all,
    b: all.b.map((v, i) => v * factors[i % dOut]),
    c: Float32Array.from(factors, (f) => f - 1),
  };
}

/** What row j of W0 + ΔW was multiplied with, by least squares: the rows are rounded. */
function factorOf(
  merged: Float32Array,
  frozen: Float32Array,
  { j, dIn, scaledB, a, rank }: { j: number; dIn: number; scaledB: Float32Array; a: Float32Array; rank: number },
): number {
  let [above, below] = [0, 0];
  for (let k = 0; k < dIn; k++) {
    let plain = frozen[j * dIn + k];
    for (let r = 0; r < rank; r++) plain += scaledB[j * rank + r] * a[r * dIn + k];
    above += merged[j * dIn + k] * plain;
    below += plain * plain;
  }
  return below > 0 ? above / below : 1;
}
