/** Adapters from files in PEFT's layout, of this page or of others. What is read is checked before it is used. */
import { message } from '../shared/message';
import { z } from '../shared/zod';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import { ADAPTER_METHODS } from '../engine/adapters/list';
import { adaptedModules } from '../engine/model/modules';
import type { WholeValues } from '../engine/adapters/wholeModules';
import { type SafetensorsFile, readSafetensors } from '../hub/safetensors';
import {
  ALL_LINEAR,
  GATE_RULES,
  type RunConfig,
  givesConstant,
  problemOf,
  rankOf,
  runSchema,
  scalingOf,
} from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { methodWith } from '../shared/methods';
import { ruleOfForm } from '../shared/rules';
import { AdapterError } from '../shared/errors';
import { templateSchema } from '../shared/origin';
import { classModelOf, withLabels } from '../shared/classHead';
import {
  type ModelDescription,
  type ModelModule,
  allModules,
  linearWeights,
  moduleKinds,
  moduleName,
  peftPath,
  targetModules,
  tellsClasses,
  wholeModules,
} from '../shared/model';
import { type AdapterCheck, checkSchema } from './adapterCheck';
import { type PeftConfig, configSchema, meantModules, refuseOthers } from './peftFields';
import type { AdapterFile } from './protocol';
import { type BaseFile, CONFIG, GATE_FORMS, PREFIX, WEIGHTS, gatedType, tensorNames } from './peftLayout';

const EPSILON = 1e-6;
const MAX_FILE = 256 * 2 ** 20;
/** Most classes of an adapter's head. */
const MAX_LABELS = 1000;

/** An adapter read from files, ready for `AdapterRun.load`. */
export interface ImportedAdapter {
  run: RunConfig;
  adapters: ModuleAdapter[];
  thresholds: Float32Array | null;
  /** The template it was trained with; null when the files do not tell. */
  template: PromptTemplate | null;
  check: AdapterCheck | null;
  /** What its base was read from; null when the files do not tell. */
  base: BaseFile | null;
  /** The model, with the adapter's own classes where it has a head with classes, and what is trained whole of it. */
  model: ModelDescription;
  whole: WholeValues;
}

/** Tensors of a module that some method has. */
const READ = [
  'lora_A',
  'lora_B',
  'lora_tau',
  'lora_constant',
  ...ADAPTER_METHODS.flatMap(({ extra }) => extra?.peft ?? []),
];
const isRead = (tensor: string) =>
  READ.some((part) => tensor.endsWith(`.${part}`) || tensor.endsWith(`.${part}.weight`));

/** ts_peft.json, which held the thresholds when a gated adapter called itself LORA. */
const thresholdSchema = z.object({
  format: z.literal('sieve-ts-peft'),
  version: z.literal(1),
  rule: z.enum(GATE_RULES),
  epsilon: z.literal(EPSILON),
  scaling: z.number().positive(),
  thresholds: z.record(z.string().max(200), z.number().min(0).max(3e38)),
});
const baseSchema = z.object({ path: z.string().max(300), dtype: z.string().max(40).nullable(), exact: z.boolean() });
const sieveSchema = z.object({
  name: z.string().min(1).max(60),
  template: z.object(templateSchema.shape),
  base: baseSchema.optional(),
  labels: z.array(z.string().max(200)).min(2).max(MAX_LABELS).optional(),
});

/** @throws {AdapterError} naming what does not fit */
function checked<T>(name: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message: problem } = problemOf(result.error.issues[0]);
  throw new AdapterError(message('train.adapter.wrong', { file: name, path, problem }));
}

function parse<T>(files: Map<string, Uint8Array>, name: string, schema: z.ZodType<T>): T | null {
  const bytes = files.get(name);
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AdapterError(message('train.adapter.noJson', { file: name, why: (error as Error).message }));
  }
  return checked(name, value, schema);
}

/**
 * Reads an adapter for a model. Names and shapes are checked against the model before anything is used.
 * @param id run id to give it; @param name where its files do not say what it is called
 * @throws {AdapterError}
 */
export function readAdapter(
  list: readonly AdapterFile[],
  open: ModelDescription,
  id: string,
  name = id,
): ImportedAdapter {
  const files = new Map(list.map((f) => [f.name, f.bytes]));
  if (list.some((f) => f.bytes.byteLength > MAX_FILE)) throw new AdapterError(message('train.adapter.large'));
  const fields = parse(files, CONFIG, z.record(z.string(), z.unknown()));
  const weights = files.get(WEIGHTS);
  if (!fields || !weights) throw new AdapterError(message('train.adapter.notPeft'));
  const behind = GATE_FORMS.flatMap((form) => ADAPTER_METHODS.map((method) => ({ form, method }))).find(
    ({ form, method }) => fields.peft_type === gatedType(method.name, form),
  );
  const behindGate = behind?.method;
  const former = behindGate ? null : parse(files, 'ts_peft.json', thresholdSchema);
  const check = parse(files, 'check.json', checkSchema);
  const sieve = parse(files, 'sieve.json', sieveSchema);
  const nameOf = namesInFile(open);
  const tensors = renamed(readSafetensors(weights, WEIGHTS, 'adapter'), nameOf);
  const model = asTrained(open, tensors);
  const type = behindGate?.peft.type ?? fields.peft_type;
  const rank_pattern = renamedKeys(fields.rank_pattern, nameOf);
  const config = checked(CONFIG, { ...fields, peft_type: type, rank_pattern }, configSchema) as PeftConfig;
  const others = tensors.names.filter((name) => !isRead(name)).map((name) => name.replace(PREFIX, ''));
  refuseOthers({ ...fields, peft_type: type }, others, model);
  const own = ADAPTER_METHODS.findLast(({ peft }) => peft.type === type && peft.is(config))!;
  if (behindGate && own !== behindGate)
    throw new AdapterError(message('train.adapter.gateType', { type: String(fields.peft_type), is: own.name }));
  const { peft, extra } = own;
  const method = methodWith(own.name, behindGate !== undefined || former !== null);
  if (method === undefined) throw new AdapterError(message('train.adapter.gatedAdalora'));
  const present = new Set(
    tensors.names.filter((t) => t.includes('.lora_')).map((t) => t.slice(PREFIX.length, t.indexOf('.lora_'))),
  );
  const meant = meantModules(config, present, model);
  if (meant.length === 0)
    throw new AdapterError(message('train.adapter.tensors', { n: tensors.names.length, expected: 0 }));
  const run = runSchema.parse({
    id,
    name: sieve?.name ?? name,
    alpha: config.lora_alpha,
    method,
    ...(behind?.form ? { gate: { rule: ruleOfForm(behind.form) } } : {}),
    ...peft.read(config),
    ...chosen(meant, model),
  });
  if (former && Math.abs(former.scaling - scalingOf(run)) > 1e-6 * former.scaling)
    throw new AdapterError(message('train.adapter.scaling'));
  const adapters: ImportedAdapter['adapters'] = [];
  const thresholds: number[] = [];
  const gives = givesConstant(run);
  const modules = adaptedModules(model, run);
  for (const m of modules) {
    const { path } = m;
    const get = (name: string) => {
      if (!tensors.names.includes(name)) throw new AdapterError(message('train.adapter.noTensor', { name }));
      return tensors.get(name).data;
    };
    const names = tensorNames(own, path);
    const written: ModuleAdapter = {
      path,
      dIn: m.dIn,
      dOut: m.dOut,
      a: get(names.a),
      b: get(names.b),
      ...(gives ? { constant: get(names.constant) } : {}),
      ...(extra ? { extra: get(names.extra) } : {}),
    };
    const adapter = peft.unpack ? peft.unpack(written, config, rankOf(run)) : written;
    if (!adapter) throw new AdapterError(message('train.adapter.rankPattern', { path }));
    adapters.push(adapter);
    if (former && !Object.hasOwn(former.thresholds, path))
      throw new AdapterError(message('train.adapter.noThreshold', { path }));
    if (former) thresholds.push(former.thresholds[path]);
    if (behindGate) thresholds.push(threshold(get(names.tau), path));
  }
  const { headed, whole } = readHead(tensors, model, sieve?.labels);
  const expected = ((extra ? 3 : 2) + (behindGate ? 1 : 0) + (gives ? 1 : 0)) * modules.length + whole.size;
  if (tensors.names.length !== expected)
    throw new AdapterError(message('train.adapter.tensors', { n: tensors.names.length, expected }));
  return {
    run,
    adapters,
    thresholds: former || behindGate ? Float32Array.from(thresholds) : null,
    template: sieve?.template ?? null,
    check,
    base: sieve?.base ?? null,
    model: headed,
    whole,
  };
}

/** What tells by which name the base's file has the module of a tensor, whatever transformers calls it. */
function namesInFile(model: ModelDescription): (tensor: string) => string {
  const modules = new Map(allModules(model).map((m) => [peftPath(m), m.path]));
  return (tensor) => {
    const from = tensor.startsWith(PREFIX) ? PREFIX.length : 0;
    const end = tensor.indexOf('.lora_');
    const path = end < 0 ? undefined : modules.get(tensor.slice(from, end));
    return path === undefined ? tensor : tensor.slice(0, from) + path + tensor.slice(end);
  };
}

/** The tensors by other names. */
function renamed(tensors: SafetensorsFile, nameOf: (tensor: string) => string): SafetensorsFile {
  const own = new Map(tensors.names.map((tensor) => [nameOf(tensor), tensor]));
  const of = (name: string) => own.get(name) ?? name;
  return {
    ...tensors,
    names: tensors.names.map(nameOf),
    shape: (name) => tensors.shape(of(name)),
    get: (name) => tensors.get(of(name)),
  };
}

/** AdaLoRA's pattern of ranks is by the names of tensors. */
const renamedKeys = (pattern: unknown, nameOf: (tensor: string) => string): unknown =>
  typeof pattern === 'object' && pattern !== null
    ? Object.fromEntries(Object.entries(pattern).map(([tensor, value]) => [nameOf(tensor), value]))
    : pattern;

/** The model as an adapter knows it: one that writes text, under a head with classes where the adapter brings one. */
function asTrained(open: ModelDescription, { names }: SafetensorsFile): ModelDescription {
  const tells = classModelOf(open);
  return tells && names.includes(`${PREFIX}${tells.head.classifier.path}.weight`) ? tells : open;
}

/** The head that an adapter brings, for as many classes as its classifier has outputs. @throws {AdapterError} */
function readHead(
  tensors: SafetensorsFile,
  model: ModelDescription,
  labels: readonly string[] | undefined,
): { headed: ModelDescription; whole: WholeValues } {
  if (!tellsClasses(model)) return { headed: model, whole: new Map() };
  const take = (name: string) => {
    if (!tensors.names.includes(name)) throw new AdapterError(message('train.adapter.noTensor', { name }));
    return name;
  };
  const [count] = tensors.shape(take(`${PREFIX}${model.head.classifier.path}.weight`));
  if (!(count >= 2 && count <= MAX_LABELS)) throw new AdapterError(message('train.adapter.classes', { n: count }));
  const own = model.head.labels.length === count ? model.head.labels : null;
  const names = labels?.length === count ? labels : (own ?? Array.from({ length: count }, (_, i) => `LABEL_${i}`));
  const headed = withLabels(model, names);
  const weights = wholeModules(headed).flatMap(linearWeights);
  const whole = weights.map(({ name, shape }): [string, Float32Array] => {
    const file = take(PREFIX + name);
    if (tensors.shape(file).join() !== shape.join())
      throw new AdapterError(message('engine.adapter.whole', { tensor: name }));
    return [name, tensors.get(file).data];
  });
  return { headed, whole: new Map(whole) };
}

/** @throws {AdapterError} for what is no threshold */
function threshold(values: Float32Array, path: string): number {
  const [tau] = values;
  if (values.length !== 1 || !(tau >= 0 && tau < Infinity))
    throw new AdapterError(message('train.adapter.badThreshold', { path }));
  return tau;
}

/** Modules as a run's settings: names where every layer has them, else one by one. */
function chosen(modules: readonly ModelModule[], model: ModelDescription): Pick<RunConfig, 'modules' | 'only'> {
  const all = allModules(model);
  if (modules.length === all.length) return { modules: [ALL_LINEAR], only: null };
  const kinds = moduleKinds(model).filter((kind) => modules.some((m) => m.kind === kind));
  const whole = targetModules(model, { modules: kinds, only: null }).length === modules.length;
  return { modules: kinds, only: whole ? null : modules.map(moduleName) };
}
