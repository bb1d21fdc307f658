/** adapter_config.json as PEFT writes it: what changes an adapter is followed, or refused by its name. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../hub/safetensors';
import { readAdapter } from './readAdapter';
import { TINY_LLAMA as model } from './testing/tinyLlama';
import { adaptedModules } from '../engine/model/modules';
import { runSchema } from '../shared/config';

/** All fields that PEFT 0.21.2 writes, with their values when nothing is chosen: `python -m sieve_ref.peft_fields`. */
const WRITTEN = JSON.parse(readFileSync('python/fixtures/peft-fields.json', 'utf8')) as Record<
  'LORA' | 'ADALORA',
  Record<string, unknown>
>;
const OWN = { r: 2, target_modules: ['q_proj'], inference_mode: true, base_model_name_or_path: 'owner/name' };
const SAVED = { ...WRITTEN.LORA, ...OWN, task_type: 'CAUSAL_LM' };

const LAYERS = model.layers.length;
const pathOf = (layer: number, kind = 'self_attn.q_proj') => `model.layers.${layer}.${kind}`;
const SIZES = new Map(
  adaptedModules(model, runSchema.parse({ id: 'a', name: 'A', method: 'lora' })).map((m) => [m.path, m]),
);

/** Reads an adapter with these fields that has tensors for these modules; gives the modules that it adapts. */
function read(fields: object, paths: string[]): string[] {
  const tensors = paths.flatMap((path) => {
    const { dIn, dOut } = SIZES.get(path)!;
    const of = (name: string, shape: number[]) => ({
      name: `base_model.model.${path}.${name}.weight`,
      shape,
      data: new Float32Array(shape[0] * shape[1]).fill(0.5),
    });
    return [of('lora_A', [2, dIn]), of('lora_B', [dOut, 2])];
  });
  const files = [
    { name: 'adapter_config.json', bytes: new TextEncoder().encode(JSON.stringify({ ...SAVED, ...fields })) },
    { name: 'adapter_model.safetensors', bytes: writeSafetensors(tensors) },
  ];
  return readAdapter(files, model, 'x').adapters.map(({ path }) => path);
}

const all = Array.from({ length: LAYERS }, (_, i) => pathOf(i));

it('what PEFT writes of a plain LoRA is read', () => {
  expect(LAYERS).toBeGreaterThan(1);
  expect(read({}, all)).toEqual(all);
});

describe('followed', () => {
  it.each([
    ['layers by number', { layers_to_transform: 1 }, [1]],
    ['layers in a list', { layers_to_transform: [0], layers_pattern: 'layers' }, [0]],
    ['layers of a named list', { layers_to_transform: [1], layers_pattern: ['h', 'model.layers'] }, [1]],
    ['no layers named: all', { layers_to_transform: [] }, all.keys()],
    ['modules left out', { exclude_modules: ['layers.1.self_attn.q_proj'] }, [0]],
    ['modules left out by a pattern, as the tensors say', { exclude_modules: '.*layers.1.*' }, [0]],
    ['a pattern of modules, as the tensors say', { target_modules: '.*[1]\\..*q_proj' }, [1]],
    ['all linear layers, as the tensors say', { target_modules: 'all-linear', layers_to_transform: [0] }, [0, 1]],
  ])('%s', (_, fields, layers) => {
    const paths = [...layers].map((i) => pathOf(i));
    expect(read(fields, paths)).toEqual(paths);
  });

  it.each([
    ['layers_to_transform', { layers_to_transform: [0] }, 'tensors'],
    ['a list that the model has not', { layers_to_transform: [0], layers_pattern: 'h' }, 'tensors'],
    ['exclude_modules', { exclude_modules: ['q_proj'] }, 'tensors'],
  ])('tensors of modules that %s leaves out are not taken for them', (_, fields, said) => {
    expect(() => read(fields, all)).toThrow(said);
  });
});

it.each([
  ...['gaussian', 'eva', 'orthogonal', 'mica', false].map((start) => [start, true] as const),
  ...['pissa', 'pissa_niter_4', 'olora', 'corda', 'loftq', 'lora_ga', 'what comes next'].map(
    (start) => [start, false] as const,
  ),
])('an adapter that began with %s', (start, opens) => {
  const opened = () => read({ init_lora_weights: start }, all);
  if (opens) expect(opened()).toEqual(all);
  else expect(opened).toThrow(`began with "${start}"`);
});

/** Fields that change what an adapter does, each with a value that is refused by the field's name. */
const REFUSED: Record<string, unknown> = {
  alora_invocation_tokens: [1, 2],
  arrow_config: { top_k: 3 },
  kasa_config: { beta: 1e-4 },
  layer_replication: [[0, 2]],
  lora_bias: true,
  megatron_config: { tensor_model_parallel_size: 2 },
  modules_to_save: ['lm_head'],
  monteclora_config: { num_samples: 2 },
  target_parameters: ['mlp.experts.down_proj'],
  trainable_token_indices: { embed_tokens: [1] },
  use_bdlora: { nblocks: 2 },
  use_qalora: true,
  velora_config: { num_groups: 2 },
};

/** Fields that change nothing of a trained adapter, each with a value that it opens under as it would without. */
const SAYS_NOTHING: Record<string, unknown> = {
  auto_mapping: { base_model_class: 'LlamaForCausalLM', parent_library: 'transformers.models.llama' },
  base_model_name_or_path: 'someone/else',
  corda_config: { corda_method: 'kpm' },
  ensure_weight_tying: true,
  eva_config: { rho: 3 },
  fan_in_fan_out: true,
  inference_mode: false,
  loftq_config: { loftq_bits: 2 },
  lora_dropout: 0.5,
  lora_ga_config: { direction: 'ArB2r' },
  megatron_core: 'other.core',
  peft_version: '0.1',
  qalora_group_size: 32,
  revision: 'main',
  task_type: null,
};

/** What the tests here and of `readAdapter` follow or refuse by their values. */
const READ = [
  'alpha_pattern bias exclude_modules init_lora_weights layers_pattern layers_to_transform lora_alpha',
  'peft_type r rank_pattern target_modules use_dora use_rslora',
].flatMap((line) => line.split(' '));
/** The same of AdaLoRA alone, and its schedule, which is for training. */
const ADALORA = {
  read: ['init_r', 'target_r'],
  nothing: { tinit: 3, tfinal: 3, deltaT: 3, beta1: 0.5, beta2: 0.5, orth_reg_weight: 0.1, total_step: 99 },
};

it('every field that PEFT writes is followed, refused by its name, or changes nothing', () => {
  const all = [...READ, ...Object.keys(REFUSED), ...Object.keys(SAYS_NOTHING)];
  expect(Object.keys(WRITTEN.LORA).sort()).toEqual(all.sort());
  const more = [...all, ...ADALORA.read, ...Object.keys(ADALORA.nothing)];
  expect(Object.keys(WRITTEN.ADALORA).sort()).toEqual(more.sort());
});

describe('refused by its name', () => {
  // The last is what a later PEFT may add.
  const fields = Object.entries({ ...REFUSED, use_something_new: true, some_count: 1, some_name: 'x' });
  it.each(fields)('%s', (field, value) => {
    expect(() => read({ [field]: value }, all)).toThrow(`asks for ${field}`);
    expect(() => read({ peft_type: 'ADALORA', init_r: 2, target_r: 2, [field]: value }, all)).toThrow(
      `asks for ${field}`,
    );
  });
});

it.each(Object.entries(SAYS_NOTHING))('%s changes nothing', (field, value) => {
  expect((SAVED as Record<string, unknown>)[field]).not.toEqual(value);
  expect(read({ [field]: value }, all)).toEqual(all);
});

it.each([
  ['bias', 'all'],
  ['rank_pattern', { q_proj: 4 }],
  ['alpha_pattern', { q_proj: 4 }],
  ['layers_to_transform', 'all'],
  ['layers_to_transform', [-1]],
  ['exclude_modules', [1]],
  ['target_modules', ['embed_tokens']],
])('%s: %o is refused', (field, value) => {
  expect(() => read({ [field]: value }, all)).toThrow(field === 'target_modules' ? 'embed_tokens' : field);
});

it('DoRA’s field means nothing to AdaLoRA', () => {
  expect(() => read({ peft_type: 'ADALORA', init_r: 2, target_r: 2, use_dora: true }, all)).toThrow('use_dora');
});
