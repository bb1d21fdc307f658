/** Quantises an ONNX file as ONNX Runtime's MatMulNBitsQuantizer does, for tests: products with a constant matrix become MatMulNBits. */
import { OnnxParser } from '../onnx/parser';
import { readTensor } from '../onnx/tensor';
import { bytes, f32le, int, intAttribute, node, raw, str, tensor, varint } from './protobuf';

const FLOAT = 1;
const UINT8 = 2;

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

/** A matrix [k, n] as blocks of a column's neighbours: B [n, blocks, block / 2], scales and zero points. */
function blocksOf(w: Float32Array, k: number, n: number, block: number) {
  const blocks = Math.ceil(k / block);
  const values = new Uint8Array((n * blocks * block) / 2);
  const scales = new Float32Array(n * blocks);
  const zeros = new Uint8Array(n * Math.ceil(blocks / 2));
  for (let row = 0; row < n; row++) {
    for (let b = 0; b < blocks; b++) {
      const inBlock = Array.from({ length: Math.min(block, k - b * block) }, (_, i) => w[(b * block + i) * n + row]);
      const [low, high] = [Math.min(0, ...inBlock), Math.max(0, ...inBlock)];
      const scale = (high - low) / 15 || 1;
      const zero = Math.round(-low / scale);
      scales[row * blocks + b] = scale;
      zeros[row * Math.ceil(blocks / 2) + (b >> 1)] |= zero << (4 * (b & 1));
      inBlock.forEach((x, i) => {
        const at = (row * blocks + b) * block + i;
        values[at >> 1] |= Math.max(0, Math.min(15, Math.round(x / scale) + zero)) << (4 * (at & 1));
      });
    }
  }
  return { values, scales, zeros, blocks };
}

/**
 * @param level `accuracy_level` of every product
 * @returns a file whose matrices of 32 or more inputs are quantised, in blocks of 32 or, where these do not fit, of 16
 */
export function quantiseOnnx(model: Uint8Array, level = 4): Uint8Array<ArrayBuffer> {
  const graph = new OnnxParser().finish(model);
  const products = new Map(
    graph.nodes
      .filter(({ op, inputs }) => op === 'MatMul' && graph.tensors.get(inputs[1])?.dims.length === 2)
      .map((found) => [found.outputs[0], found]),
  );
  const replaced = new Set([...products.values()].map(({ inputs }) => inputs[1]));
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
      if (!product) {
        parts.push(entry.whole);
        continue;
      }
      const name = product.inputs[1];
      const constant = graph.tensors.get(name)!;
      const [k, n] = constant.dims;
      const block = k % 32 === 0 ? 32 : 16;
      const { values, scales, zeros, blocks } = blocksOf(
        readTensor(constant, model, () => model),
        k,
        n,
        block,
      );
      const inputs = [product.inputs[0], `${name}_Q4`, `${name}_scales`, `${name}_zeros`];
      const attributes = { K: k, N: n, bits: 4, block_size: block, accuracy_level: level };
      const replacement = node(
        'MatMulNBits',
        { name: `${product.name}_Q4`, inputs, outputs: product.outputs },
        ...Object.entries(attributes).map(([key, value]) => intAttribute(key, value)),
      );
      for (const part of [
        bytes(1, [...replacement, ...str(7, 'com.microsoft')]),
        bytes(5, tensor(inputs[1], [n, blocks, block / 2], UINT8, raw(values))),
        bytes(5, tensor(inputs[2], [n * blocks], FLOAT, raw(f32le(...scales)))),
        bytes(5, tensor(inputs[3], [zeros.length], UINT8, raw(zeros))),
      ])
        parts.push(Uint8Array.from(part));
    }
    const inGraph = concat(parts);
    put([...varint(7 * 8 + 2), ...varint(inGraph.length)]);
    out.push(inGraph);
  }
  put(bytes(8, [...str(1, 'com.microsoft'), ...int(2, 1)]));
  return concat(out);
}
