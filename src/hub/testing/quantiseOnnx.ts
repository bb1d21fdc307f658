/**
 * Quantises an ONNX file as ONNX Runtime's MatMulNBitsQuantizer does, for tests: products with a constant matrix become
 * MatMulNBits.
 */
import { f32le, intAttribute, node, raw, str, tensor } from './protobuf';
import { rewriteProducts } from './rewriteOnnx';

const FLOAT = 1;
const UINT8 = 2;

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
  return rewriteProducts(
    model,
    ({ name, x, weight, dims: [k, n], values: w, output }) => {
      const block = k % 32 === 0 ? 32 : 16;
      const { values, scales, zeros, blocks } = blocksOf(w(), k, n, block);
      const inputs = [x, `${weight}_Q4`, `${weight}_scales`, `${weight}_zeros`];
      const attributes = { K: k, N: n, bits: 4, block_size: block, accuracy_level: level };
      const replacement = node(
        'MatMulNBits',
        { name: `${name}_Q4`, inputs, outputs: [output] },
        ...Object.entries(attributes).map(([key, value]) => intAttribute(key, value)),
      );
      return {
        nodes: [[...replacement, ...str(7, 'com.microsoft')]],
        tensors: [
          tensor(inputs[1], [n, blocks, block / 2], UINT8, raw(values)),
          tensor(inputs[2], [n * blocks], FLOAT, raw(f32le(...scales))),
          tensor(inputs[3], [zeros.length], UINT8, raw(zeros)),
        ],
      };
    },
    'com.microsoft',
  );
}
