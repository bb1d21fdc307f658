/** SmolLM3: a Llama without RoPE on some layers, every fourth where the configuration does not list them. */
import { message } from '../../shared/message';
import type { Family } from '../family';
import { type Fields, refuse } from '../fields';
import { llamaLike } from '../llamaLike';

/** Whether each layer rotates. */
function rotates(f: Fields): (layer: number) => boolean {
  const interval = f.int('no_rope_layer_interval', 1, 1000, 4);
  if (!f.has('no_rope_layers')) return (layer) => (layer + 1) % interval !== 0;
  const layers = f.numbers('no_rope_layers', 0, 1, f.int('num_hidden_layers', 1, 128));
  return (layer) => layers[layer] === 1;
}

export const family: Family = {
  modelTypes: ['smollm3'],
  gguf: { smollm3: { interleaved: true } },
  read: (f, type) => {
    if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
    if (f.flag('mlp_bias', false)) refuse(message('hub.configHas.mlpBias'));
    f.only('use_sliding_window', false);
    const rotated = rotates(f);
    return llamaLike(f, type, {
      tied: true,
      rope: { theta: 2e6 },
      attention: (layer) => ({ rope: rotated(layer) ? 0 : null }),
    });
  },
};
