/** DistilBERT: BERT without kinds of tokens and without a pooler; the head brings a layer of its own. */
import { readActivation, readSizes } from '../decoder';
import { bertEmbedding, biased, classHead, postNormLayers } from '../encoder';
import type { Family } from '../family';

const NAMES = {
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  output: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  up: 'ffn.lin1',
  down: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
};

export const family: Family = {
  modelTypes: ['distilbert'],
  read: (f, type) => {
    const sizes = readSizes(f, {
      names: { width: 'dim', layers: 'n_layers', heads: 'n_heads', inner: 'hidden_dim' },
      usual: { context: 512 },
    });
    const { width, vocab, context } = sizes;
    const eps = 1e-12;
    const activation = readActivation(f, 'activation', 'gelu');
    const before = biased('pre_classifier', width, width);
    return {
      family: type,
      width,
      vocab,
      context,
      // Sinusoids are in the file as well.
      embedding: bertEmbedding('distilbert.embeddings', { rows: context, types: null, eps }),
      ropes: [],
      layers: postNormLayers(sizes, { path: 'distilbert.transformer.layer', names: NAMES, eps, activation }),
      finalNorm: null,
      head: classHead(f, {
        path: 'classifier',
        // PEFT's `classifier` among the modules to save means this one as well, by the end of its name.
        dense: { linear: before, activation: 'relu', norm: null, trained: true },
      }),
      bosId: null,
      eosIds: [],
    };
  },
};
