/** Pictures → batches. */
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { PictureFormat, TokenBatch } from '../../shared/types';

/** Pictures by class, as a model reads them. */
export interface PictureSet {
  format: PictureFormat;
  /** Of each picture, see `readPicture`. */
  patches: readonly Uint8Array[];
  /** Place of each one's class among the classes. */
  classes: Uint32Array;
}

/**
 * Pictures as sequences of a class token and their patches, row by row; the class is the target of the first.
 * @throws {DataError} when an index is out of range
 */
export function pictureBatch({ format, patches, classes }: PictureSet, indices: readonly number[]): TokenBatch {
  const { side, patch, scale, shift } = format;
  const [tokens, plane] = [1 + side * side, patch * patch];
  const values = 3 * plane;
  const rows = indices.length * tokens;
  const targets = new Int32Array(rows).fill(-1);
  const all = new Float32Array(rows * values);
  indices.forEach((picture, s) => {
    if (!(picture >= 0 && picture < patches.length))
      throw new DataError(message('data.examples.noSuch', { example: picture }));
    targets[s * tokens] = classes[picture];
    const first = (s * tokens + 1) * values;
    patches[picture].forEach((v, i) => {
      const channel = Math.floor(i / plane) % 3;
      all[first + i] = v * scale[channel] + shift[channel];
    });
  });
  return {
    ids: Int32Array.from({ length: rows }, (_, i) => i % tokens),
    targets,
    starts: Uint32Array.from({ length: indices.length + 1 }, (_, s) => s * tokens),
    patches: all,
  };
}
