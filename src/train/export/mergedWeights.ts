/** A base's weights with an adapter taken into them, by the names of the state dict, read a few rows at a time. */
import type { ModuleAdapter } from '../../engine/adapters/parameters';
import type { WholeValues } from '../../engine/adapters/wholeModules';
import { transpose } from '../../hub/floats';
import type { Weights } from '../../hub/weights';
import { type RunConfig, drawsTokens, isGated } from '../../shared/config';
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import { methodOf, methodWith } from '../../shared/methods';
import { type ModelDescription, type WeightShape, allModules, weightShapes } from '../../shared/model';
import { floatsOf, readRows, stretchesOf } from '../../shared/quantised';
import { mergeModule } from '../merge';

/** What a run has learnt. */
export interface Trained {
  run: RunConfig;
  adapters: readonly ModuleAdapter[];
  /** One per module, or null where every token gets the update. */
  thresholds: Float32Array | null;
  /** Tensors that were trained whole, by name. */
  whole: WholeValues;
}

export interface MergedWeights {
  /** Every tensor, bottom up; a tied head is none. */
  shapes: readonly WeightShape[];
  /** Its values in pieces, row by row. */
  values(tensor: WeightShape): Iterable<Float32Array>;
}

/** The run with the same update for every token. @throws {AdapterError} where its gates skip some */
export function withoutGate({ run, thresholds }: Pick<Trained, 'run' | 'thresholds'>): RunConfig {
  if (thresholds || drawsTokens(run)) throw new AdapterError(message('train.adapter.merge', { run: run.name }));
  // Some gates are active for every token outside training.
  return isGated(run) ? { ...run, method: methodWith(methodOf(run).update, false)! } : run;
}

/**
 * @param model with the head that the run was trained under
 * @param weights of the base
 * @throws {AdapterError} for an adapter with gates: what it does depends on the token
 */
export function mergedWeights(model: ModelDescription, weights: Weights, trained: Trained): MergedWeights {
  const run = withoutGate(trained);
  const adapters = new Map(trained.adapters.map((m) => [`${m.path}.weight`, m]));
  const turned = new Set(allModules(model).flatMap(({ path, inOut }) => (inOut ? [`${path}.weight`] : [])));
  const merged = (module: ModuleAdapter, inOut: boolean): Float32Array => {
    const { dIn, dOut } = module;
    const { data } = weights.get(`${module.path}.weight`);
    const out = mergeModule(run, module, inOut ? transpose(data, dIn, dOut) : data);
    return inOut ? transpose(out, dOut, dIn) : out;
  };
  function* values(tensor: WeightShape): Generator<Float32Array> {
    const { name, shape } = tensor;
    const module = adapters.get(name);
    const whole = trained.whole.get(name);
    if (module) yield merged(module, turned.has(name));
    else if (whole) yield whole;
    // Blocks have the outputs as their rows in any case.
    else if (turned.has(name)) yield weights.get(name).data;
    else {
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      for (const rows of stretchesOf({ first: 0, count: shape[0] }, width)) {
        const read = readRows(weights.stored, tensor, rows);
        yield floatsOf(read);
      }
    }
  }
  return { shapes: weightShapes(model), values };
}
