/** adapter_config.json as PEFT writes it: what changes an adapter is followed, or refused by its name. */
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../hub/safetensors';
import { readAdapter } from './readAdapter';
import { TINY_LLAMA as model } from './testing/tinyLlama';
import { adaptedModules } from '../engine/model/modules';
import { runSchema } from '../shared/config';

/** What PEFT 0.21.2 writes of every LoRA, but for what is given. */
const SAVED = JSON.parse(`{
  "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null, "bias": "none",
  "base_model_name_or_path": "owner/name", "corda_config": null, "ensure_weight_tying": false, "eva_config": null,
  "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "r": 2,
  "kasa_config": null, "layer_replication": null, "layers_pattern": null, "layers_to_transform": null,
  "loftq_config": {}, "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0, "lora_ga_config": null,
  "megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null, "monteclora_config": null,
  "peft_type": "LORA", "peft_version": "0.21.2", "qalora_group_size": 16, "rank_pattern": {}, "revision": null,
  "target_modules": ["q_proj"], "target_parameters": null, "task_type": "CAUSAL_LM", "trainable_token_indices": null,
  "use_bdlora": null, "use_dora": false, "use_qalora": false, "use_rslora": false, "velora_config": null
}`) as object;

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

it.each([
  ['alora_invocation_tokens', [1, 2]],
  ['arrow_config', { top_k: 3 }],
  ['kasa_config', { beta: 1e-4 }],
  ['layer_replication', [[0, 2]]],
  ['lora_bias', true],
  ['megatron_config', { tensor_model_parallel_size: 2 }],
  ['modules_to_save', ['lm_head']],
  ['monteclora_config', { num_samples: 2 }],
  ['target_parameters', ['mlp.experts.down_proj']],
  ['trainable_token_indices', { embed_tokens: [1] }],
  ['use_bdlora', { nblocks: 2 }],
  ['use_qalora', true],
  ['velora_config', { num_groups: 2 }],
  // What a later PEFT may add.
  ['use_something_new', true],
])('%s is refused by its name', (field, value) => {
  expect(() => read({ [field]: value }, all)).toThrow(`asks for ${field}`);
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
