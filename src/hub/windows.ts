/** Which layers' queries see a window of keys only, as configurations say it. */
import { message } from '../shared/message';
import { type Fields, refuse, show } from './fields';

/**
 * The window of each layer, null where it sees all keys before it.
 * @param slides whether a layer has the window, where `layer_types` does not say
 */
export function readWindows(f: Fields, slides: (layer: number) => boolean): (number | null)[] {
  const layers = f.int('num_hidden_layers', 1, 128);
  const window = f.has('sliding_window') ? f.int('sliding_window', 1, 2 ** 24) : null;
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
    return (types ? type === 'sliding_attention' : slides(layer)) ? window : null;
  });
}
