/** A picture as its model reads it, pixel by pixel. */
import { useEffect, useRef } from 'react';
import type { ShownPicture } from '../shared/types';

/** The picture's pixels as a canvas takes them. */
function imageOf({ size, values }: ShownPicture): ImageData {
  const data = new Uint8ClampedArray(4 * size * size);
  for (let i = 0; i < size * size; i++) {
    data.set(values.subarray(3 * i, 3 * i + 3), 4 * i);
    data[4 * i + 3] = 255;
  }
  return new ImageData(data, size, size);
}

/** @param label what it shows, for whoever does not see it; empty where that stands beside it */
export function Picture({ shown, label, className = '' }: { shown: ShownPicture; label: string; className?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => canvas.current!.getContext('2d')!.putImageData(imageOf(shown), 0, 0), [shown]);
  return (
    <canvas
      ref={canvas}
      className={`picture ${className}`}
      width={shown.size}
      height={shown.size}
      {...(label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  );
}
