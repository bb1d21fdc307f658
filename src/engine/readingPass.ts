/** What passes that nothing is learnt from have in common: answers of a `Generator`, classes of a `ClassReader`. */
import type { AdapterRun } from './adapterRun';
import type { BaseModel } from './base';
import type { BufferScope } from './device/buffers';
import { AdapterActivations, activationNeeds, activationSizes } from './model/adapterActivations';
import type { RunConfig } from '../shared/config';
import type { ModelDescription } from '../shared/model';
import type { AdaptedModule } from './adapters/method';
import { type Sizes, allocate, inputSizes, layerSizes, topSizes } from './model/activations';
import type { Capacity } from './model/batch';
import type { Pass } from './model/nn/pass';

/** A model of such a pass: what it adapts, and how; null is the base. */
export type Reading = { modules: readonly AdaptedModule[]; config: RunConfig } | null;

const adaptedOf = <T extends Reading>(runs: readonly T[]): NonNullable<T>[] => runs.filter((run) => run !== null);

/** Bytes of a pass, by name. */
export function readingSizes(config: ModelDescription, runs: readonly Reading[], capacity: Capacity): Sizes {
  const adapted = adaptedOf(runs);
  return {
    ...inputSizes(config, capacity),
    ...layerSizes(config, capacity),
    top: topSizes(config, capacity),
    ...(adapted.length > 0 ? { adapters: activationSizes(config, capacity, activationNeeds(adapted, 'all')) } : {}),
  };
}

/**
 * The base and any adapted models side by side, a segment each. Nothing is kept for a backward, so that all layers and
 * all modules share one set of tensors.
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
  const adapted = adaptedOf(runs);
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
