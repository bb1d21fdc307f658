/**
 * Adapters as files, in PEFT's layout. PEFT would load a gated adapter as plain LoRA and say nothing, so that it has a
 * `peft_type` of its own, which the package in python/ registers and PEFT alone refuses by name.
 */
import loadGated from './load_gated.py?raw';
import { message } from '../shared/message';
import type { ModuleAdapter } from '../engine/adapters/parameters';
import type { AdapterMethod } from '../engine/adapters/adapterMethod';
import { adapterMethodOf } from '../engine/adapters/methods';
import type { WholeValues } from '../engine/adapters/wholeModules';
import { type NamedTensor, writeSafetensors } from '../hub/safetensors';
import { ALL_LINEAR, METHOD_NAMES, type RunConfig, drawsTokens, isMergeable } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import { AdapterError } from '../shared/errors';
import {
  type ClassModel,
  allModules,
  headWeights,
  isTarget,
  linearWeights,
  peftPath,
  wholeModules,
} from '../shared/model';
import { formOf } from '../shared/rules';
import { type AdapterCheck, writtenCheck } from './adapterCheck';
import { hubMetadata } from './export/modelCard';
import { savedModules } from './peftFields';
import type { AdapterFile } from './protocol';
import { type BaseFile, CONFIG, PREFIX, WEIGHTS, gatedType, tensorNames } from './peftLayout';

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
  /**
   * Of a model that tells classes apart: it, with the head's classes, and what is trained whole; null: as the base has
   * it.
   */
  classes?: { model: ClassModel; values: WholeValues | null } | null;
  /** Of a hub, that they go to. */
  repository?: string;
}

/** PEFT's configuration but for what names the model and its modules. */
const common = (parts: ExportParts): Record<string, unknown> => {
  const { run, inOut = false, thresholds, classes } = parts;
  const { name, peft } = adapterMethodOf(run);
  return {
    peft_type: thresholds ? gatedType(name, formOf(run.gate)) : peft.type,
    // PEFT's model for sequences is one for texts.
    task_type: !classes ? 'CAUSAL_LM' : readsPictures(parts) ? null : 'SEQ_CLS',
    ...(classes && { modules_to_save: savedModules(classes.model) }),
    lora_alpha: run.alpha,
    lora_dropout: run.dropout,
    bias: 'none',
    fan_in_fan_out: inOut,
    inference_mode: true,
    init_lora_weights: true,
    ...peft.write(run),
  };
};

function tensorsOf(method: AdapterMethod, m: ModuleAdapter, tau: number | null): NamedTensor[] {
  const rank = m.a.length / m.dIn;
  const { extra } = method;
  const names = tensorNames(method, m.path);
  return [
    { name: names.a, shape: [rank, m.dIn], data: m.a },
    { name: names.b, shape: [m.dOut, rank], data: m.b },
    ...(extra
      ? [{ name: names.extra, shape: extra.per === 'rank' ? [rank, 1] : [m.extra!.length], data: m.extra! }]
      : []),
    ...(m.constant ? [{ name: names.constant, shape: [m.dOut], data: m.constant }] : []),
    ...(tau === null ? [] : [{ name: names.tau, shape: [], data: Float32Array.of(tau) }]),
  ];
}

/** Adapters whose modules PEFT calls otherwise than the base's file does, by its names; null where there are none. */
function renamed({ adapters, classes }: ExportParts): ModuleAdapter[] | null {
  const modules = classes ? allModules(classes.model).filter(({ peft }) => peft) : [];
  if (modules.length === 0) return null;
  const names = new Map(modules.map((m) => [m.path, peftPath(m)]));
  return adapters.map((m) => ({ ...m, path: names.get(m.path) ?? m.path }));
}

/** Names that end so in every layer, as PEFT takes them; whole ones where modules of the head would end so, too. */
function targetNames(parts: ExportParts): string[] {
  const { run, classes } = parts;
  const others = renamed(parts);
  const all = (others ?? parts.adapters).map(({ path }) => path);
  if (run.only) return all;
  const names =
    others || run.modules.includes(ALL_LINEAR)
      ? [...new Set(all.map((path) => path.slice(path.lastIndexOf('.') + 1)))]
      : run.modules;
  const head = classes ? headWeights(classes.model).map(({ name }) => name.slice(0, name.lastIndexOf('.'))) : [];
  return names.some((name) => head.some((path) => isTarget(path, name))) ? all : names;
}

/** What is trained whole, as PEFT saves it. */
export const wholeTensors = (model: ClassModel, values: WholeValues): NamedTensor[] =>
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
  const named = renamed(parts) ?? adapters;
  const packed = method.peft.pack?.(named);
  const tensors = [
    ...(packed?.modules ?? named).flatMap((m, i) => tensorsOf(method, m, thresholds?.[i] ?? null)),
    ...(classes?.values ? wholeTensors(classes.model, classes.values) : []),
  ];
  return [
    json(CONFIG, {
      ...common(parts),
      base_model_name_or_path: model.id,
      revision: model.revision,
      target_modules: targetNames(parts),
      ...packed?.config,
    }),
    { name: WEIGHTS, bytes: writeSafetensors(tensors) },
    json('sieve.json', {
      format: 'sieve-adapter',
      version: 1,
      name: run.name,
      template,
      base: base ?? undefined,
      labels: classes?.model.head.labels,
      reads: readsPictures(parts) ? 'pictures' : undefined,
      gate: thresholds ? { rule: parts.rule ?? run.gate.rule } : undefined,
    }),
    ...(check ? [json('check.json', writtenCheck(check))] : []),
    ...(thresholds || !isMergeable(run) ? [text('load_gated.py', loadGated)] : []),
    text('README.md', readme(parts)),
  ];
}

const readsPictures = ({ classes }: ExportParts) => Boolean(classes?.model.embedding.patches);

/** What transformers needs to know of the head, as keyword arguments. */
const headArguments = ({ head: { labels } }: ClassModel): string[] => [
  `num_labels=${labels.length}`,
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

/** What a token gets, by the form of the gate. */
const GETS = {
  plain: 'the update of a module where ‖Δ‖ / (‖y‖ + 1e-6) ≥ τ',
  soft: 'max(0, 1 − τ/r) times the update of a module, r = ‖Δ‖ / (‖y‖ + 1e-6)',
  constant: 'the update of a module where ‖Δ‖ / (‖y‖ + 1e-6) ≥ τ, and else its `lora_constant`',
};

function readme(parts: ExportParts): string {
  const { run, model, base, thresholds, check, template, classes, repository = 'this folder' } = parts;
  const modelName = model.revision === null ? model.id : `${model.id} (${model.revision})`;
  const lines = [
    ...hubMetadata({
      base: model.id,
      labels: classes?.model.head.labels ?? null,
      pictures: readsPictures(parts),
      library: 'peft',
    }),
    '',
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
    ...(thresholds || !isMergeable(run) ? ['import sieve_peft  # registers the gated methods'] : []),
    'from peft import PeftModel',
    ...loadBase(parts),
    `model = PeftModel.from_pretrained(base, "${repository}")`,
    '```',
    '',
    ...(classes
      ? [
          ...(renamed(parts)
            ? [
                'PEFT finds these modules with transformers 5.9 or later. Versions before it have other names for them, and refuse the adapter.',
                '',
              ]
            : []),
          `The trained head is among the tensors (modules_to_save). Its classes, in the order of the logits: ${classes.model.head.labels.join(', ')}.`,
          ...(classes.model.head.reads === 'last'
            ? [
                'It reads the last token of a text. For batches, set `base.config.pad_token_id` where the base has none.',
              ]
            : []),
          '',
        ]
      : []),
    `${check ? `check.json holds ${check.picture ? 'a picture (red, green and blue of every pixel, in base64, and how they are scaled)' : 'token ids'} and the largest logits that the adapted model gave for ${check.picture ? 'it' : 'them'}; ` : ''}sieve.json holds the prompt template${template.chat ? `: the chat template “${template.chat.name}”, as tokenizer.apply_chat_template(messages, chat_template=…, add_generation_prompt=True) writes it` : ''}.`,
  ];
  if (!thresholds && !isMergeable(run))
    lines.push(
      '',
      '**Each token has a gate of its own** (GateRA): it gets σ(w·x) times the update of a module, x the input of the module and w its `lora_gate`. The package sieve_peft is the folder python/ of Sieve; PEFT without it refuses the folder by name. `python load_gated.py` loads the adapter with torch and transformers alone, and compares with check.json. It cannot be merged into the base: the gate depends on the token.',
    );
  if (thresholds)
    lines.push(
      '',
      `**This adapter is gated**: a token gets ${GETS[formOf(run.gate) ?? 'plain']}, y the output of the frozen module and τ its \`lora_tau\`. The package sieve_peft is the folder python/ of Sieve; PEFT without it refuses the folder by name. \`python load_gated.py\` loads the adapter with torch and transformers alone, and compares with check.json. A gated adapter cannot be merged into the base: the gate depends on the token.`,
    );
  return `${lines.join('\n')}\n`;
}
