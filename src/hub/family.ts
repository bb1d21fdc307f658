/**
 * The architectures that Sieve knows. Each file of `families/` describes one, and is found by lying there. What Sieve cannot
 * train is named here, before any weights are fetched.
 */
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import { Fields, refuse, show } from './fields';

export interface Family {
  /** Its names in `model_type`. */
  modelTypes: readonly string[];
  /** @throws {ModelError} naming the first thing that is missing, out of bounds or not supported */
  read(f: Fields, modelType: string): ModelDescription;
}

const files = import.meta.glob<{ family: Family }>('./families/*.ts', { eager: true });
const FAMILIES: readonly Family[] = Object.values(files).map(({ family }) => family);

/** Names in `model_type`, in alphabetical order. */
export const MODEL_TYPES: readonly string[] = FAMILIES.flatMap(({ modelTypes }) => modelTypes).sort();

/**
 * A model's architecture from its `config.json`, read strictly.
 * @throws {ModelError} naming the first thing that is missing, out of bounds or not supported
 */
export function readModel(json: unknown): ModelDescription {
  const f = new Fields(json, 'config.json');
  const type = f.get('model_type');
  const family = FAMILIES.find(({ modelTypes }) => typeof type === 'string' && modelTypes.includes(type));
  if (!family) refuse(message('hub.configHas.modelType', { value: show(type), known: MODEL_TYPES.join(', ') }));
  if (f.has('quantization_config')) refuse(message('hub.configHas.quantised'));
  return family.read(f, type as string);
}
