/** Granite (dense): a Llama whose embeddings, scores, halves and logits are multiplied with constants. */
import { message } from '../../shared/message';
import type { Family } from '../family';
import { refuse } from '../fields';
import { llamaLike } from '../llamaLike';

export const family: Family = {
  modelTypes: ['granite'],
  gguf: {
    granite: {
      interleaved: true,
      fields: {
        attention_multiplier: 'attention.scale',
        embedding_multiplier: 'embedding_scale',
        residual_multiplier: 'residual_scale',
        logits_scaling: 'logit_scale',
      },
    },
  },
  read: (f, type) => {
    if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
    if (f.flag('mlp_bias', false)) refuse(message('hub.configHas.mlpBias'));
    const constant = (field: string) => f.number(field, 1e-6, 1e6, 1);
    const scale = constant('attention_multiplier');
    const model = llamaLike(f, type, {
      attention: () => ({ scale }),
      layer: { residualScale: constant('residual_multiplier') },
    });
    return {
      ...model,
      embedding: { ...model.embedding, scale: constant('embedding_multiplier') },
      // transformers makes no classifier of it.
      head: { ...model.head, scale: 1 / constant('logits_scaling'), classifier: null },
    };
  },
};
