/**
 * Adapters as files, in PEFT's layout. PEFT would load a gated adapter as plain LoRA and say nothing, so that it has a
 * `peft_type` of its own, which the package in python/ registers and PEFT alone refuses by name.
 */
import loadGated from './load_gated.py?raw';
import { message } from '../shared/message';
import { z } from '../shared/zod';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import type { AdapterMethod } from '../engine/adapters/adapterMethod';
import { ADAPTER_METHODS } from '../engine/adapters/list';
import { adapterMethodOf } from '../engine/adapters/methods';
import { adaptedModules } from '../engine/model/modules';
import type { WholeValues } from '../engine/adapters/wholeModules';
import { type NamedTensor, type SafetensorsFile, readSafetensors, writeSafetensors } from '../hub/safetensors';
import {
  ALL_LINEAR,
  GATE_RULES,
  METHOD_NAMES,
  type RunConfig,
  drawsTokens,
  problemOf,
  rankOf,
  runSchema,
  scalingOf,
} from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { methodWith } from '../shared/methods';
import { AdapterError } from '../shared/errors';
import { templateSchema } from '../shared/origin';
import { withLabels } from '../shared/classHead';
import {
  type ClassModel,
  type ModelDescription,
  type ModelModule,
  allModules,
  headWeights,
  isTarget,
  linearWeights,
  moduleKinds,
  moduleName,
  targetModules,
  tellsClasses,
  wholeModules,
} from '../shared/model';
import type { ModelFile } from '../shared/types';
import { type AdapterCheck, checkSchema, writtenCheck } from './adapterCheck';
import { type PeftConfig, configSchema, meantModules, refuseOthers, savedModules } from './peftFields';
import type { AdapterFile } from './protocol';

const EPSILON = 1e-6;
const MAX_FILE = 256 * 2 ** 20;
/** Most classes of an adapter's head. */
const MAX_LABELS = 1000;
const PREFIX = 'base_model.model.';
const CONFIG = 'adapter_config.json';

/** The file of a base model; an adapter belongs to its values. */
type BaseFile = Pick<ModelFile, 'path' | 'dtype' | 'exact'>;

export interface ExportParts {
  run: RunConfig;
  /** The model's id, and its revision where that is not the usual one. */
  model: { id: string; revision: string | null };
  /** What its base was read from, where that is known. */
  base?: BaseFile | null;
  adapters: readonly ModuleAdapter[];
  /** The base keeps the modules' weights as [in, out]; PEFT calls that `fan_in_fan_out`. */
  inOut?: boolean;
  /** One per module, or null without a gate. */
  thresholds: Float32Array | null;
  /** What they come from, where that is not the run's rule. */
  rule?: 'afterwards';
  template: PromptTemplate;
  check: AdapterCheck | null;
  /** Of a model that tells classes apart: it, with the head's classes, and what is trained whole. */
  classes?: { model: ClassModel; values: WholeValues } | null;
}

/** `peft_type` of an update behind a gate, by the update's name: TS_LORA, TS_DORA. */
const gatedType = (update: string) => `TS_${update.toUpperCase()}`;

/** PEFT's configuration but for what names the model and its modules. */
const common = ({ run, inOut = false, thresholds, classes }: ExportParts): Record<string, unknown> => {
  const { name, peft } = adapterMethodOf(run);
  return {
    peft_type: thresholds ? gatedType(name) : peft.type,
    ...(classes ? { task_type: 'SEQ_CLS', modules_to_save: savedModules(classes.model) } : { task_type: 'CAUSAL_LM' }),
    lora_alpha: run.alpha,
    lora_dropout: run.dropout,
    bias: 'none',
    fan_in_fan_out: inOut,
    inference_mode: true,
    init_lora_weights: true,
    ...peft.write(run),
  };
};

/** PEFT's names of a module's tensors. */
const tensorNames = ({ peft, extra }: AdapterMethod, path: string) => ({
  a: `${PREFIX}${path}.lora_A${peft.suffix}`,
  b: `${PREFIX}${path}.lora_B${peft.suffix}`,
  extra: `${PREFIX}${path}.${extra?.peft}`,
  tau: `${PREFIX}${path}.lora_tau`,
});

function tensorsOf(method: AdapterMethod, m: ModuleAdapter, tau: number | null): NamedTensor[] {
  const rank = m.a.length / m.dIn;
  const { extra } = method;
  const names = tensorNames(method, m.path);
  return [
    { name: names.a, shape: [rank, m.dIn], data: m.a },
    { name: names.b, shape: [m.dOut, rank], data: m.b },
    ...(extra ? [{ name: names.extra, shape: extra.per === 'rank' ? [rank, 1] : [m.dOut], data: m.extra! }] : []),
    ...(tau === null ? [] : [{ name: names.tau, shape: [], data: Float32Array.of(tau) }]),
  ];
}

/** Names that end so in every layer, as PEFT takes them; whole ones where modules of the head would end so, too. */
function targetNames({ run, adapters, classes }: ExportParts): string[] {
  const all = adapters.map(({ path }) => path);
  if (run.only) return all;
  const names = run.modules.includes(ALL_LINEAR)
    ? [...new Set(all.map((path) => path.slice(path.lastIndexOf('.') + 1)))]
    : run.modules;
  const head = classes ? headWeights(classes.model).map(({ name }) => name.slice(0, name.lastIndexOf('.'))) : [];
  return names.some((name) => head.some((path) => isTarget(path, name))) ? all : names;
}

/** What is trained whole, as PEFT saves it. */
const wholeTensors = ({ model, values }: NonNullable<ExportParts['classes']>) =>
  wholeModules(model)
    .flatMap(linearWeights)
    .map(({ name, shape }) => ({ name: PREFIX + name, shape, data: values.get(name)! }));

/** The files of an exported adapter. @throws {AdapterError} where no file could say what it does */
export function adapterFiles(parts: ExportParts): AdapterFile[] {
  const { run, model, base, adapters, thresholds, template, check, classes = null } = parts;
  if (drawsTokens(run)) throw new AdapterError(message('train.adapter.randomGate'));
  const text = (name: string, content: string): AdapterFile => ({ name, bytes: new TextEncoder().encode(content) });
  const json = (name: string, value: unknown) => text(name, `${JSON.stringify(value, null, 2)}\n`);
  const method = adapterMethodOf(run);
  const packed = method.peft.pack?.(adapters);
  const tensors = [
    ...(packed?.modules ?? adapters).flatMap((m, i) => tensorsOf(method, m, thresholds?.[i] ?? null)),
    ...(classes ? wholeTensors(classes) : []),
  ];
  return [
    json(CONFIG, {
      ...common(parts),
      base_model_name_or_path: model.id,
      revision: model.revision,
      target_modules: targetNames(parts),
      ...packed?.config,
    }),
    { name: 'adapter_model.safetensors', bytes: writeSafetensors(tensors) },
    json('sieve.json', {
      format: 'sieve-adapter',
      version: 1,
      name: run.name,
      template,
      base: base ?? undefined,
      labels: classes?.model.head.labels,
      head: classes?.model.head.given,
      reads: readsPictures(parts) ? 'pictures' : undefined,
      gate: thresholds ? { rule: parts.rule ?? run.gate.rule } : undefined,
    }),
    ...(check ? [json('check.json', writtenCheck(check))] : []),
    ...(thresholds ? [text('load_gated.py', loadGated)] : []),
    text('README.md', readme(parts)),
  ];
}

const readsPictures = ({ classes }: ExportParts) => Boolean(classes?.model.embedding.patches);

/** What transformers needs to know of the head, as keyword arguments. */
const headArguments = ({ head: { labels, given = {} } }: ClassModel): string[] => [
  `num_labels=${labels.length}`,
  ...Object.entries(given).map(([key, value]) => `${key}="${value}"`),
  'ignore_mismatched_sizes=True',
];

/** How transformers loads the base; one that is not from a hub lies in some folder. */
function loadBase(parts: ExportParts): string[] {
  const {
    model: { id, revision },
    classes,
  } = parts;
  const what = classes ? (readsPictures(parts) ? 'ImageClassification' : 'SequenceClassification') : 'CausalLM';
  const auto = `AutoModelFor${what}`;
  const options = [
    `"${id.includes('/') ? '' : 'path/to/'}${id}"`,
    ...(revision === null ? [] : [`revision="${revision}"`]),
    'dtype="float32"',
    ...(classes ? headArguments(classes.model) : []),
  ];
  return [`from transformers import ${auto}`, `base = ${auto}.from_pretrained(${options.join(', ')})`];
}

function readme(parts: ExportParts): string {
  const { run, model, base, thresholds, check, template, classes } = parts;
  const modelName = model.revision === null ? model.id : `${model.id} (${model.revision})`;
  const lines = [
    `# ${run.name}`,
    '',
    `A ${METHOD_NAMES[run.method]} adapter (rank ${run.rank}, alpha ${run.alpha}) for ${modelName}, trained in Sieve${base ? ` on the values of its file ${base.path}` : ''}.`,
    ...(base && !base.exact
      ? [
          '',
          '**Its base is quantised.** On the values of another file the model is another one, and so is this adapter.',
        ]
      : []),
    '',
    '```python',
    ...(thresholds ? ['import sieve_peft  # registers TS_LORA and TS_DORA'] : []),
    'from peft import PeftModel',
    ...loadBase(parts),
    'model = PeftModel.from_pretrained(base, "this folder")',
    '```',
    '',
    ...(classes
      ? [
          `The trained head is among the tensors (modules_to_save). Its classes, in the order of the logits: ${classes.model.head.labels.join(', ')}.`,
          '',
        ]
      : []),
    `${check ? `check.json holds ${check.picture ? 'a picture (red, green and blue of every pixel, in base64)' : 'token ids'} and the largest logits that the adapted model gave for ${check.picture ? 'it' : 'them'}; ` : ''}sieve.json holds the prompt template${template.chat ? `: the chat template “${template.chat.name}”, as tokenizer.apply_chat_template(messages, chat_template=…, add_generation_prompt=True) writes it` : ''}.`,
  ];
  if (thresholds)
    lines.push(
      '',
      '**This adapter is gated**: a token gets the update of a module where ‖Δ‖ / (‖y‖ + 1e-6) ≥ τ, y the output of the frozen module and τ its `lora_tau`. The package sieve_peft is the folder python/ of Sieve; PEFT without it refuses the folder by name. `python load_gated.py` loads the adapter with torch and transformers alone, and compares with check.json. A gated adapter cannot be merged into the base: the gate depends on the token.',
    );
  return `${lines.join('\n')}\n`;
}

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
const READ = ['lora_A', 'lora_B', 'lora_tau', ...ADAPTER_METHODS.flatMap(({ extra }) => extra?.peft ?? [])];
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
  model: ModelDescription,
  id: string,
  name = id,
): ImportedAdapter {
  const files = new Map(list.map((f) => [f.name, f.bytes]));
  if (list.some((f) => f.bytes.byteLength > MAX_FILE)) throw new AdapterError(message('train.adapter.large'));
  const fields = parse(files, CONFIG, z.record(z.string(), z.unknown()));
  const weights = files.get('adapter_model.safetensors');
  if (!fields || !weights) throw new AdapterError(message('train.adapter.notPeft'));
  const behindGate = ADAPTER_METHODS.find((m) => fields.peft_type === gatedType(m.name));
  const former = behindGate ? null : parse(files, 'ts_peft.json', thresholdSchema);
  const check = parse(files, 'check.json', checkSchema);
  const sieve = parse(files, 'sieve.json', sieveSchema);
  const tensors = readSafetensors(weights, 'adapter_model.safetensors', 'adapter');
  const type = behindGate?.peft.type ?? fields.peft_type;
  const config = checked(CONFIG, { ...fields, peft_type: type }, configSchema) as PeftConfig;
  const others = tensors.names.filter((name) => !isRead(name)).map((name) => name.replace(PREFIX, ''));
  refuseOthers({ ...fields, peft_type: type }, others, model);
  const own = ADAPTER_METHODS.findLast(({ peft }) => peft.type === type && peft.is(config))!;
  if (behindGate && own !== behindGate)
    throw new AdapterError(message('train.adapter.gateType', { type: gatedType(behindGate.name), is: own.name }));
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
    ...peft.read(config),
    ...chosen(meant, model),
  });
  if (former && Math.abs(former.scaling - scalingOf(run)) > 1e-6 * former.scaling)
    throw new AdapterError(message('train.adapter.scaling'));
  const adapters: ImportedAdapter['adapters'] = [];
  const thresholds: number[] = [];
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
  const expected = ((extra ? 3 : 2) + (behindGate ? 1 : 0)) * modules.length + whole.size;
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
