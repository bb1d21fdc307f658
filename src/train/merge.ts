/** Adapters taken into the frozen weights, where that gives the same model: not where a gate depends on the token. */
import { type RunConfig, isMergeable, rankOf, scalingOf } from '../shared/config';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import { adapterMethodOf } from '../engine/adapters/methods';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';

/**
 * W [dOut, dIn] in place of W0 that makes the adapter's module out of the frozen one; f64 inside.
 * @throws {AdapterError} for a run with gates
 */
export function mergeModule(run: RunConfig, module: ModuleAdapter, w0: Float32Array): Float32Array<ArrayBuffer> {
  if (!isMergeable(run)) throw new AdapterError(message('train.adapter.merge', { run: run.name }));
  const { a, b, dIn, dOut } = module;
  const { diagonal, mergeRow } = adapterMethodOf(run);
  const scales = diagonal?.(module);
  const rank = rankOf(run);
  const scaling = scalingOf(run);
  const merged = new Float32Array(dOut * dIn);
  const row = new Float64Array(dIn);
  for (let j = 0; j < dOut; j++) {
    row.set(w0.subarray(j * dIn, (j + 1) * dIn));
    for (let r = 0; r < rank; r++) {
      const factor = scaling * b[j * rank + r] * (scales ? scales[r] : 1);
      for (let k = 0; k < dIn; k++) row[k] += factor * a[r * dIn + k];
    }
    mergeRow?.(row, j, module);
    merged.set(row, j * dIn);
  }
  return merged;
}
