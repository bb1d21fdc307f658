/** BERT and what is built as it is (MiniLM): classes by way of the pooler. */
import { readActivation, readSizes } from '../decoder';
import { BERT_LAYER, bertEmbedding, biased, classHead, postNormLayers } from '../encoder';
import type { Family } from '../family';

export const family: Family = {
  modelTypes: ['bert'],
  read: (f, type) => {
    const sizes = readSizes(f, { usual: { context: 512 } });
    const { width, vocab, context } = sizes;
    f.only('position_embedding_type', 'absolute');
    const eps = f.number('layer_norm_eps', 1e-12, 1, 1e-12);
    const activation = readActivation(f, 'hidden_act', 'gelu');
    const pooler = biased('bert.pooler.dense', width, width);
    return {
      family: type,
      width,
      vocab,
      context,
      embedding: bertEmbedding('bert.embeddings', { rows: context, types: f.int('type_vocab_size', 1, 16, 2), eps }),
      ropes: [],
      layers: postNormLayers(sizes, { path: 'bert.encoder.layer', names: BERT_LAYER, eps, activation }),
      finalNorm: null,
      head: classHead(f, {
        path: 'classifier',
        dense: { linear: pooler, activation: 'tanh', norm: null, trained: false },
      }),
      bosId: null,
      eosIds: [],
    };
  },
};
