/** The frozen base on a device, by the names of its state dict. */
import {
  type LinearDescription,
  type ModelDescription,
  type PatchEmbedding,
  type WeightShape,
  allModules,
  linearWeights,
  normsOf,
  weightShapes,
  wholeModules,
} from '../../shared/model';
import { type ReadStored, type RowRange, floatsOf, isQuantised, readRows, stretchesOf } from '../../shared/quantised';
import type { BufferScope, Tensor } from '../device/buffers';
import type { TablePart } from '../kernels/embed/embed';
import { type Weight, uploadStretches, uploadWeight } from '../kernels/matmul/weight';
import { type WholeModules, type WholeValues, packWhole, sliceWhole, wholeLayout } from '../adapters/wholeModules';
import { vocabStride } from './modules';

/** The frozen base; one copy, however many runs train on it. */
export interface ModelWeights {
  embedding: TablePart[];
  /** Of the vocabulary; none where the head has classes. */
  head: TablePart[];
  /** Of each part of the head, where it has a bias. */
  headBias: Tensor[] | null;
  /** By name. Matrices are [dOut, dIn]: blocks, or in f16 where they can be without a loss. */
  matrices: Map<string, Weight>;
  /** Norms, biases and kinds of tokens, by name, in f32. */
  vectors: Map<string, Tensor>;
  /** Where training of the modules that are trained whole begins. */
  whole: WholeModules;
}

function named<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`no weight "${name}"`);
  return found;
}

export const matrixOf = ({ matrices }: ModelWeights, { path }: Pick<LinearDescription, 'path'>): Weight =>
  named(matrices, `${path}.weight`);

/** The bias of a linear layer or a norm that has one. */
export const biasOf = (
  { vectors }: ModelWeights,
  { path, bias }: Pick<LinearDescription, 'path' | 'bias'>,
): Tensor | undefined => (bias ? named(vectors, `${path}.bias`) : undefined);

export const vectorOf = ({ vectors }: ModelWeights, name: string): Tensor => named(vectors, name);

/** [in, out] as [out, in]. */
function transposed(data: Float32Array, dIn: number, dOut: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < dIn; i++) for (let o = 0; o < dOut; o++) out[o * dIn + i] = data[i * dOut + o];
  return out;
}

/** The bias of each part, zero in the columns beyond the vocabulary. */
const biasParts = (scope: BufferScope, parts: readonly TablePart[], data: Float32Array): Tensor[] =>
  parts.map(({ first, rows }, i) => {
    const padded = new Float32Array(rows);
    padded.set(data.subarray(first, first + rows));
    return scope.upload(`head bias[${i}]`, padded);
  });

const plusOneNorms = ({ layers, finalNorm }: ModelDescription): Set<string> =>
  new Set(
    [...layers.flatMap(normsOf), ...(finalNorm ? [finalNorm] : [])]
      .filter((norm) => norm.plusOne)
      .map(({ path }) => `${path}.weight`),
  );

/**
 * What a token of a picture has before its patch's product: its position, and the class token or the product's bias.
 */
function placeTable(
  { path, classToken, positions }: PatchEmbedding,
  width: number,
  values: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const [first, bias] = [named(values, classToken), named(values, `${path}.bias`)];
  return named(values, positions).map((v, i) => v + (i < width ? first : bias)[i % width]);
}

/** Linear layers that stay as they are, by the names of their weights. */
function frozenLinears(model: ModelDescription): Map<string, LinearDescription> {
  const { head } = model;
  const dense = head.kind === 'classes' && head.dense && !head.dense.trained ? [head.dense.linear] : [];
  return new Map([...allModules(model), ...dense].map((m) => [`${m.path}.weight`, m]));
}

/**
 * Uploads what is trained whole, as it is before. @throws {AdapterError} where a tensor is missing or has another shape
 */
export function uploadWhole(scope: BufferScope, model: ModelDescription, values: WholeValues): WholeModules {
  const layout = wholeLayout(model);
  return layout.bytes > 0
    ? sliceWhole(layout, scope.upload('whole modules', packWhole(layout, values)))
    : new Map<never, never>();
}

/**
 * Uploads the frozen base. `read` is asked once for each weight. Tables of more than `bindingBytes` are split over
 * bindings.
 */
export function uploadWeights(
  scope: BufferScope,
  model: ModelDescription,
  read: ReadStored,
  bindingBytes: number,
): ModelWeights {
  const { width, embedding, head } = model;
  const linears = frozenLinears(model);
  const whole = new Set(
    wholeModules(model)
      .flatMap(linearWeights)
      .map(({ name }) => name),
  );
  const plusOne = plusOneNorms(model);
  const matrices = new Map<string, Weight>();
  const vectors = new Map<string, Tensor>();
  const tables = new Map<string, TablePart[]>();
  let headBias: Float32Array | null = null;
  const wholeValues = new Map<string, Float32Array>();
  const ofPatches = new Map<string, Float32Array>();
  const { patches } = embedding;
  /** Rows of a matrix, which has as many on the device as `count` says. */
  const upload = (label: string, tensor: WeightShape, { first, count }: RowRange): Weight => {
    const columns = tensor.shape.slice(1).reduce((a, b) => a * b, 1);
    const there = { first, count: Math.min(count, tensor.shape[0] - first) };
    const stretches = [...stretchesOf(there, columns)].map((rows) => () => readRows(read, tensor, rows));
    return uploadStretches(scope, label, { values: count * columns, stretches });
  };
  /** Embedding and head get zero rows up to a multiple of 4 of the vocabulary. */
  const table = (name: string, part: (label: string, rows: RowRange) => Weight): TablePart[] => {
    const rows = vocabStride(model);
    // In whole quads of columns of the logits; counted as f32, so that the split does not depend on the values.
    const perPart = Math.max(4, Math.floor(bindingBytes / (16 * width)) * 4);
    return Array.from({ length: Math.ceil(rows / perPart) }, (_, i) => {
      const first = i * perPart;
      const count = Math.min(perPart, rows - first);
      return { first, rows: count, weight: part(`${name}[${i}]`, { first, count }) };
    });
  };
  for (const tensor of weightShapes(model)) {
    const { name, shape } = tensor;
    const linear = linears.get(name);
    const all = () => readRows(read, tensor, { first: 0, count: shape[0] });
    if (whole.has(name)) wholeValues.set(name, floatsOf(all()));
    else if (patches && [patches.classToken, patches.positions, `${patches.path}.bias`].includes(name))
      ofPatches.set(name, floatsOf(all()));
    else if (head.kind === 'vocabulary' && name === `${head.path}.bias`) headBias = floatsOf(all());
    else if (name === `${embedding.path}.weight` || (head.kind === 'vocabulary' && name === `${head.path}.weight`))
      tables.set(
        name,
        table(name, (label, rows) => upload(label, tensor, rows)),
      );
    else if (linear?.inOut) {
      const data = all();
      matrices.set(
        name,
        uploadWeight(scope, name, isQuantised(data) ? data : transposed(floatsOf(data), linear.dIn, linear.dOut)),
      );
    } else if (linear || [patches?.path, embedding.positions?.path].some((path) => name === `${path}.weight`))
      matrices.set(name, upload(name, tensor, { first: 0, count: shape[0] }));
    else {
      const values = floatsOf(all());
      vectors.set(name, scope.upload(name, plusOne.has(name) ? values.map((x) => 1 + x) : values));
    }
  }
  if (patches) {
    const name = `${embedding.path}.weight`;
    const places = placeTable(patches, width, ofPatches);
    tables.set(
      name,
      table(name, (label, { first, count }) =>
        uploadStretches(scope, label, {
          values: count * width,
          stretches: [() => places.subarray(first * width, (first + count) * width)],
        }),
      ),
    );
  }
  const embedded = named(tables, `${embedding.path}.weight`);
  const heads = head.kind === 'classes' ? [] : head.tied ? embedded : named(tables, `${head.path}.weight`);
  return {
    embedding: embedded,
    head: heads,
    whole: uploadWhole(scope, model, wholeValues),
    headBias: headBias && biasParts(scope, heads, headBias),
    matrices,
    vectors,
  };
}
