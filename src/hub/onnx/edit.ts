/**
 * Changes an ONNX file without taking it apart: stretches of the file go over as they are, however large it is. What is
 * added is written here; field numbers: onnx.proto3 of the ONNX project.
 */

import { message } from '../../shared/message';
import { damaged } from './parser';

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
export type Bytes = Uint8Array<ArrayBuffer>;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

export const joined = (parts: readonly ArrayLike<number>[]): Bytes => {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

export const int = (field: number, value: number): number[] => [...varint(field * 8 + VARINT), ...varint(value)];
const head = (field: number, length: number): number[] => [...varint(field * 8 + BYTES), ...varint(length)];
export const within = (field: number, payload: ArrayLike<number>): Bytes =>
  joined([head(field, payload.length), payload]);
export const text = (field: number, value: string): Bytes => within(field, new TextEncoder().encode(value));

/** TensorProto.DataType of what is added. */
const [FLOAT, INT64] = [1, 7];

/** An initialiser of f32, or of whole numbers. */
export function tensorProto(name: string, dims: readonly number[], data: Float32Array | BigInt64Array): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const type = data instanceof Float32Array ? FLOAT : INT64;
  return joined([...dims.map((d) => int(1, d)), int(2, type), text(8, name), within(9, raw)]);
}

/** AttributeProto.type: INT and INTS. */
const [TYPE_INT, TYPE_INTS] = [2, 7];
/** A negative number takes the ten bytes of 64 bits. */
const signed = (value: number): number[] => {
  if (value >= 0) return varint(value);
  const bits = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: 10 }, (_, i) => Number((bits >> BigInt(7 * i)) & 127n) | (i < 9 ? 128 : 0));
};

export interface NewNode {
  op: string;
  inputs: readonly string[];
  output: string;
  attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A node of ONNX's own operators, called as its output is. */
function nodeProto({ op, inputs, output, attributes = {} }: NewNode): Bytes {
  const all = Object.entries(attributes).map(([name, value]) => {
    const numbers = typeof value === 'number' ? [value] : value;
    const [field, type] = typeof value === 'number' ? [3, TYPE_INT] : [8, TYPE_INTS];
    const values = numbers.flatMap((n) => [...varint(field * 8 + VARINT), ...signed(n)]);
    return within(5, joined([text(1, name), values, int(20, type)]));
  });
  return joined([...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, op), ...all]);
}

export interface Field {
  number: number;
  /** Where it begins and ends, and where its payload begins. */
  start: number;
  from: number;
  end: number;
  /** Of a varint. */
  value: number;
}

/**
 * The fields of a message that lies at `from … to − 1`.
 * @throws {ModelError} where they do not fit: what reads a file does not look into every message of it
 */
export function* fields(bytes: Uint8Array, from: number, to: number): Generator<Field> {
  let at = from;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= to) damaged(message('hub.onnxHas.endless', { at }));
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < to) {
    const start = at;
    const tag = next();
    const wire = tag % 8;
    const value = wire === VARINT ? next() : 0;
    const length = wire === BYTES ? next() : wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : 0;
    const payload = at;
    at += length;
    if (at > to) damaged(message('hub.onnxHas.tooLong', { at: payload, length, level: 'field' }));
    yield { number: Math.floor(tag / 8), start, from: payload, end: at, value };
  }
}

const MODEL_GRAPH = 7;
const MODEL_OPSET = 8;
const [GRAPH_NODE, GRAPH_TENSOR] = [1, 5];
const NODE_OUTPUT = 2;

/** Version of ONNX's own operators in a file. */
export function opsetOf(bytes: Uint8Array): number {
  for (const { number, from, end } of fields(bytes, 0, bytes.length)) {
    if (number !== MODEL_OPSET) continue;
    const entries = [...fields(bytes, from, end)];
    const domain = entries.find((f) => f.number === 1);
    const own = !domain || domain.from === domain.end || decode(bytes, domain) === 'ai.onnx';
    if (own) return entries.find((f) => f.number === 2)?.value ?? 1;
  }
  return 1;
}

export const decode = (bytes: Uint8Array, { from, end }: Field): string =>
  new TextDecoder().decode(bytes.subarray(from, end));

const [TENSOR_RAW, TENSOR_EXTERNAL, TENSOR_LOCATION] = [9, 13, 14];
/** Values of fewer bytes stay where they are: shapes are read before any weight is. */
const FEW = 1024;
/** What is left of a file is put together several times. */
const MOST_LEFT = 64 << 20;

/**
 * The file without the values of its initialisers: they are said to lie in a data file `location`, which is the file
 * itself. Whoever reads it so has each value once, and not in the file's bytes and in the tensor as well.
 * @returns null where most of it would be left, as its values are written in another way
 */
export function valuesElsewhere(bytes: Uint8Array, location: string): Bytes | null {
  const entry = (key: string, value: string) => within(TENSOR_EXTERNAL, joined([text(1, key), text(2, value)]));
  const elsewhere = ({ from, end }: Field): Bytes | null => {
    const raw = [...fields(bytes, from, end)].find(({ number }) => number === TENSOR_RAW);
    if (!raw || raw.end - raw.from < FEW) return null;
    left -= raw.end - raw.from;
    return joined([
      bytes.subarray(from, raw.start),
      bytes.subarray(raw.end, end),
      entry('location', location),
      entry('offset', String(raw.from)),
      entry('length', String(raw.end - raw.from)),
      int(TENSOR_LOCATION, 1),
    ]);
  };
  const inGraph = ({ from: start, end }: Field): Uint8Array[] => {
    const out: Uint8Array[] = [];
    let kept = start;
    for (const field of fields(bytes, start, end)) {
      const tensor = field.number === GRAPH_TENSOR ? elsewhere(field) : null;
      if (!tensor) continue;
      out.push(bytes.subarray(kept, field.start), within(GRAPH_TENSOR, tensor));
      kept = field.end;
    }
    return [...out, bytes.subarray(kept, end)];
  };
  let left = bytes.length;
  const parts = [...fields(bytes, 0, bytes.length)].map((field) => ({
    field,
    graph: field.number === MODEL_GRAPH ? inGraph(field) : null,
  }));
  if (left > MOST_LEFT) return null;
  return joined(
    parts.map(({ field, graph }) =>
      graph ? within(MODEL_GRAPH, joined(graph)) : bytes.subarray(field.start, field.end),
    ),
  );
}

/** What follows a node: its output is called otherwise, and others make the value that was called so. */
export interface Insertion {
  renamed: string;
  nodes: readonly NewNode[];
}

/**
 * A file with nodes behind some of its own, by the names of their outputs.
 * @param tensors initialisers, as `tensorProto` makes them
 * @returns its pieces, in order; and which of the insertions found no place in the graph itself
 */
export function withNodes(
  bytes: Uint8Array,
  insertions: ReadonlyMap<string, Insertion>,
  tensors: readonly Bytes[],
): { pieces: Uint8Array[]; missing: string[] } {
  const missing = new Set(insertions.keys());
  const renamedNode = ({ from, end }: Field): { node: Bytes; nodes: readonly NewNode[] } | null => {
    const outputs = [...fields(bytes, from, end)].filter(({ number }) => number === NODE_OUTPUT);
    const output = outputs.find((f) => insertions.has(decode(bytes, f)));
    if (!output) return null;
    const name = decode(bytes, output);
    missing.delete(name);
    const { renamed, nodes } = insertions.get(name)!;
    const node = [bytes.subarray(from, output.start), text(NODE_OUTPUT, renamed), bytes.subarray(output.end, end)];
    return { node: joined(node), nodes };
  };
  const inGraph = ({ from, end }: Field): Uint8Array[] => {
    const out: Uint8Array[] = [];
    let kept = from;
    for (const field of fields(bytes, from, end)) {
      const changed = field.number === GRAPH_NODE ? renamedNode(field) : null;
      if (!changed) continue;
      out.push(bytes.subarray(kept, field.start), within(GRAPH_NODE, changed.node));
      out.push(...changed.nodes.map((node) => within(GRAPH_NODE, nodeProto(node))));
      kept = field.end;
    }
    return [...out, bytes.subarray(kept, end), ...tensors.map((tensor) => within(GRAPH_TENSOR, tensor))];
  };
  const pieces: Uint8Array[] = [];
  for (const field of fields(bytes, 0, bytes.length)) {
    if (field.number !== MODEL_GRAPH) {
      pieces.push(bytes.subarray(field.start, field.end));
      continue;
    }
    const parts = inGraph(field);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    pieces.push(Uint8Array.from(head(MODEL_GRAPH, length)), ...parts);
  }
  return { pieces, missing: [...missing] };
}
