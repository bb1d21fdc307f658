/** The methods by name: which update, behind a gate or not. What is allocated for each stands beside it. */
import { type RunConfig, type TrainConfig, isGated } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { BufferScope } from '../device/buffers';
import type { Weight } from '../kernels/matmul/weight';
import { AdaLora, adaloraSizes } from './adalora/adalora';
import { Dora, doraSizes } from './dora/dora';
import { Gated, gateSizes } from './gate/gated';
import { type LowRank, Lora, loraSizes } from './lora/lora';
import type { AdaptedModule, Method, Place } from './method';
import { Plain } from './plain';
import type { Update } from './update';

/** Bytes of what a run's method keeps besides parameters, gradients and moments, by name. */
export function methodSizes(
  run: RunConfig,
  modules: readonly AdaptedModule[],
  rPad: number,
  place: Place,
): Record<string, number> {
  const gate = isGated(run) ? gateSizes(run.gate, modules.length, place) : {};
  switch (run.method) {
    case 'lora':
      return gate;
    case 'ts-lora':
      return { ...loraSizes(modules.length, rPad), ...gate };
    case 'dora':
    case 'ts-dora':
      return { ...doraSizes(modules, rPad), ...gate };
    case 'adalora':
      return adaloraSizes(modules, run);
  }
}

/**
 * @param frozen W0 of a module
 * @param follows the method that the run's random gate follows
 * @throws {ConfigError} for settings that the engine cannot train
 */
export function createMethod(
  run: RunConfig,
  train: TrainConfig,
  low: LowRank,
  modules: readonly AdaptedModule[],
  scope: BufferScope,
  frozen: (m: AdaptedModule) => Weight,
  place: Place,
  follows: Method | null,
): Method {
  const gated = isGated(run);
  const update = createUpdate(run, train, low, modules, scope, frozen, gated);
  return gated
    ? new Gated(low.device, update, modules, scope, { config: run.gate, train, place, follows })
    : new Plain(update);
}

function createUpdate(
  run: RunConfig,
  train: TrainConfig,
  low: LowRank,
  modules: readonly AdaptedModule[],
  scope: BufferScope,
  frozen: (m: AdaptedModule) => Weight,
  gated: boolean,
): Update {
  switch (run.method) {
    case 'lora':
    case 'ts-lora':
      return new Lora(low, gated ? { modules, scope } : null);
    case 'dora':
    case 'ts-dora':
      // With dropout PEFT takes all of Δ, its part along W0 x too, from the dropped input: W0 and W0ᵀ would be applied twice.
      if (run.dropout > 0) throw new ConfigError(message('engine.adapter.doraDropout', { run: run.name }));
      return new Dora(low, modules, scope, frozen, gated);
    case 'adalora':
      return new AdaLora(low, modules, scope, run, train);
  }
}
