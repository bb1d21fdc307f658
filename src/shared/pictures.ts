/** Pictures as models read them: their sizes, and their values. */
import { Rng } from './rng';
import type { PictureFormat, Sequence } from './types';

/** Tokens of a picture: the class token, and its patches. */
export const pictureTokens = ({ side }: Pick<PictureFormat, 'side'>): number => 1 + side * side;

/** Bytes of a picture's patches. */
export const pictureBytes = ({ side, patch }: Pick<PictureFormat, 'side' | 'patch'>): number => 3 * (side * patch) ** 2;

/** What the model is given of patches [any, 3, patch, patch]. */
export function scaledPatches(values: Uint8Array, { patch, scale, shift }: PictureFormat): Float32Array {
  const plane = patch * patch;
  return Float32Array.from(values, (v, i) => {
    const channel = Math.floor(i / plane) % 3;
    return v * scale[channel] + shift[channel];
  });
}

/** Some places of a picture, 0 among them and in front, as the model reads them. @param values of all its patches */
export function pictureSequence(values: Uint8Array, format: PictureFormat, places: readonly number[]): Sequence {
  const width = pictureBytes({ ...format, side: 1 });
  const patches = new Float32Array(places.length * width);
  places.forEach((place, i) => {
    if (place > 0) patches.set(scaledPatches(values.subarray((place - 1) * width, place * width), format), i * width);
  });
  return { ids: Int32Array.from(places), patches };
}

/** Patches of a picture that nobody took, the same ones for a seed. */
export function drawnPatches(format: PictureFormat, seed: number): Uint8Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Uint8Array.from({ length: pictureBytes(format) }, () => rng.below(256));
}

/**
 * Drawn pictures, or as many places of each as proving a model takes: a forward in plain f64 of all of them would take
 * half a minute.
 */
export function drawnSequences(format: PictureFormat, count: number, tokens: number): Sequence[] {
  return Array.from({ length: count }, (_, seed) => {
    const places = new Rng(seed).shuffle(Array.from({ length: format.side ** 2 }, (_p, i) => i + 1));
    return pictureSequence(drawnPatches(format, seed), format, [0, ...places.slice(0, tokens - 1 - seed)]);
  });
}
