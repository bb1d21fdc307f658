/** Llama 1 to 3, SmolLM 1 and 2, TinyLlama and whatever else calls itself `llama`. */
import { message } from '../../shared/message';
import type { Family } from '../family';
import { refuse } from '../fields';
import { llamaLike } from '../llamaLike';

export const family: Family = {
  modelTypes: ['llama'],
  gguf: { llama: { interleaved: true } },
  read: (f, type) => {
    if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
    if (f.flag('mlp_bias', false)) refuse(message('hub.configHas.mlpBias'));
    return llamaLike(f, type);
  },
};
