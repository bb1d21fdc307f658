/** RoBERTa: BERT whose positions begin behind the padding's id, with a head of two layers that are trained together. */
import { readActivation, readSizes } from '../decoder';
import { BERT_LAYER, bertEmbedding, biased, classHead, postNormLayers } from '../encoder';
import type { Family } from '../family';

export const family: Family = {
  modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
  read: (f, type) => {
    const sizes = readSizes(f, { usual: { context: 514 } });
    const { width, vocab } = sizes;
    f.only('position_embedding_type', 'absolute');
    const rows = sizes.context;
    const offset = f.int('pad_token_id', 0, rows - 2, 1) + 1;
    const eps = f.number('layer_norm_eps', 1e-12, 1, 1e-12);
    const activation = readActivation(f, 'hidden_act', 'gelu');
    const before = biased('classifier.dense', width, width);
    return {
      family: type,
      width,
      vocab,
      context: rows - offset,
      embedding: bertEmbedding('roberta.embeddings', {
        rows,
        offset,
        types: f.int('type_vocab_size', 1, 16, 2),
        eps,
      }),
      ropes: [],
      layers: postNormLayers(sizes, { path: 'roberta.encoder.layer', names: BERT_LAYER, eps, activation }),
      finalNorm: null,
      head: classHead(f, {
        path: 'classifier.out_proj',
        dense: { linear: before, activation: 'tanh', norm: null, trained: true },
      }),
      bosId: null,
      eosIds: [],
    };
  },
};
