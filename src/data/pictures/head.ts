/** What the first bytes of a picture say: its format, and how many pixels decoding would make. Nothing is decoded. */

const PICTURE_FORMATS = ['png', 'jpeg', 'webp'] as const;

export interface PictureHead {
  format: (typeof PICTURE_FORMATS)[number];
  width: number;
  height: number;
}

const ascii = (bytes: Uint8Array, at: number, text: string): boolean =>
  at + text.length <= bytes.length && [...text].every((c, i) => bytes[at + i] === c.charCodeAt(0));

/** @returns null where the bytes are no picture that is read, or end before its size is told */
export function pictureHead(bytes: Uint8Array): PictureHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0x89 && ascii(bytes, 1, 'PNG\r\n\x1a\n')) return pngHead(bytes, view);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegHead(bytes, view);
  if (ascii(bytes, 0, 'RIFF') && ascii(bytes, 8, 'WEBP')) return webpHead(bytes, view);
  return null;
}

/** PNG 11.2.1: the header is the first chunk. */
function pngHead(bytes: Uint8Array, view: DataView): PictureHead | null {
  if (!ascii(bytes, 12, 'IHDR') || bytes.length < 24) return null;
  return sized('png', view.getUint32(16), view.getUint32(20));
}

/**
 * JPEG B.2.2: the size stands in the frame header, SOF0 … SOF15 but for DHT, JPG and DAC, behind segments of a length
 * each.
 */
function jpegHead(bytes: Uint8Array, view: DataView): PictureHead | null {
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    // Fill bytes before a marker.
    if (marker === 0xff) at++;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return sized('jpeg', view.getUint16(at + 7), view.getUint16(at + 5));
    else {
      const length = view.getUint16(at + 2);
      if (length < 2) return null;
      at += 2 + length;
    }
  }
  return null;
}

/** WebP: the canvas of an extended file, else the frame of a lossless or a lossy one. */
function webpHead(bytes: Uint8Array, view: DataView): PictureHead | null {
  if (bytes.length < 30) return null;
  const uint24 = (at: number) => view.getUint16(at, true) + (bytes[at + 2] << 16);
  if (ascii(bytes, 12, 'VP8X')) return sized('webp', 1 + uint24(24), 1 + uint24(27));
  if (ascii(bytes, 12, 'VP8L') && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true);
    return sized('webp', 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
  }
  if (ascii(bytes, 12, 'VP8 ') && bytes[23] === 0x9d && bytes[24] === 0x01 && bytes[25] === 0x2a)
    return sized('webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  return null;
}

const sized = (format: PictureHead['format'], width: number, height: number): PictureHead | null =>
  width > 0 && height > 0 ? { format, width, height } : null;
