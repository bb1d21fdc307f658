/**
 * The fields of an adapter_config.json: which may be set, and which modules they mean. What changes an adapter is
 * followed or refused by name; so is every field that is not known here, since what PEFT will add may change one, too.
 */
import { ADAPTER_METHODS } from '../engine/adapters/list';
import type { PeftFormat } from '../engine/adapters/adapterMethod';
import { saying } from '../shared/config';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import {
  type ClassModel,
  type ModelDescription,
  type ModelModule,
  allModules,
  isTarget,
  peftPath,
  tellsClasses,
  wholeModules,
} from '../shared/model';
import { z } from '../shared/zod';

export type PeftFields = Readonly<Record<string, unknown>>;

const noPattern = (what: 'ranks' | 'alphas') =>
  z
    .record(z.string(), z.unknown())
    .refine((r) => Object.keys(r).length === 0, saying(message(`train.adapter.perModule.${what}`)))
    .nullish();
const names = z.union([z.array(z.string().max(200)).max(2000), z.string().max(20_000)]);
const layer = z.int().min(0);
const targetFields = {
  lora_alpha: z.number().positive().max(1e4),
  target_modules: z.union([z.array(z.string().max(200)).min(1).max(2000), z.string().max(20_000)]),
  bias: z.literal('none').optional(),
  // PEFT goes by the layer's class, whatever this says.
  fan_in_fan_out: z.boolean().optional(),
  layers_to_transform: z.union([layer, z.array(layer).max(2000)]).nullish(),
  layers_pattern: z.union([z.string().max(200), z.array(z.string().max(200)).max(20)]).nullish(),
  exclude_modules: names.nullish(),
};
type TargetFields = z.infer<z.ZodObject<typeof targetFields>>;
export type PeftConfig = TargetFields & { peft_type: string };

/** Formats of one `peft_type`: their methods are told apart by fields. */
const ofType = (type: string): PeftFormat[] => ADAPTER_METHODS.map(({ peft }) => peft).filter((p) => p.type === type);
const typeSchema = (type: string) =>
  z.object({
    peft_type: z.literal(type),
    ...targetFields,
    rank_pattern: noPattern('ranks'),
    alpha_pattern: noPattern('alphas'),
    ...Object.assign({}, ...ofType(type).map(({ fields }) => fields)),
  });
const [firstType, ...otherTypes] = new Set(ADAPTER_METHODS.map(({ peft }) => peft.type));
export const configSchema = z.discriminatedUnion('peft_type', [typeSchema(firstType), ...otherTypes.map(typeSchema)]);

/** Fields that say where an adapter comes from or how it was trained, and nothing of what it does. */
const ABOUT = [
  'auto_mapping base_model_name_or_path revision task_type peft_version inference_mode',
  'init_lora_weights lora_dropout ensure_weight_tying runtime_config megatron_core r',
  // Of ways to begin; which are read is said by `init_lora_weights`.
  'loftq_config eva_config corda_config lora_ga_config qalora_group_size',
  // AdaLoRA's schedule.
  'tinit tfinal deltaT beta1 beta2 orth_reg_weight total_step',
].flatMap((line) => line.split(' '));
const known = (type: string) => new Set([...ABOUT, ...Object.keys(typeSchema(type).shape)]);

/**
 * How PEFT's `modules_to_save` names what is trained whole: it takes the module that several of them are parts of, as
 * its own default for classification does.
 */
export function savedModules(model: ClassModel): string[] {
  const paths = wholeModules(model).map(({ path }) => path);
  const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('.')));
  const together = (parent: string) => parent !== '' && paths.filter((path) => parentOf(path) === parent).length > 1;
  return [...new Set(paths.map((path) => (together(parentOf(path)) ? parentOf(path) : path)))];
}

/** Names that PEFT adds to `modules_to_save` of every classifier, whether the model has them or not. */
const USUAL_HEADS = ['classifier', 'score'];

/** Ways to begin that leave the frozen weights alone. On the plain base an adapter of any other is another one. */
const STARTS: unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal', 'mica'];

const isSet = (value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  value !== false &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);

/**
 * Refuses by name what a configuration asks for and is not read here.
 * @param others names of the adapter's tensors that no method has
 * @throws {AdapterError}
 */
export function refuseOthers(config: PeftFields, others: readonly string[], model: ModelDescription): void {
  const { peft_type: type, init_lora_weights: start } = config;
  if (!STARTS.includes(start))
    throw new AdapterError(message('train.adapter.otherStart', { start: String(start).slice(0, 40) }));
  const read = known(String(type));
  const heads = tellsClasses(model) ? [...savedModules(model), ...USUAL_HEADS] : [];
  const isHead = (saved: unknown) => Array.isArray(saved) && saved.every((name) => heads.includes(name as string));
  const field = Object.keys(config).find(
    (name) => isSet(config[name]) && !read.has(name) && !(name === 'modules_to_save' && isHead(config[name])),
  );
  if (field === undefined) return;
  const tensors = others.slice(0, 5).join(', ');
  throw new AdapterError(message('train.adapter.otherField', { field: field.slice(0, 80), tensors }));
}

/**
 * The number of a module's layer as PEFT finds it: behind the name of a list, or where none is named, the first number.
 */
function layerOf(path: string, lists: readonly string[]): number | null {
  const parts = path.split('.');
  const at = parts.findIndex((part, i) => {
    if (!/^\d+$/.test(part) || i + 1 === parts.length) return false;
    const list = parts.slice(0, i).join('.');
    return lists.length === 0 ? i > 1 : lists.some((name) => isTarget(list, name));
  });
  return at < 0 ? null : Number(parts[at]);
}

/** A module's paths: transformers has named some otherwise, and adapters of either time are read. */
const pathsOf = (m: ModelModule): string[] => [...new Set([m.path, peftPath(m)])];
const isNamed = (m: ModelModule, name: string): boolean => pathsOf(m).some((path) => isTarget(path, name));

const listOf = <T>(value: T | T[] | null | undefined): T[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];

/**
 * The modules that a configuration means, by PEFT's rules: a name means every module whose path is it or ends in it. A
 * pattern is not run, since one can be made to run for ever: the adapter's tensors say which modules it means.
 * @param present paths of the modules that the adapter has tensors for
 * @throws {AdapterError}
 */
export function meantModules(
  config: TargetFields,
  present: ReadonlySet<string>,
  model: ModelDescription,
): ModelModule[] {
  const { target_modules: targets, exclude_modules: excluded } = config;
  const all = allModules(model);
  const named = (typeof targets === 'string' ? [...present] : targets).flatMap((name) => {
    const found = all.filter((m) => isNamed(m, name));
    if (found.length === 0) throw new AdapterError(message('train.adapter.target', { name }));
    return found;
  });
  const meant = new Set(named);
  const layers = listOf(config.layers_to_transform);
  const lists = listOf(config.layers_pattern).filter((name) => name !== '');
  // PEFT asks for layers only where modules are named one by one.
  const chosen = layers.length > 0 && typeof targets !== 'string' ? new Set<number | null>(layers) : null;
  const isExcluded = (m: ModelModule): boolean => {
    if (typeof excluded === 'string') return excluded !== '' && !present.has(m.path);
    return (excluded ?? []).some((name) => isNamed(m, name));
  };
  const isChosen = (m: ModelModule) => !chosen || pathsOf(m).some((path) => chosen.has(layerOf(path, lists)));
  return all.filter((m) => meant.has(m) && isChosen(m) && !isExcluded(m));
}
