/**
 * Adapters as files, in PEFT's layout. PEFT ignores what it does not know, so a gated adapter would silently load
 * as plain LoRA: the thresholds go to ts_peft.json beside it, and the README in the folder says so.
 */
import { z } from 'zod';
import type { ModuleAdapter } from '../engine/adapterRun';
import { adaptedModules, allModules, moduleName, modulePath } from '../engine/model/llama';
import { readSafetensors, writeSafetensors } from '../hub/safetensors';
import { MODULE_KINDS, MODULE_PATHS, type RunConfig, runSchema } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { AdapterError } from '../shared/errors';
import type { LlamaConfig, ModuleId } from '../shared/types';
import type { AdapterFile } from './protocol';

const EPSILON = 1e-6;
const MAX_FILE = 256 * 2 ** 20;
const PREFIX = 'base_model.model.';

/** Logits that whoever loads the adapter again can compare with. */
export interface AdapterCheck {
  model: string;
  ids: number[];
  /** Positions whose logits follow. */
  rows: number[];
  dense: number[][] | null;
  gated: number[][] | null;
}

export interface ExportParts {
  run: RunConfig;
  modelName: string;
  adapters: ModuleAdapter[];
  /** One per module, or null for plain LoRA. */
  thresholds: Float32Array | null;
  template: PromptTemplate;
  check: AdapterCheck | null;
}

/** The files of an exported adapter. */
export function adapterFiles({ run, modelName, adapters, thresholds, template, check }: ExportParts): AdapterFile[] {
  const json = (name: string, value: unknown): AdapterFile => ({ name, bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`) });
  const tensors = adapters.flatMap((m) => [
    { name: `${PREFIX}${m.path}.lora_A.weight`, shape: [run.rank, m.dIn], data: m.a },
    { name: `${PREFIX}${m.path}.lora_B.weight`, shape: [m.dOut, run.rank], data: m.b },
  ]);
  const files: AdapterFile[] = [
    json('adapter_config.json', {
      peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: modelName, r: run.rank, lora_alpha: run.alpha, lora_dropout: 0,
      bias: 'none', fan_in_fan_out: false, inference_mode: true, init_lora_weights: true, use_dora: false, use_rslora: false,
      // PEFT takes names that end so in every layer, or whole ones.
      target_modules: run.only ? adapters.map((m) => m.path) : run.modules.map((kind) => MODULE_PATHS[kind].split('.')[1]),
    }),
    { name: 'adapter_model.safetensors', bytes: writeSafetensors(tensors) },
    json('sieve.json', { format: 'sieve-adapter', version: 1, name: run.name, template }),
    ...(check ? [json('check.json', check)] : []),
    { name: 'README.md', bytes: new TextEncoder().encode(readme(run, modelName, thresholds !== null, check !== null)) },
  ];
  if (thresholds) {
    files.push(json('ts_peft.json', {
      format: 'sieve-ts-peft', version: 1, rule: run.gate.rule, epsilon: EPSILON, scaling: run.alpha / run.rank,
      thresholds: Object.fromEntries(adapters.map((m, i) => [m.path, thresholds[i]])),
      note: 'The update of a token is kept where |delta| / (|frozen output| + epsilon) >= threshold. The rule that learnt the thresholds is reconstructed from secondary sources, not the paper\'s own listing.',
    }));
  }
  return files;
}

function readme(run: RunConfig, modelName: string, gated: boolean, checked: boolean): string {
  const lines = [
    `# ${run.name}`, '',
    `A LoRA adapter (rank ${run.rank}, alpha ${run.alpha}) for ${modelName}, trained in Sieve.`, '',
    '```python', 'from peft import PeftModel', 'model = PeftModel.from_pretrained(base, "this folder")', '```', '',
    `${checked ? 'check.json holds token ids and the logits that the adapted model gave for them; ' : ''}sieve.json holds the prompt template.`,
  ];
  if (gated) lines.push('', '**This adapter is gated (TS-LoRA).** PEFT knows nothing of ts_peft.json and applies the update to every token, which is another model. To get the model that was trained, apply the gate of ts_peft.json, as Sieve does when it opens these files. A gated adapter cannot be merged into the base: the gate depends on the token.');
  return `${lines.join('\n')}\n`;
}

/** An adapter read from files, ready for `AdapterRun.load`. */
export interface ImportedAdapter {
  run: RunConfig;
  adapters: { a: Float32Array; b: Float32Array }[];
  thresholds: Float32Array | null;
  /** The template it was trained with; null when the files do not tell. */
  template: PromptTemplate | null;
  check: AdapterCheck | null;
}

const configSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().min(1).max(64),
  lora_alpha: z.number().positive().max(1e4),
  target_modules: z.union([z.array(z.string().max(200)).min(1).max(2000), z.string().max(20_000)]),
  bias: z.literal('none').optional(),
  use_dora: z.literal(false).optional(),
  use_rslora: z.literal(false).optional(),
  fan_in_fan_out: z.literal(false).optional(),
  rank_pattern: z.record(z.string(), z.unknown()).refine((r) => Object.keys(r).length === 0, 'ranks per module are not supported').optional(),
  alpha_pattern: z.record(z.string(), z.unknown()).refine((r) => Object.keys(r).length === 0, 'alphas per module are not supported').optional(),
});
const thresholdSchema = z.object({
  format: z.literal('sieve-ts-peft'),
  version: z.literal(1),
  rule: z.literal('reconstructed'),
  epsilon: z.literal(EPSILON),
  scaling: z.number().positive(),
  thresholds: z.record(z.string().max(200), z.number().min(0).max(3e38)),
});
const numbers = z.array(z.array(z.number()).max(300_000)).max(64).nullable();
const checkSchema = z.object({ model: z.string(), ids: z.array(z.int().min(0)).min(1).max(512), rows: z.array(z.int().min(0)).min(1).max(64), dense: numbers, gated: numbers });
const text = z.string().max(20_000);
const sieveSchema = z.object({ name: z.string().min(1).max(60), template: z.object({ prompt: text, completion: text }) });

function parse<T>(files: Map<string, Uint8Array>, name: string, schema: z.ZodType<T>): T | null {
  const bytes = files.get(name);
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AdapterError(`${name} is no JSON: ${(error as Error).message}`, 'Export the adapter again.');
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new AdapterError(`${name}: ${issue.path.join('.') || 'content'}: ${issue.message}`, 'Sieve opens LoRA adapters of PEFT (one rank, no DoRA, no rsLoRA), with its own ts_peft.json where they are gated.');
  }
  return result.data;
}

/**
 * Reads an adapter for a model. Names and shapes are checked against the model before anything is used.
 * @param id run id to give it
 * @throws {AdapterError}
 */
export function readAdapter(list: readonly AdapterFile[], model: LlamaConfig, id: string): ImportedAdapter {
  const files = new Map(list.map((f) => [f.name, f.bytes]));
  if (list.some((f) => f.bytes.byteLength > MAX_FILE)) throw new AdapterError('A file of this adapter is larger than 256 MiB.', 'Choose a smaller adapter.');
  const config = parse(files, 'adapter_config.json', configSchema);
  const weights = files.get('adapter_model.safetensors');
  if (!config || !weights) throw new AdapterError('This is no PEFT adapter: adapter_config.json or adapter_model.safetensors is missing.', 'Choose a zip that Sieve or PEFT wrote.');
  const gate = parse(files, 'ts_peft.json', thresholdSchema);
  const check = parse(files, 'check.json', checkSchema);
  const own = parse(files, 'sieve.json', sieveSchema);
  const tensors = readSafetensors(weights, 'adapter_model.safetensors', 'adapter');
  const run = runSchema.parse({
    id, name: own?.name ?? 'Imported adapter', method: gate ? 'ts-lora' : 'lora', rank: config.r, alpha: config.lora_alpha,
    ...chosen(targets(config.target_modules, tensors.names, model), model),
  });
  if (gate && Math.abs(gate.scaling - run.alpha / run.rank) > 1e-6 * gate.scaling) throw new AdapterError('ts_peft.json and adapter_config.json disagree about alpha / rank.', 'Export the adapter again.');
  const adapters: ImportedAdapter['adapters'] = [];
  const thresholds: number[] = [];
  const paths = adaptedModules(model, run).map(modulePath);
  for (const path of paths) {
    const get = (part: 'A' | 'B') => {
      const name = `${PREFIX}${path}.lora_${part}.weight`;
      if (!tensors.names.includes(name)) throw new AdapterError(`The adapter has no ${name}.`, 'It belongs to a model of another size; open that model first.');
      return tensors.get(name).data;
    };
    adapters.push({ a: get('A'), b: get('B') });
    if (gate) {
      if (!Object.hasOwn(gate.thresholds, path)) throw new AdapterError(`ts_peft.json has no threshold for ${path}.`, 'Export the adapter again.');
      thresholds.push(gate.thresholds[path]);
    }
  }
  if (tensors.names.length !== 2 * paths.length) throw new AdapterError(`The adapter has ${tensors.names.length} tensors; this model and its settings use ${2 * paths.length}.`, 'Open the model that the adapter was trained on.');
  return { run, adapters, thresholds: gate ? Float32Array.from(thresholds) : null, template: own?.template ?? null, check };
}

/**
 * The modules that `target_modules` means, by PEFT's rules: a name means every module whose path is it or ends in it. A
 * pattern is not run, since the names of the tensors say what it matched.
 */
function targets(names: string | string[], tensors: readonly string[], model: LlamaConfig): ModuleId[] {
  const wanted = typeof names === 'string' ? [...new Set(tensors.map((t) => t.slice(PREFIX.length, t.indexOf('.lora_'))))] : names;
  const all = allModules(model);
  const meant = new Set(wanted.flatMap((name) => {
    const found = all.filter((m) => modulePath(m) === name || modulePath(m).endsWith(`.${name}`));
    if (found.length === 0) throw new AdapterError(`The adapter changes "${name}", which Sieve does not adapt in this model.`, 'Sieve adapts q, k, v, o, gate, up and down projections. Open the model that the adapter was trained on.');
    return found;
  }));
  return all.filter((m) => meant.has(m));
}

/** Modules as a run's settings: kinds where every layer has them, else by name. */
function chosen(modules: readonly ModuleId[], model: LlamaConfig): Pick<RunConfig, 'modules' | 'only'> {
  const kinds = MODULE_KINDS.filter((kind) => modules.some((m) => m.kind === kind));
  return { modules: kinds, only: modules.length === kinds.length * model.layers ? null : modules.map(moduleName) };
}
