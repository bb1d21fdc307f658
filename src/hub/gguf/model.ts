/**
 * A GGUF's weights by the names of a state dict. llama.cpp names a tensor by its role in the model (constants.py of
 * gguf-py), so that names follow from the description, whatever the family.
 */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import {
  type LinearDescription,
  type ModelDescription,
  type NormDescription,
  type ProjectionDescription,
  weightShapes,
} from '../../shared/model';
import { type RowRange, type StoredMatrix, floatsOf, isQuantised, rowsOf } from '../../shared/quantised';
import { transpose } from '../floats';
import type { ByteFile } from '../byteFile';
import type { Weights } from '../weights';
import { ROPE_TABLES, formOf } from './config';
import { type GgufHead, type GgufTensor, damaged } from './container';
import { bytesOf, readTensor } from './types';

/** Where a part of the model is in the file, and how its values lie there. */
export interface Place {
  name: string;
  /** The row of the file that has each row of the state dict; null: the same. */
  row: ((row: number) => number) | null;
  /** Turned round: [in, out] in the state dict, [out, in] in the file. */
  inOut: boolean;
  /** Of weights that are multiplied as 1 + weight, the file has the sum. */
  plusOne: boolean;
}

/** A weight in a file; `shape` is the state dict's. */
interface Found extends Place {
  tensor: GgufTensor;
  shape: number[];
}

/** The place of every part, by its path in the state dict. @param interleaved as the architecture's `GgufForm` says */
export function placesOf(model: ModelDescription, interleaved: boolean): Map<string, Place> {
  const places = new Map<string, Place>();
  const put = (path: string, name: string, how: Partial<Place> = {}) => {
    // Halves may share a norm: llama.cpp calls it the first half's.
    if (!places.has(path)) places.set(path, { name, row: null, inOut: false, plusOne: false, ...how });
  };
  const norm = (part: NormDescription | null, name: string) => {
    if (part) put(part.path, name, { plusOne: part.plusOne });
  };
  const linear = ({ path, inOut }: LinearDescription, name: string, row: Place['row'] = null) =>
    put(path, name, { inOut, row });
  const parts = (projection: ProjectionDescription, names: string[], together: string, rows: Place['row'][] = []) => {
    const { linears, fused } = projection;
    if (fused) linear(linears[0], together, partsTogether(projection));
    else linears.forEach((module, i) => linear(module, names[i], rows[i]));
  };
  put(model.embedding.path, 'token_embd');
  if (model.embedding.positions) put(model.embedding.positions.path, 'position_embd');
  for (const [l, { attention: a, mlp }] of model.layers.entries()) {
    const at = (name: string) => `blk.${l}.${name}`;
    const apart = interleaved ? neighboursApart(a.headDim) : null;
    norm(a.norm, at('attn_norm'));
    parts(a.input, ['attn_q', 'attn_k', 'attn_v'].map(at), at('attn_qkv'), [apart, apart]);
    norm(a.qNorm, at('attn_q_norm'));
    norm(a.kNorm, at('attn_k_norm'));
    linear(a.output, at('attn_output'));
    norm(a.after, at('post_attention_norm'));
    norm(mlp.norm, at('ffn_norm'));
    parts(mlp.input, (mlp.gated ? ['ffn_gate', 'ffn_up'] : ['ffn_up']).map(at), at('ffn_up'));
    linear(mlp.output, at('ffn_down'));
    norm(mlp.after, at('post_ffw_norm'));
  }
  norm(model.finalNorm, 'output_norm');
  if (model.head.kind === 'vocabulary') put(model.head.path, 'output');
  return places;
}

/**
 * Rows as Hugging Face has them: in a head of size n, rows i and i + n/2 rotate together; in the file they are
 * neighbours, 2i and 2i + 1.
 */
function neighboursApart(size: number) {
  return (row: number): number => {
    const [head, i] = [Math.floor(row / size), row % size];
    return head * size + (2 * i < size ? 2 * i : 2 * i - size + 1);
  };
}

/**
 * One module's parts lie one after the other in the file, whatever their order in the state dict; null where it is
 * that.
 */
function partsTogether({ fused }: ProjectionDescription): Place['row'] {
  const stateRows = fused!.flatMap(({ first, groups, width, stride }) =>
    Array.from({ length: groups * width }, (_, i) => first + Math.floor(i / width) * stride + (i % width)),
  );
  if (stateRows.every((row, i) => row === i)) return null;
  const inFile = new Int32Array(stateRows.length);
  for (const [i, row] of stateRows.entries()) inFile[row] = i;
  return (row) => inFile[row];
}

/**
 * The model with the head that the file has: its embedding where there is none of its own; one with classes is left.
 */
export function withHead(model: ModelDescription, { tensors }: Pick<GgufHead, 'tensors'>): ModelDescription {
  const { head } = model;
  return head.kind === 'vocabulary' ? { ...model, head: { ...head, tied: !tensors.has('output.weight') } } : model;
}

/**
 * The model as the file has it: `withHead`, and a table in it says how its RoPE is stretched where the configuration
 * does not.
 */
export function asStored(model: ModelDescription, head: GgufHead, file: ByteFile): ModelDescription {
  const { metadata, tensors } = head;
  const stored = withHead(model, head);
  const table = ROPE_TABLES.map((name) => tensors.get(name)).find((tensor) => tensor !== undefined);
  if (!table || model.ropes.length !== 1 || model.ropes[0].scaling) return stored;
  const values = readTensor(table, file);
  const factors = Array.from(floatsOf(values));
  const [rope] = model.ropes;
  if (factors.length !== rope.rotary / 2 || !factors.every((f) => f > 0 && Number.isFinite(f)))
    damaged(message('hub.ggufHas.turned', { turned: String(2 * factors.length), size: rope.rotary }));
  const given = metadata.get(`${formOf({ metadata }).name}.rope.scaling.attn_factor`);
  const attention = typeof given === 'number' && given > 0 ? given : 1;
  return { ...stored, ropes: [{ ...rope, scaling: { kind: 'longrope', factors, attention } }] };
}

/**
 * Finds every weight of a model by a file's head, and checks that the file has none that the model does not have.
 * @param length of the file; not known: Infinity
 * @returns by the names of the state dict
 * @throws {ModelError} naming the weight that is missing, misshapen, of a type that is not read, or too many
 */
export function checkGguf(head: GgufHead, model: ModelDescription, length: number): Map<string, Found> {
  const { name, interleaved = false } = formOf(head);
  const turned = head.metadata.get(`${name}.rope.dimension_count`);
  const rotary = model.ropes[0]?.rotary;
  // Heads that RoPE turns in another part would be another model.
  if (turned !== undefined && rotary !== undefined && turned !== rotary)
    damaged(message('hub.ggufHas.turned', { turned: String(turned).slice(0, 40), size: rotary }));
  const places = placesOf(model, interleaved);
  const found = new Map<string, Found>();
  const unread = new Set(head.tensors.keys());
  for (const { name: weight, shape } of weightShapes(model)) {
    // `a.b.weight`: the part's path, and what of it is meant.
    const dot = weight.lastIndexOf('.');
    const place = places.get(weight.slice(0, dot))!;
    const tensor =
      head.tensors.get(`${place.name}${weight.slice(dot)}`) ??
      damaged(message('hub.ggufHas.noTensor', { tensor: weight }));
    const wanted = place.inOut && shape.length === 2 ? shape.toReversed() : shape;
    if (tensor.shape.join() !== wanted.join())
      damaged(
        message('hub.ggufHas.otherShape', { tensor: weight, dims: tensor.shape.join(', '), wanted: wanted.join(', ') }),
      );
    bytesOf(tensor, length);
    found.set(weight, { ...place, tensor, shape });
    unread.delete(tensor.name);
  }
  // See `asStored`; the factors beyond the context of the training are not used.
  for (const table of [...ROPE_TABLES, 'rope_factors_long.weight']) unread.delete(table);
  // llama.cpp reads every tensor of a file: without one, a bias say, it would be another model.
  for (const tensor of unread) damaged(message('hub.ggufHas.unread', { tensor: tensor.slice(0, 100) }));
  return found;
}

/**
 * Finds every weight and checks that it is whole; values are read when they are asked for.
 * @throws {ModelError} as `checkGguf` does
 */
export function ggufWeights(head: GgufHead, file: ByteFile, model: ModelDescription): Weights {
  const places = checkGguf(head, model, file.length);
  let open: ByteFile | null = file;
  /** Rows as the file has them; where they are in another order than the state dict's, all are read for some. */
  const inFile = (weight: string, rows?: RowRange): StoredMatrix => {
    if (!open) throw new ModelError(message('hub.model.released'));
    const { tensor, row, plusOne } = places.get(weight)!;
    const values = readTensor(tensor, open, row ? undefined : rows);
    const [count, width = 1] = tensor.shape;
    const matrix = row ? moved(values, count, row) : values;
    const some = row && rows ? rowsOf(matrix, rows, width) : matrix;
    return plusOne ? floatsOf(some).map((x) => x - 1) : some;
  };
  const floats = (weight: string): Float32Array => {
    const data = floatsOf(inFile(weight));
    const { inOut, tensor } = places.get(weight)!;
    const [rows, columns] = tensor.shape;
    return inOut && tensor.shape.length === 2 ? transpose(data, rows, columns) : data;
  };
  return {
    stored(weight, rows) {
      const { inOut, tensor, shape } = places.get(weight)!;
      if (!inOut) return inFile(weight, rows);
      // Turned round as a whole; blocks have the outputs as their rows, as the file has.
      const matrix = inFile(weight);
      const [all, width] = isQuantised(matrix) ? [matrix, tensor.shape[1]] : [floats(weight), shape[1]];
      return rows ? rowsOf(all, rows, width) : all;
    },
    get: (name) => ({ data: floats(name), shape: places.get(name)!.shape }),
    release() {
      open = null;
    },
  };
}

/** Rows in another order: row `r` is the one that lies at `rowInFile(r)`. */
function moved(values: StoredMatrix, rows: number, rowInFile: (row: number) => number): StoredMatrix {
  const move = <T extends Float32Array | Uint16Array | Uint8Array>(data: T): T => {
    const width = data.length / rows;
    const out = data.slice() as T;
    for (let row = 0; row < rows; row++)
      out.set(data.subarray(rowInFile(row) * width, (rowInFile(row) + 1) * width), row * width);
    return out;
  };
  if (!isQuantised(values)) return move(values);
  const { scales, offsets } = values;
  return { ...values, values: move(values.values), scales: move(scales), offsets: offsets && move(offsets) };
}
