/** What quantised weights are worth: the plain form that every reader and kernel is held against. */
import type { QuantisedBlocks } from './types';

/** Every value in f32: scale · q + offset in doubles, rounded once. */
export function dequantise({ bits, block, values, scales, offsets }: QuantisedBlocks): Float32Array<ArrayBuffer> {
  const out = new Float32Array(scales.length * block);
  const centre = offsets === null && bits === 4 ? 8 : 0;
  for (let i = 0; i < out.length; i++) {
    const b = Math.floor(i / block);
    const q = bits === 8 ? (values[i] << 24) >> 24 : i % 2 === 0 ? values[i >> 1] & 15 : values[i >> 1] >> 4;
    out[i] = scales[b] * (q - centre) + (offsets === null ? 0 : offsets[b]);
  }
  return out;
}
