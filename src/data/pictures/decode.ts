/** Decoding by the browser, in whichever thread asks: PNG, JPEG and WebP as they lie, turned as they say. */
import type { DecodePicture } from './patches';

/** Red, green and blue of every pixel; what is transparent is black. */
export const decodePicture: DecodePicture = async (file, type) => {
  const bitmap = await createImageBitmap(new Blob([file], { type }), { colorSpaceConversion: 'none' });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const values = new Uint8Array(3 * width * height);
    for (let from = 0, to = 0; from < data.length; from += 4) {
      values[to++] = data[from];
      values[to++] = data[from + 1];
      values[to++] = data[from + 2];
    }
    return { width, height, values };
  } finally {
    bitmap.close();
  }
};
