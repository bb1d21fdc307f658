/** Small pictures in four classes, made here: patterns in colours, as PNGs without compression. */
import { zipSync } from 'fflate';
import { crc32, deflateSync } from 'node:zlib';
import type { DecodePicture } from '../../data/pictures/patches';
import { Rng } from '../../shared/rng';

/** Pixels of a side. */
const SIZE = 20;
export const PATTERNS = ['bars', 'checks', 'dots', 'stripes'];

/** A pattern of the class with colours, a phase and noise of its own: [SIZE, SIZE, 3]. */
function draw(label: string, rng: Rng): Uint8Array {
  const [phase, period] = [rng.below(6), 8 + rng.below(3)];
  const colours = [0, 1].map((on) => [0, 1, 2].map(() => on * 110 + rng.below(110)));
  const on = (n: number) => (n + phase) % period < period / 2;
  const inside = (x: number, y: number) =>
    ({ bars: on(x), stripes: on(y), checks: on(x) !== on(y), dots: on(x) && on(y) })[label]!;
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    return colours[Number(inside(x, y))][i % 3] + rng.below(30);
  });
}

function png(values: Uint8Array): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = Buffer.alloc(12 + data.length);
    bytes.writeUInt32BE(data.length, 0);
    bytes.write(type, 4, 'latin1');
    bytes.set(data, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
    return bytes;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIZE, 0);
  head.writeUInt32BE(SIZE, 4);
  head.set([8, 2], 8);
  const lines = Buffer.concat(
    Array.from({ length: SIZE }, (_, y) => [Buffer.of(0), values.subarray(y * SIZE * 3, (y + 1) * SIZE * 3)]).flat(),
  );
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const stored = deflateSync(lines, { level: 0 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', stored), chunk('IEND', Buffer.alloc(0))]);
}

/** Of a PNG as it is made above: one stored block behind 41 bytes of heads, then 7 of zlib's. */
export const decodePng: DecodePicture = (file) => {
  const line = 1 + 3 * SIZE;
  return Promise.resolve({
    width: SIZE,
    height: SIZE,
    values: Uint8Array.from(
      { length: SIZE * SIZE * 3 },
      (_, i) => file[48 + Math.floor(i / (line - 1)) * line + 1 + (i % (line - 1))],
    ),
  });
};

/** `count` pictures, the classes in turns, in a folder for each. */
export function patternFiles(count: number): Record<string, Uint8Array> {
  const rng = new Rng(3);
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) {
    const label = PATTERNS[i % PATTERNS.length];
    files[`patterns/${label}/${String(i).padStart(3, '0')}.png`] = png(draw(label, rng));
  }
  return files;
}

export const patternZip = (count: number): Uint8Array<ArrayBuffer> =>
  zipSync(patternFiles(count), { level: 0 }) as Uint8Array<ArrayBuffer>;
