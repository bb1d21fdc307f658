/** How a configuration says that a model cuts pictures into patches, and which classes it tells apart. */
import { message } from '../shared/message';
import type { PatchEmbedding } from '../shared/model';
import { type Fields, refuse, show } from './fields';

/** Most patches along a side: with the class token they are the longest sequence that the engine takes. */
const MAX_SIDE = 63;
/** Most classes of a head. */
const MAX_CLASSES = 1000;
const MAX_NAME = 200;

/**
 * `id2label` in the order of its ids; without it two classes, as transformers has them.
 * @throws {ModelError} where ids are missing or names are none
 */
export function readLabels(f: Fields): string[] {
  if (!f.has('id2label')) return ['LABEL_0', 'LABEL_1'];
  const names = f.get('id2label');
  const wrong = (): never => refuse(message('hub.configHas.labels', { value: show(names), most: MAX_CLASSES }));
  if (typeof names !== 'object' || Array.isArray(names)) return wrong();
  const byId = names as Record<string, unknown>;
  const count = Object.keys(byId).length;
  if (count < 2 || count > MAX_CLASSES) return wrong();
  return Array.from({ length: count }, (_, i) => {
    const name = Object.hasOwn(byId, String(i)) ? byId[String(i)] : null;
    return typeof name === 'string' && name.length <= MAX_NAME ? name : wrong();
  });
}

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
