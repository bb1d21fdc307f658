/** The weights of an ONNX file, by their names in the state dict. Where they lie is found by `onnx/bind.ts`. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { drawHead, drawnOf, withDrawn } from '../shared/classHead';
import { type AttentionDescription, type ModelDescription, tellsClasses, weightShapes } from '../shared/model';
import { type ReadStored, type RowRange, floatsOf, isQuantised, rowsOf } from '../shared/quantised';
import { transpose } from './floats';
import { type Place, bindWeights, statesOf, unsupported } from './onnx/bind';
import type { OnnxGraph, OnnxNode } from './onnx/model';
import { checkQuantised, readQuantised } from './onnx/quantised';
import { checkTensor, externalRange, readTensor, readValues } from './onnx/tensor';

/** A tensor as the state dict has it. */
interface WeightTensor {
  data: Float32Array;
  shape: number[];
}

/**
 * The frozen weights of a model, by their names in its state dict. What is given is a fresh copy that belongs to the
 * caller.
 */
export interface Weights {
  get(name: string): WeightTensor;
  /**
   * As the file has it, some rows where they are named; maybe in the file's own bytes, which are good until others are
   * read.
   */
  stored: ReadStored;
  /** Forgets the file's bytes; `get` throws from then on. */
  release(): void;
}

export interface OnnxWeights extends Weights {
  /** The model as the file has it: a quantised head is no longer tied, and one with classes may be drawn. */
  model: ModelDescription;
}

/** Operators that compute with quantised weights, and what they stand for. */
const QUANTISED_OPS: Record<string, 'int4' | 'int8' | 'weights'> = {
  MatMulBnb4: 'int4',
  MatMulInteger: 'int8',
  DynamicQuantizeMatMul: 'int8',
  QLinearMatMul: 'int8',
  MatMulIntegerToFloat: 'int8',
  DequantizeLinear: 'weights',
};

/**
 * Refuses what the model's description does not say. Meant as `ParserHooks.onNode`: it fires while the file is coming
 * in.
 * @throws {ModelError}
 */
export function checkNode({ layers }: Pick<ModelDescription, 'layers'>): (node: OnnxNode) => void {
  const has = (of: (attention: AttentionDescription) => number | null, value: number) =>
    layers.some(({ attention }) => Math.abs((of(attention) ?? NaN) - value) <= 1e-6 * value);
  return (node) => {
    const quantised = Object.hasOwn(QUANTISED_OPS, node.op) ? QUANTISED_OPS[node.op] : null;
    if (quantised) throw new ModelError(message('hub.graph.quantised', { what: quantised, op: node.op }));
    const at = (name: string, neutral: number): number => {
      const value = node.attributes.get(name);
      return typeof value === 'number' ? value : neutral;
    };
    if (at('interleaved', 0) !== 0 || at('rotary_interleaved', 0) !== 0)
      unsupported(message('hub.graph.has.interleaved'));
    const [window, cap] = [at('local_window_size', -1), at('softcap', 0)];
    // A short text would not tell that a window is another.
    if (window !== -1 && !has((a) => a.window, window)) unsupported(message('hub.graph.has.window'));
    if (cap !== 0 && !has((a) => a.softcap, cap)) unsupported(message('hub.graph.has.softcap'));
  };
}

/** Data files the graph's tensors live in. */
export function externalFiles(graph: OnnxGraph): string[] {
  const files = new Set<string>();
  for (const tensor of graph.tensors.values()) {
    if (tensor.external) files.add(externalRange(tensor).location);
    if (files.size > 64) throw new ModelError(message('hub.model.manyFiles'));
  }
  return [...files];
}

/**
 * Finds and checks every weight; values are read on `get`.
 * @param external bytes of a data file, by its name.
 * @throws {ModelError} naming the weight that is missing, ambiguous or misshapen.
 */
export function resolveWeights(
  graph: OnnxGraph,
  model: ModelDescription,
  external: (location: string) => Uint8Array = noExternal,
): OnnxWeights {
  graph.nodes.forEach(checkNode(model));
  checkOverlaps(graph);
  const places = bindWeights(graph, model);
  // A graph that ends with hidden states has no classifier.
  const stored = statesOf(graph.outputs) ? withDrawn(model, (name) => places.has(name)) : asStored(model, places);
  const shapes = new Map(weightShapes(stored).map(({ name, shape }) => [name, shape]));
  const drawn = drawnOf(stored);
  for (const [name, shape] of shapes) {
    if (drawn.includes(name)) continue;
    const { tensor, turned, packed, quantised } = placeOf(name, places);
    const dims = quantised ? [quantised.rows, quantised.width] : tensor.dims;
    const whole = packed ? [packed.rows, ...shape.slice(1)] : shape;
    const wanted = turned ? whole.toReversed() : whole;
    if (dims.join() !== wanted.join()) {
      throw new ModelError(
        message('hub.graph.shape', { weight: name, stored: dims.join(', '), wanted: wanted.join(', ') }),
      );
    }
    if (quantised) checkQuantised(quantised, graph.bytes.length, external);
    else checkTensor(tensor, graph.bytes.length, external);
  }

  let file: Uint8Array | null = graph.bytes;
  const bytes = () => file ?? released();
  /** Rows of a weight in its tensor, which several may share; of one that is alone, all unless some are named. */
  const rowsIn = (name: string, { packed }: Place, rows?: RowRange): RowRange | undefined => {
    if (!packed) return rows;
    const { first, count } = rows ?? { first: 0, count: shapes.get(name)![0] };
    return { first: packed.from + first, count };
  };
  const matrixAt = (name: string, place: Place, rows?: RowRange) =>
    readQuantised(place.quantised!, bytes(), external, rowsIn(name, place, rows));
  const values = (name: string): Float32Array => {
    const place = placeOf(name, places);
    const { tensor, turned, packed, plusOne, quantised } = place;
    const [rows, columns = 1] = shapes.get(name)!;
    if (quantised) {
      const data = floatsOf(matrixAt(name, place));
      return turned ? transpose(data, columns, rows) : data;
    }
    let data = readTensor(tensor, bytes(), external);
    if (turned) data = transpose(data, columns, packed?.rows ?? rows);
    if (packed) data = data.slice(packed.from * columns, (packed.from + rows) * columns);
    return plusOne ? data.map((x) => x - 1) : data;
  };
  /** What does not lie row by row is read as a whole: once, as long as nothing else is asked for. */
  let whole: { name: string; data: Float32Array } | null = null;
  const wholeOf = (name: string): Float32Array => {
    if (whole?.name !== name) whole = { name, data: values(name) };
    return whole.data;
  };
  const own: Weights = {
    get: (name) => ({ data: values(name), shape: shapes.get(name)! }),
    stored: (name, rows) => {
      const place = placeOf(name, places);
      const { tensor, turned, plusOne, quantised } = place;
      const [count, ...columns] = shapes.get(name)!;
      const width = columns.reduce((a, b) => a * b, 1);
      if (quantised) {
        const matrix = matrixAt(name, place, rows);
        // Blocks only: what cannot be kept as blocks lies as the state dict has it, as any other values.
        if (isQuantised(matrix) || !turned) return matrix;
      } else if (!turned && !plusOne) {
        const some = rowsIn(name, place, rows);
        return readValues(tensor, bytes(), external, some && { first: some.first * width, count: some.count * width });
      }
      const data = wholeOf(name);
      return rows && rows.count < count ? rowsOf(data, rows, width) : data;
    },
    release() {
      file = whole = null;
    },
  };
  return { ...besideDrawn(own, stored), model: stored };
}

/** Weights of a file, and of the model's head what is drawn: the same each time. */
export function besideDrawn(own: Weights, model: ModelDescription): Weights {
  const names = drawnOf(model);
  if (names.length === 0 || !tellsClasses(model)) return own;
  const drawn = drawHead(model, 0);
  const shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
  return {
    get: (name) => (names.includes(name) ? { data: drawn.get(name)!, shape: shapes.get(name)! } : own.get(name)),
    stored(name, rows) {
      if (!names.includes(name)) return own.stored(name, rows);
      const whole = drawn.get(name)!;
      return rows ? rowsOf(whole, rows, whole.length / shapes.get(name)![0]) : whole;
    },
    release: () => own.release(),
  };
}

function released(): never {
  throw new ModelError(message('hub.model.released'));
}

/**
 * The model as the file has it: where its head is a quantised matrix of its own, it is tied to the embedding no more,
 * whatever the configuration says.
 */
function asStored(model: ModelDescription, places: ReadonlyMap<string, Place>): ModelDescription {
  const { head } = model;
  if (head.kind !== 'vocabulary') return model;
  const [embedding, matrix] = [model.embedding, head].map(({ path }) => places.get(`${path}.weight`));
  const apart = matrix && embedding?.tensor !== matrix.tensor && (matrix.quantised || embedding?.quantised);
  return apart ? { ...model, head: { ...head, tied: false } } : model;
}

function noExternal(location: string): Uint8Array {
  throw new ModelError(message('hub.model.missingData', { file: location }));
}

function placeOf(name: string, places: ReadonlyMap<string, Place>): Place {
  const place = places.get(name);
  if (!place) throw new ModelError(message('hub.graph.noWeight', { weight: name }));
  return place;
}

/** External tensors may share a stretch (tied weights), but never a part of one. */
function checkOverlaps(graph: OnnxGraph): void {
  const ranges = [...graph.tensors.values()]
    .filter((t) => t.external)
    .map((t) => ({ name: t.name, ...externalRange(t) }));
  ranges.sort((a, b) =>
    a.location < b.location ? -1 : a.location > b.location ? 1 : a.offset - b.offset || a.length - b.length,
  );
  for (let i = 1; i < ranges.length; i++) {
    const [a, b] = [ranges[i - 1], ranges[i]];
    const same = a.offset === b.offset && a.length === b.length;
    if (a.location === b.location && !same && b.offset < a.offset + a.length) {
      throw new ModelError(message('hub.graph.overlap', { a: a.name, b: b.name, file: a.location }));
    }
  }
}
