/** What a run takes in memory beside the shared activations: on the device, and on the host of what it goes back to. */
import { type RunConfig, type TrainConfig, followedBy } from '../shared/config';
import type { ModelDescription } from '../shared/model';
import type { Place } from './adapters/method';
import { methodSizes, stateBytes, trainedOf } from './adapters/methods';
import { flatLayout } from './adapters/parameters';
import { wholeLayout } from './adapters/wholeModules';
import type { Layout } from './layout';
import { adaptedModules } from './model/modules';
import { ratesBytes } from './optim/adamw';
import { gradNormPartialBytes } from './optim/clip';
import { STEPS_TAKEN_BYTES } from './runState';

/** Where each run of a training stands. */
export const placeOf = (
  run: RunConfig,
  runs: readonly RunConfig[],
  train: Pick<TrainConfig, 'loadBestCheckpoint' | 'steps'>,
  { capacity, microBatches, split = 1, measures, salts }: Layout,
): Place => ({
  rows: capacity.rows,
  microBatches,
  split,
  followed: runs.some((r) => followedBy(r) === run.id),
  loadBestCheckpoint: train.loadBestCheckpoint,
  steps: train.steps,
  measures,
  salts,
});

/** Bytes a run needs besides the shared activations, by name. */
export function runSizes(config: ModelDescription, run: RunConfig, place: Place): Record<string, number> {
  const modules = adaptedModules(config, run);
  const bytes = flatLayout(modules, trainedOf(run)).bytes + wholeLayout(config).bytes;
  const method = methodSizes(run, modules, place);
  return {
    params: bytes,
    grads: bytes,
    m: bytes,
    v: bytes,
    rates: ratesBytes(bytes / 4),
    corrections: 8 * place.steps,
    normPartial: gradNormPartialBytes(bytes / 4),
    ...method,
    ...(place.loadBestCheckpoint ? { best: bytes + stateBytes(run, method) } : {}),
  };
}

/**
 * Bytes that the host has of a run: the point that it goes back to, and what a checkpoint holds of it (its state, and
 * that point once more).
 */
export function hostSizes(config: ModelDescription, run: RunConfig, place: Place): { point: number; state: number } {
  const { params, best = 0, ...sizes } = runSizes(config, run, place);
  const point = 3 * params + stateBytes(run, sizes) + STEPS_TAKEN_BYTES;
  return { point, state: 2 * point + best };
}
