/** A model's ONNX file as other exporters write it, for tests: products in f16, and q, k and v in one product. */
import { bytesAs, transpose } from '../floats';
import { intAttribute, node, raw, tensor } from './protobuf';
import { type Product, rewriteProducts } from './rewriteOnnx';

const FLOAT = 1;
const INT64 = 7;
const FLOAT16 = 10;

/** Products compute in f16, between casts. */
export const halveOnnx = (model: Uint8Array): Uint8Array<ArrayBuffer> =>
  rewriteProducts(model, ({ name, x, weight, dims, values, output }) => ({
    nodes: [
      node('Cast', { name: `${name}/in`, inputs: [x], outputs: [`${output}_x`] }, intAttribute('to', FLOAT16)),
      node('MatMul', { name, inputs: [`${output}_x`, weight], outputs: [`${output}_half`] }),
      node('Cast', { name: `${name}/out`, inputs: [`${output}_half`], outputs: [output] }, intAttribute('to', FLOAT)),
    ],
    tensors: [tensor(weight, [...dims], FLOAT16, raw(bytesAs('F16', values())))],
  }));

const PACKED = /\/self_attn\/([qkv])_proj\/MatMul$/;

/** Queries, keys and values are parts of one product, as genai's `qkv_proj` has them. */
export function packOnnx(model: Uint8Array): Uint8Array<ArrayBuffer> {
  const found = new Map<string, Product>();
  rewriteProducts(model, (product) => {
    found.set(product.name, product);
    return null;
  });
  return rewriteProducts(model, ({ name, x, dims: [k] }) => {
    const letter = PACKED.exec(name)?.[1];
    if (!letter) return null;
    // The first one stands for all.
    if (letter !== 'q') return { nodes: [], tensors: [] };
    const parts = ['q', 'k', 'v'].map((which) => found.get(name.replace('q_proj', `${which}_proj`))!);
    const sizes = parts.map(({ dims }) => dims[1]);
    const whole = sizes.reduce((sum, size) => sum + size, 0);
    const rows = Float32Array.from(parts.flatMap(({ values, dims }) => [...transpose(values(), k, dims[1])]));
    const path = name.replace('q_proj', 'qkv_proj');
    const [weight, split, output] = ['weight', 'sizes', 'output_0'].map((what) => `${path}.${what}`);
    return {
      nodes: [
        node('MatMul', { name: path, inputs: [x, weight], outputs: [output] }),
        node(
          'Split',
          { name: `${path}/split`, inputs: [output, split], outputs: parts.map((part) => part.output) },
          intAttribute('axis', -1),
        ),
      ],
      tensors: [
        tensor(weight, [k, whole], FLOAT, raw(bytesAs('F32', transpose(rows, whole, k)))),
        tensor(split, [sizes.length], INT64, raw(new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer))),
      ],
    };
  });
}
