/** What passes that nothing is learnt from have in common: answers of a `Generator`, classes of a `ClassReader`. */
import type { AdapterRun } from './adapterRun';
import type { BaseModel } from './base';
import type { BufferScope } from './device/buffers';
import { AdapterActivations, activationNeeds } from './model/adapterActivations';
import { allocate, inputSizes, layerSizes, topSizes } from './model/activations';
import type { Capacity } from './model/batch';
import type { Pass } from './model/nn/pass';

/**
 * The base and any adapted models side by side, a segment each. Nothing is kept for a backward, so that all layers and all
 * modules share one set of tensors.
 * @param runs in order; null is the base
 */
export function readingPass(
  { device, config, weights, ropeTables }: BaseModel,
  scope: BufferScope,
  runs: readonly (AdapterRun | null)[],
  capacity: Capacity,
): Omit<Pass, 'batch' | 'cache'> {
  const act = {
    ...allocate(scope, '', inputSizes(config, capacity)),
    ...allocate(scope, '', layerSizes(config, capacity)),
  };
  const top = allocate(scope, '', topSizes(config, capacity));
  const adapted = runs.filter((run) => run !== null);
  const saved =
    adapted.length > 0
      ? new AdapterActivations(scope, config, { capacity, needs: activationNeeds(adapted, 'all'), sharing: 'all' })
      : null;
  const kept = saved?.of(runs);
  return {
    device,
    config,
    weights,
    ropeTables,
    layers: config.layers.map(() => act),
    top,
    grads: null,
    segments: runs.map(
      (run, segment) =>
        run && {
          method: run.method,
          modules: run.modules,
          saved: kept![segment]!,
          scratch: saved!.scratch[segment],
          whole: run.whole,
        },
    ),
    record: false,
    recompute: false,
  };
}
