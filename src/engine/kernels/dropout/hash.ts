/** hash.wgsl on the host: a u32 from a u32. */
export function mixBits(value: number): number {
  let v = value >>> 0;
  v = Math.imul(v ^ (v >>> 16), 0x21f0aaad) >>> 0;
  v = Math.imul(v ^ (v >>> 15), 0x735a2d97) >>> 0;
  return (v ^ (v >>> 15)) >>> 0;
}

/** The key of a micro-batch's dropout masks: never 0, which switches dropout off. */
export const dropoutKey = (seed: number, step: number, microBatch: number): number =>
  (mixBits(mixBits(mixBits(seed) + step) + microBatch) | 1) >>> 0;
