/** Which layers' queries see a window of keys only, as configurations say it. */
import { message } from '../shared/message';
import { type Fields, refuse, show } from './fields';

/**
 * Whether each layer is one of those that have a window.
 * @param slides what a file without `layer_types` means
 */
export function readSliding(f: Fields, slides: (layer: number) => boolean): boolean[] {
  const layers = f.int('num_hidden_layers', 1, 128);
  const types = f.get('layer_types');
  if (types !== undefined && (!Array.isArray(types) || types.length !== layers))
    refuse(message('hub.configHas.noList', { field: 'layer_types', value: show(types), length: layers }));
  return Array.from({ length: layers }, (_, layer) => {
    const type: unknown = types ? (types as unknown[])[layer] : null;
    if (types && type !== 'sliding_attention' && type !== 'full_attention')
      refuse(
        message('hub.configHas.other', {
          field: 'layer_types',
          value: show(type),
          wanted: 'sliding_attention", "full_attention',
        }),
      );
    return types ? type === 'sliding_attention' : slides(layer);
  });
}

/**
 * The window of each layer, null where it sees all keys before it.
 * @param slides as in `readSliding`
 * @param usual the window that a file without `sliding_window` means
 */
export function readWindows(
  f: Fields,
  slides: (layer: number) => boolean,
  usual: number | null = 4096,
): (number | null)[] {
  const window = f.orNone('sliding_window', usual, (key) => f.int(key, 1, 2 ** 24));
  return readSliding(f, slides).map((slid) => (slid ? window : null));
}
