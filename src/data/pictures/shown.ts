/** Pictures as a person sees them: what was cut into patches, put together again. */
import type { WatchedPicture } from '../../shared/data';
import type { PictureFormat, ShownPicture, TokenSet } from '../../shared/types';
import { pixelsOf } from './patches';
import { resize } from './resample';

/** Pixels of a side, of a picture in a list and of one alone. */
export const LISTED = 48;
export const SHOWN = 256;
/** Pillow's number of the filter that only averages. */
const BOX = 4;

/** @param most pixels along a side */
export function shownPicture(patches: Uint8Array, format: PictureFormat, most: number): ShownPicture {
  const size = format.side * format.patch;
  const values = pixelsOf(patches, format);
  if (size <= most) return { size, values };
  const { values: small } = resize({ width: size, height: size, values }, { width: most, height: most }, BOX);
  return { size: most, values: new Uint8Array(small) };
}

/** An example of a set of pictures. */
export function watchedPicture({ labels, offsets, pictures }: TokenSet, example: number): WatchedPicture {
  const { format, values } = pictures!;
  const of = offsets.length - 1;
  const each = values.length / of;
  return {
    shown: shownPicture(values.subarray(example * each, (example + 1) * each), format, SHOWN),
    side: format.side,
    label: labels!.classes[labels!.of[example]],
    example,
    of,
  };
}
