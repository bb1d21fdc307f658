/** A folder with a tiny random BERT as the hub has them: a base without a head, or one with a classifier of its own. */
import { family } from '../../hub/families/bert';
import { Fields } from '../../hub/fields';
import { writeSafetensors } from '../../hub/safetensors';
import { weightShapes } from '../../shared/model';
import { Rng } from '../../shared/rng';

const WORDS =
  'the a film book meal was is very truly quite and good great lovely bad awful poor fine dull but not it so'.split(
    ' ',
  );
const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS];
const KINDS = { good: ['good', 'great', 'lovely', 'fine'], bad: ['bad', 'awful', 'poor', 'dull'] };

const CONFIG = {
  model_type: 'bert',
  architectures: ['BertModel'],
  vocab_size: VOCAB.length,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 32,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
};

const special = (content: string) => ({
  id: VOCAB.indexOf(content),
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: VOCAB.slice(0, 5).map(special),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [VOCAB.indexOf(id)], tokens: [id] }]),
    ),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCAB.map((word, id) => [word, id])),
  },
};

const configOf = (labels: readonly string[] | null) => ({
  ...CONFIG,
  ...(labels && { id2label: Object.fromEntries(labels.entries()) }),
});

/**
 * Weights as transformers draws them but larger, so that a random model says something; norms call their parts as old
 * files do.
 */
function weights(labels: readonly string[] | null): Uint8Array {
  const rng = new Rng(5);
  const model = family.read(new Fields(configOf(labels), 'config.json'), 'bert');
  const tensors = weightShapes(model)
    .filter(({ name }) => labels !== null || name.startsWith('bert.encoder') || name.startsWith('bert.embeddings'))
    .map(({ name, shape }) => {
      const length = shape.reduce((a, b) => a * b);
      const norm = name.endsWith('LayerNorm.weight');
      const draw = () => (norm ? 1 : name.endsWith('bias') ? 0 : rng.normal() * 0.2);
      const data = Float32Array.from({ length }, draw);
      const bare = labels ? name : name.slice('bert.'.length);
      return {
        name: bare.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
        shape,
        data,
      };
    });
  return writeSafetensors(tensors);
}

/** @param labels of its classifier; null: it has none */
export function tinyBert(labels: readonly string[] | null = null): Map<string, Blob> {
  const json = (value: unknown) => new Blob([JSON.stringify(value)]);
  return new Map([
    ['config.json', json(configOf(labels))],
    ['tokenizer.json', json(TOKENIZER)],
    [
      'tokenizer_config.json',
      json({
        tokenizer_class: 'BertTokenizer',
        cls_token: '[CLS]',
        sep_token: '[SEP]',
        unk_token: '[UNK]',
        pad_token: '[PAD]',
      }),
    ],
    ['model.safetensors', new Blob([weights(labels) as Uint8Array<ArrayBuffer>])],
  ]);
}

/** Short reviews, half of them good ones, as CSV with the columns text and label. */
export function reviews(count: number): string {
  const rng = new Rng(9);
  const one = (words: readonly string[]) => words[rng.below(words.length)];
  const rows = Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? 'good' : 'bad';
    const text = [
      one(['the', 'a', 'it']),
      one(['film', 'book', 'meal']),
      one(['was', 'is']),
      one(['very', 'truly', 'quite', 'so']),
    ];
    return `${[...text, one(KINDS[label]), 'and', one(KINDS[label])].join(' ')},${label}`;
  });
  return ['text,label', ...rows].join('\n');
}
