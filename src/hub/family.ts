/**
 * The architectures that Sieve knows. Each file of `families/` describes one, and is found by lying there. What Sieve
 * cannot train is named here, before any weights are fetched.
 */
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import { asPublished } from './classes';
import { Fields, refuse, show } from './fields';

/** How llama.cpp's files hold a family's models, as far as that is not the usual (`gguf/model.ts`). */
export interface GgufForm {
  /** Its name in `model_type`, where that is not the architecture's. */
  modelType?: string;
  /** Fields of config.json by their keys behind the architecture's name, beside the usual ones. */
  fields?: Readonly<Record<string, string>>;
  /** The field that says which share of a head RoPE turns; none where it turns whole ones. */
  share?: string;
  /** Rows of q and k lie in the order of interleaved RoPE. */
  interleaved?: boolean;
}

export interface Family {
  /** Its names in `model_type`. */
  modelTypes: readonly string[];
  /** By `general.architecture`, where llama.cpp knows the family. */
  gguf?: Readonly<Record<string, GgufForm>>;
  /** The architecture of another family that llama.cpp opens it as. */
  ggufAs?: string;
  /** @throws {ModelError} naming the first thing that is missing, out of bounds or not supported */
  read(f: Fields, modelType: string): ModelDescription;
}

const files = import.meta.glob<{ family: Family }>('./families/*.ts', { eager: true });
const FAMILIES: readonly Family[] = Object.values(files).map(({ family }) => family);

/** Names in `model_type`, in alphabetical order. */
export const MODEL_TYPES: readonly string[] = FAMILIES.flatMap(({ modelTypes }) => modelTypes).sort();

const refuseType = (type: unknown): never =>
  refuse(message('hub.configHas.modelType', { value: show(type), known: MODEL_TYPES.join(', ') }));

/** What each architecture of a GGUF is called there. */
export const GGUF_FORMS: ReadonlyMap<string, GgufForm> = new Map(
  FAMILIES.flatMap(({ gguf = {} }) => Object.entries(gguf)),
);

/** The architecture that llama.cpp has for models of a `model_type`, with its form; null where it has none. */
export function ggufFormOf(modelType: string): (GgufForm & { name: string }) | null {
  const other = FAMILIES.find(({ modelTypes }) => modelTypes.includes(modelType))?.ggufAs;
  const found = [...GGUF_FORMS].find(([name, form]) =>
    other ? name === other : (form.modelType ?? name) === modelType,
  );
  return found ? { ...found[1], name: found[0] } : null;
}

/**
 * A model's architecture from its `config.json`, read strictly.
 * @throws {ModelError} naming the first thing that is missing, out of bounds or not supported
 */
export function readModel(json: unknown): ModelDescription {
  const f = new Fields(json, 'config.json');
  const type = f.get('model_type');
  const family = FAMILIES.find(({ modelTypes }) => typeof type === 'string' && modelTypes.includes(type));
  if (!family) return refuseType(type);
  if (f.has('quantization_config')) refuse(message('hub.configHas.quantised'));
  return asPublished(f, family.read(f, type as string));
}
