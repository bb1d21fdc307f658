/** A picture as a model reads it: decoded, resized, cut into patches. */
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { PictureFormat } from '../../shared/types';
import { pictureHead } from './head';
import { type Pixels, resize } from './resample';

/** Most pixels of a picture: what decoding makes is four bytes for each. */
const MAX_PIXELS = 40e6;
/** Longest side; browsers' canvases end soon above. */
const MAX_SIDE = 16_000;

/** Decodes a picture that was found to be of a size that may be decoded. Fails with anything where it is damaged. */
export type DecodePicture = (file: Uint8Array<ArrayBuffer>, type: string) => Promise<Pixels>;

/**
 * The values of a picture's patches, row by row: [side · side, 3, patch, patch].
 * @param path what the picture is called in errors
 * @throws {DataError} where it is no picture, damaged, or too large to be decoded
 */
export async function readPicture(
  file: Uint8Array<ArrayBuffer>,
  path: string,
  { format, decode }: { format: PictureFormat; decode: DecodePicture },
): Promise<Uint8Array<ArrayBuffer>> {
  const head = pictureHead(file);
  if (!head) throw new DataError(message('data.pictures.foreign', { path }));
  const { width, height } = head;
  if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE)
    throw new DataError(
      message('data.pictures.pixels', { path, width, height, most: MAX_PIXELS / 1e6, side: MAX_SIDE }),
    );
  let pixels: Pixels;
  try {
    pixels = await decode(file, `image/${head.format}`);
  } catch (error) {
    throw new DataError(
      message('data.pictures.damaged', { path, why: error instanceof Error ? error.message : String(error) }),
    );
  }
  const size = format.side * format.patch;
  return patchesOf(resize(pixels, { width: size, height: size }, format.resample).values, format);
}

/** Pixels [size, size, 3] as patches [side · side, 3, patch, patch]. */
export function patchesOf(
  values: Uint8Array,
  { side, patch }: Pick<PictureFormat, 'side' | 'patch'>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length);
  eachValue({ side, patch }, (inPatches, inPixels) => {
    out[inPatches] = values[inPixels];
  });
  return out;
}

/** The inverse of `patchesOf`. */
export function pixelsOf(
  patches: Uint8Array,
  { side, patch }: Pick<PictureFormat, 'side' | 'patch'>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(patches.length);
  eachValue({ side, patch }, (inPatches, inPixels) => {
    out[inPixels] = patches[inPatches];
  });
  return out;
}

/** Places of every value: in patches, and in pixels [size, size, 3]. */
function eachValue(
  { side, patch }: Pick<PictureFormat, 'side' | 'patch'>,
  visit: (inPatches: number, inPixels: number) => void,
): void {
  const size = side * patch;
  let at = 0;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < patch; y++)
          for (let x = 0; x < patch; x++) visit(at++, 3 * ((row * patch + y) * size + column * patch + x) + c);
}
