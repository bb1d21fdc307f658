/** ONNX files with other products in the place of theirs, for tests. */
import { OnnxParser } from '../onnx/parser';
import { readTensor } from '../onnx/tensor';
import { bytes, int, str, varint } from './protobuf';

/** The fields of a message: number, and where the field and its payload lie. */
function* fields(message: Uint8Array): Generator<{ field: number; whole: Uint8Array; payload: Uint8Array }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    const from = at;
    at += length;
    yield { field: Math.floor(tag / 8), whole: message.subarray(start, at), payload: message.subarray(from, at) };
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** x · weight, a constant matrix. */
export interface Product {
  name: string;
  x: string;
  weight: string;
  /** [in, out] */
  dims: readonly [number, number];
  values(): Float32Array;
  output: string;
}

/** Messages that stand in a product's place. */
interface Replacement {
  nodes: number[][];
  tensors: number[][];
}

/**
 * @param replace gives what stands in each product's place; null leaves it as it is
 * @param domain that the new operators are of, where it is another
 */
export function rewriteProducts(
  model: Uint8Array,
  replace: (product: Product) => Replacement | null,
  domain?: string,
): Uint8Array<ArrayBuffer> {
  const graph = new OnnxParser().finish(model);
  const products = new Map(
    graph.nodes.flatMap((found) => {
      const constant = found.op === 'MatMul' ? graph.tensors.get(found.inputs[1]) : undefined;
      if (constant?.dims.length !== 2) return [];
      const [x, weight] = found.inputs;
      const [output] = found.outputs;
      const [k, n] = constant.dims;
      const values = () => readTensor(constant, model, () => model);
      const made = replace({ name: found.name, x, weight, dims: [k, n], values, output });
      return made ? [[output, { ...made, weight }] as const] : [];
    }),
  );
  const replaced = new Set([...products.values()].map(({ weight }) => weight));
  const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
  const out: Uint8Array[] = [];
  const put = (part: ArrayLike<number>) => out.push(Uint8Array.from(part));
  for (const { field, whole, payload } of fields(model)) {
    if (field !== 7) {
      out.push(whole);
      continue;
    }
    const parts: Uint8Array[] = [];
    for (const entry of fields(payload)) {
      const own = [...(entry.field === 1 || entry.field === 5 ? fields(entry.payload) : [])];
      const named = (number: number) => own.filter((f) => f.field === number).map((f) => text(f.payload));
      if (entry.field === 5 && replaced.has(named(8)[0])) continue;
      const product = entry.field === 1 ? products.get(named(2)[0]) : undefined;
      if (!product) parts.push(entry.whole);
      for (const message of product?.nodes ?? []) parts.push(Uint8Array.from(bytes(1, message)));
      for (const message of product?.tensors ?? []) parts.push(Uint8Array.from(bytes(5, message)));
    }
    const inGraph = concat(parts);
    put([...varint(7 * 8 + 2), ...varint(inGraph.length)]);
    out.push(inGraph);
  }
  if (domain) put(bytes(8, [...str(1, domain), ...int(2, 1)]));
  return concat(out);
}
