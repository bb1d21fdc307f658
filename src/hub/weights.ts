/** The weights of an ONNX file, by their names in the state dict. Where they lie is found by `onnx/bind.ts`. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { type ModelDescription, weightShapes } from '../shared/model';
import { transpose } from './floats';
import { type Place, bindWeights, isShape, unsupported } from './onnx/bind';
import type { OnnxGraph, OnnxNode } from './onnx/model';
import { checkTensor, externalRange, readTensor } from './onnx/tensor';

/** A tensor as the state dict has it. */
interface WeightTensor {
  data: Float32Array;
  shape: number[];
}

/** The frozen weights of a model, by their names in its state dict. Each `get` makes a fresh copy that belongs to the caller. */
export interface Weights {
  get(name: string): WeightTensor;
  /** Forgets the file's bytes; `get` throws from then on. */
  release(): void;
}

/** Operators that compute with quantised weights, and what they stand for. */
const QUANTISED_OPS: Record<string, 'int4' | 'int8' | 'weights' | 'embedding'> = {
  MatMulNBits: 'int4',
  MatMulBnb4: 'int4',
  MatMulInteger: 'int8',
  DynamicQuantizeMatMul: 'int8',
  QLinearMatMul: 'int8',
  MatMulIntegerToFloat: 'int8',
  DequantizeLinear: 'weights',
  GatherBlockQuantized: 'embedding',
};

/**
 * Refuses what Sieve's forward does not compute. Meant as `ParserHooks.onNode`: it fires while the file is coming in.
 * @throws {ModelError}
 */
export function checkNode(node: OnnxNode): void {
  const quantised = Object.hasOwn(QUANTISED_OPS, node.op) ? QUANTISED_OPS[node.op] : null;
  if (quantised) throw new ModelError(message('hub.graph.quantised', { what: quantised, op: node.op }));
  const set = (name: string, neutral: number): boolean => (node.attributes.get(name) ?? neutral) !== neutral;
  if (set('interleaved', 0) || set('rotary_interleaved', 0)) unsupported(message('hub.graph.has.interleaved'));
  if (set('local_window_size', -1)) unsupported(message('hub.graph.has.window'));
  if (set('softcap', 0)) unsupported(message('hub.graph.has.softcap'));
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
): Weights {
  graph.nodes.forEach(checkNode);
  checkOverlaps(graph);
  const places = bindWeights(graph, model);
  const shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
  for (const [name, shape] of shapes) {
    const { tensor, turned, packed } = placeOf(name, places);
    const whole = packed ? [packed.rows, ...shape.slice(1)] : shape;
    const wanted = turned ? whole.toReversed() : whole;
    if (!isShape(tensor, wanted)) {
      throw new ModelError(
        message('hub.graph.shape', { weight: name, stored: tensor.dims.join(', '), wanted: wanted.join(', ') }),
      );
    }
    checkTensor(tensor, graph.bytes.length, external);
  }

  let file: Uint8Array | null = graph.bytes;
  return {
    get(name) {
      if (!file) throw new ModelError(message('hub.model.released'));
      const { tensor, turned, packed, plusOne } = placeOf(name, places);
      const shape = shapes.get(name)!;
      let data = readTensor(tensor, file, external);
      const [rows, columns = 1] = shape;
      if (turned) data = transpose(data, columns, packed?.rows ?? rows);
      if (packed) data = data.slice(packed.from * columns, (packed.from + rows) * columns);
      if (plusOne) data = data.map((x) => x - 1);
      return { data, shape };
    },
    release() {
      file = null;
    },
  };
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
