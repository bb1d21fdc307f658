/** How a configuration says that a model cuts pictures into patches, and what is done to them before. */
import { message } from '../shared/message';
import type { PatchEmbedding } from '../shared/model';
import type { PictureFormat, Tokenizer } from '../shared/types';
import { Fields, refuse, show } from './fields';

/** Most patches along a side: with the class token they are the longest sequence that the engine takes. */
const MAX_SIDE = 63;
export const PICTURE_CONFIG = 'preprocessor_config.json';

/** @throws {ModelError} where pictures are not cut evenly */
export function readPatches(f: Fields): Pick<PatchEmbedding, 'channels' | 'side' | 'patch'> {
  f.only('num_channels', 3);
  const patch = f.int('patch_size', 2, 64, 16);
  const size = f.int('image_size', patch, MAX_SIDE * patch, 224);
  for (const [field, value, of] of [
    ['patch_size', patch, 2],
    ['image_size', size, patch],
  ] as const)
    if (value % of !== 0) refuse(message('hub.configHas.notMultiple', { field, size: value, of }));
  return { channels: 3, side: size / patch, patch };
}

/** What a field of a size may be: one number, or one for each direction. */
const sizeOf = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const { height, width } = value as { height?: unknown; width?: unknown };
  return height === width ? height : null;
};

/**
 * How pictures become patches, from `preprocessor_config.json`: resized to the model's square, and their values scaled.
 * @throws {ModelError} where something else is done to them, or they get another size
 */
export function readPictureFormat(json: unknown, patches: Pick<PatchEmbedding, 'side' | 'patch'>): PictureFormat {
  const f = new Fields(json, PICTURE_CONFIG);
  f.only('do_resize', true);
  f.only('do_center_crop', false);
  f.only('do_pad', false);
  const pixels = patches.side * patches.patch;
  const size = sizeOf(f.get('size') ?? pixels);
  if (size !== pixels) refuse(message('hub.configHas.pictureSize', { value: show(f.get('size')), pixels }));
  const scale = f.flag('do_rescale', true) ? f.number('rescale_factor', 1e-6, 1, 1 / 255) : 1;
  const normalised = f.flag('do_normalize', true);
  const list = (key: string, low: number) => (f.has(key) ? f.numbers(key, low, 255, 3) : [0.5, 0.5, 0.5]);
  const mean = normalised ? list('image_mean', -255) : [0, 0, 0];
  const std = normalised ? list('image_std', 1e-6) : [1, 1, 1];
  return {
    ...patches,
    resample: f.int('resample', 1, 4, 2),
    scale: std.map((s) => scale / s),
    shift: std.map((s, c) => (0 - mean[c]) / s),
  };
}

/**
 * The tokens of pictures, named: the class token, and patches by row and column, from 1 on. There are no others, so no
 * text has any.
 */
export function pictureTokenizer(pictures: PictureFormat): Tokenizer {
  const { side } = pictures;
  const none = () => new Int32Array(0);
  const name = (id: number) => (id === 0 ? '[CLS]' : `${Math.floor((id - 1) / side) + 1}, ${((id - 1) % side) + 1}`);
  const pieces = (ids: ArrayLike<number>) => Array.from(ids, name);
  return {
    pictures,
    encode: none,
    encodeDressed: none,
    pieces,
    decode: (ids) => pieces(ids).join(' '),
    frame: null,
    writes: false,
    special: new Map(),
    largestId: side * side,
    entries: 0,
    bosId: null,
    eosId: null,
    stopIds: new Set(),
  };
}
