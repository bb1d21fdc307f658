/** The methods' objects by run, and what a run's own is made of: its update, behind a gate or not. */
import { type RunConfig, givesConstant, isGated, rankOf } from '../../shared/config';
import { methodOf } from '../../shared/methods';
import { Rng } from '../../shared/rng';
import type { AdapterMethod, UpdateContext } from './adapterMethod';
import { GATE_STATE, Gated, gateSizes } from './gate/gated';
import { ADAPTER_METHODS } from './list';
import type { AdaptedModule, Method, Place } from './method';
import { type ModuleValues, type Trained, extraLength, padRank } from './parameters';
import { Plain } from './plain';

export function adapterMethodOf(run: Pick<RunConfig, 'method'>): AdapterMethod {
  const { update } = methodOf(run);
  return ADAPTER_METHODS.find(({ name }) => name === update)!;
}

/** What a run trains of each module. */
export const trainedOf = (run: RunConfig): Trained => ({
  rank: rankOf(run),
  extra: adapterMethodOf(run).extra,
  constant: givesConstant(run),
});

/**
 * What a run begins with, as PEFT starts, from the seed and the modules' places alone; what comes of the frozen weights
 * is zero.
 */
export function startValues(run: RunConfig, modules: readonly AdaptedModule[], seed: number): ModuleValues[] {
  const { rank, extra, constant } = trainedOf(run);
  const { start } = adapterMethodOf(run);
  return modules.map((m) => {
    const rng = new Rng((seed ^ m.salt) >>> 0);
    if (start) return start(rng, m, rank);
    const bound = 1 / Math.sqrt(m.dIn);
    return {
      a: Float32Array.from({ length: rank * m.dIn }, () => rng.uniform(-bound, bound)),
      b: new Float32Array(m.dOut * rank),
      ...(constant ? { constant: new Float32Array(m.dOut) } : {}),
      ...(extra ? { extra: new Float32Array(extraLength(extra, m, rank)) } : {}),
    };
  });
}

/** Bytes of what a run's method keeps besides parameters, gradients and moments, by name. */
export function methodSizes(run: RunConfig, modules: readonly AdaptedModule[], place: Place): Record<string, number> {
  return {
    ...adapterMethodOf(run).sizes(run, modules, padRank(rankOf(run))),
    ...(isGated(run) ? gateSizes(run.gate, modules.length, place) : {}),
  };
}

/** Bytes of the method's state, of what `methodSizes` gave. */
export function stateBytes(run: RunConfig, sizes: Record<string, number>): number {
  const names = [...(adapterMethodOf(run).state ?? []), ...(isGated(run) ? GATE_STATE : [])];
  return names.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
}

export interface MethodContext extends UpdateContext {
  place: Place;
  /** The method that the run's random gate follows. */
  follows: Method | null;
}

/** @throws {ConfigError} for settings that the engine cannot train */
export function createMethod({ place, follows, ...context }: MethodContext): Method {
  const { run, train, low, modules, scope } = context;
  const update = adapterMethodOf(run).create(context);
  if (!isGated(run)) return new Plain(update);
  const constants = givesConstant(run) ? low.params.map(({ constant }) => constant!) : null;
  return new Gated({ device: low.device, update, modules, constants, scope, config: run.gate, train, place, follows });
}
