/** What the descriptions of encoders with classes are made from. */
import type { ActivationKind } from '../shared/layers';
import type {
  ClassHead,
  Columns,
  LayerDescription,
  LinearDescription,
  ModelDescription,
  ProjectionDescription,
} from '../shared/model';
import { type DecoderSizes, layerNorm, linear, plainAttention, plainMlp } from './decoder';
import type { Fields } from './fields';
import { readLabels } from './classes';

/** Ends of the paths of a layer's parts. */
type LayerNames = Record<'query' | 'key' | 'value' | 'output' | 'attentionNorm' | 'up' | 'down' | 'outputNorm', string>;

/** How BERT calls a layer's parts. */
export const BERT_LAYER: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  output: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

/** A linear layer with a bias. */
export const biased = (path: string, dIn: number, dOut: number): LinearDescription =>
  linear(path, dIn, dOut, { bias: true });

/** One module that makes several parts, of these widths behind one another. */
export function fusedProjection(
  path: string,
  dIn: number,
  widths: readonly number[],
  bias: boolean,
): ProjectionDescription {
  let end = 0;
  const fused = widths.map((width): Columns => {
    end += width;
    return { first: end - width, groups: 1, width, stride: width };
  });
  return { linears: [linear(path, dIn, end, { bias })], fused };
}

/** Layers as BERT has them: full attention, biases everywhere, LayerNorm on the residual stream after each half. */
export function postNormLayers(
  sizes: DecoderSizes,
  { path, names, eps, activation }: { path: string; names: LayerNames; eps: number; activation: ActivationKind },
): LayerDescription[] {
  const { width, inner, heads, headDim } = sizes;
  return Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
    const at = (part: keyof LayerNames) => `${path}.${l}.${names[part]}`;
    return {
      attention: {
        ...plainAttention(sizes),
        causal: false,
        rope: null,
        norm: null,
        input: {
          linears: (['query', 'key', 'value'] as const).map((part) => biased(at(part), width, heads * headDim)),
          fused: null,
        },
        output: biased(at('output'), heads * headDim, width),
        post: layerNorm(at('attentionNorm'), eps),
      },
      mlp: {
        ...plainMlp({
          norm: null,
          up: biased(at('up'), width, inner),
          down: biased(at('down'), inner, width),
          activation,
        }),
        post: layerNorm(at('outputNorm'), eps),
      },
      parallel: false,
      residualScale: 1,
    };
  });
}

/** Words, positions, kinds of tokens where there are some, and their norm, by BERT's names. */
export const bertEmbedding = (
  path: string,
  { rows, offset = 0, types, eps }: { rows: number; offset?: number; types: number | null; eps: number },
): ModelDescription['embedding'] => ({
  path: `${path}.word_embeddings`,
  scale: 1,
  positions: { path: `${path}.position_embeddings`, rows, offset },
  tokenTypes: types === null ? null : { path: `${path}.token_type_embeddings`, rows: types },
  patches: null,
  norm: layerNorm(`${path}.LayerNorm`, eps),
});

/** A head that reads the first token by way of `dense`. */
export function classHead(
  f: Fields,
  { path, dense }: { path: string; dense: NonNullable<ClassHead['dense']> },
): ClassHead {
  const labels = readLabels(f);
  return { kind: 'classes', labels, reads: 'first', dense, classifier: biased(path, dense.linear.dOut, labels.length) };
}
