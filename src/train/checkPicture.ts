/** The picture whose logits go with an exported adapter, for whoever loads the files elsewhere. */
import { patchesOf, pixelsOf } from '../data/pictures/patches';
import { fromBase64, toBase64 } from '../shared/base64';
import { drawnPatches, pictureBytes, pictureSequence, pictureTokens } from '../shared/pictures';
import type { PictureFormat, Sequence } from '../shared/types';
import type { AdapterCheck } from './adapterCheck';

const SEED = 1;

const placesOf = (format: PictureFormat): number[] => Array.from({ length: pictureTokens(format) }, (_, i) => i);

export function checkPicture(format: PictureFormat): {
  sequence: Sequence;
  written: NonNullable<AdapterCheck['picture']>;
} {
  const patches = drawnPatches(format, SEED);
  return {
    sequence: pictureSequence(patches, format, placesOf(format)),
    written: {
      size: format.side * format.patch,
      values: toBase64(pixelsOf(patches, format)),
      scale: format.scale,
      shift: format.shift,
    },
  };
}

/**
 * What a check was computed for; null where it is nothing that a model of this format reads, or of texts where that is
 * null.
 */
export function checkedSequence({ ids, picture }: AdapterCheck, format: PictureFormat | undefined): Sequence | null {
  if (!picture || !format) return picture || format ? null : { ids: Int32Array.from(ids) };
  const values = fromBase64(picture.values);
  if (values.length !== pictureBytes(format) || ids.length !== pictureTokens(format)) return null;
  return pictureSequence(patchesOf(values, format), format, placesOf(format));
}
