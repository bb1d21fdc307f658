/** The methods by name: which update, behind a gate or not. What is allocated for each stands beside it. */
import { type RunConfig, type TrainConfig, isGated } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import type { BufferScope } from '../gpu/buffers';
import { Gated, gateSizes } from './gate/gated';
import { type LowRank, Lora, loraSizes } from './lora/lora';
import type { AdaptedModule, Method } from './method';
import { Plain } from './plain';

/** Bytes of what a run's method keeps besides parameters, gradients and moments, by name. */
export const methodSizes = (run: RunConfig, modules: number, rPad: number): Record<string, number> =>
  (isGated(run) ? { ...loraSizes(modules, rPad), ...gateSizes(modules) } : {});

/** @throws {ConfigError} for a method that the engine does not know */
export function createMethod(run: RunConfig, train: TrainConfig, low: LowRank, modules: readonly AdaptedModule[], scope: BufferScope): Method {
  if (run.method !== 'lora' && run.method !== 'ts-lora') throw new ConfigError(`"${run.name}": the engine does not train ${run.method} yet.`, 'Choose LoRA or TS-LoRA.');
  const update = new Lora(low, isGated(run) ? { modules, scope } : null);
  return isGated(run) ? new Gated(low.gpu, update, modules, scope, run.gate, train) : new Plain(update);
}
