/** A base model's weights from its safetensors files, one or several, by the names of its state dict. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { MODULE_PATHS } from '../shared/config';
import type { LlamaConfig, WeightName } from '../shared/types';
import { readSafetensors, type SafetensorsFile } from './safetensors';
import { type Weights, weightNames, weightShape } from './weights';

/** What transformers calls a weight. */
export function stateDictName(name: WeightName, { tied }: Pick<LlamaConfig, 'tied'>): string {
  switch (name.part) {
    case 'embed':
      return 'model.embed_tokens.weight';
    case 'head':
      return tied ? 'model.embed_tokens.weight' : 'lm_head.weight';
    case 'finalNorm':
      return 'model.norm.weight';
    case 'inputNorm':
      return `model.layers.${name.layer}.input_layernorm.weight`;
    case 'postNorm':
      return `model.layers.${name.layer}.post_attention_layernorm.weight`;
    default:
      return `model.layers.${name.layer}.${MODULE_PATHS[name.part]}.weight`;
  }
}

/**
 * Finds and checks every weight; values are read on `get`.
 * @throws {ModelError} naming the weight that is missing, there twice or misshapen
 */
export function safetensorsWeights(files: readonly Uint8Array[], config: LlamaConfig): Weights {
  const places = new Map<string, SafetensorsFile>();
  for (const [i, bytes] of files.entries()) {
    const what = files.length === 1 ? 'model.safetensors' : `model-${i + 1}-of-${files.length}.safetensors`;
    const file = readSafetensors(bytes, what);
    for (const name of file.names) {
      if (places.has(name)) throw new ModelError(message('hub.weights.twice', { weight: name }));
      places.set(name, file);
    }
  }
  const place = (weight: string): SafetensorsFile => {
    const file = places.get(weight);
    if (!file) throw new ModelError(message('hub.weights.missing', { weight }));
    return file;
  };
  for (const name of weightNames(config)) {
    const weight = stateDictName(name, config);
    const [stored, wanted] = [place(weight).shape(weight), weightShape(name, config)].map((dims) => dims.join(', '));
    if (stored !== wanted) throw new ModelError(message('hub.weights.shape', { weight, stored, wanted }));
  }
  let released = false;
  return {
    get(name) {
      if (released) throw new ModelError(message('hub.model.released'));
      const weight = stateDictName(name, config);
      return { data: place(weight).get(weight).data, shape: weightShape(name, config) };
    },
    release() {
      released = true;
      places.clear();
    },
  };
}
