/** Cosines and sines of rotary position embeddings (RoFormer, Su et al. 2021), stretched or not. */
import type { Rope } from '../../../shared/layers';
import { ropeFrequencies } from '../../../shared/rope';

/**
 * Cosines and sines [context, rotary/2, 2] of every position's angles, computed in f64: an f32 angle of some thousand
 * radians would be off by 1e-4.
 */
export function ropeTable(context: number, rope: Rope): Float32Array<ArrayBuffer> {
  const { frequencies, attention } = ropeFrequencies(rope);
  const half = frequencies.length;
  const table = new Float32Array(context * half * 2);
  for (let i = 0; i < half; i++) {
    for (let position = 0; position < context; position++) {
      const at = (position * half + i) * 2;
      table[at] = attention * Math.cos(position * frequencies[i]);
      table[at + 1] = attention * Math.sin(position * frequencies[i]);
    }
  }
  return table;
}
