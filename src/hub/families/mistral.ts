/** Mistral: a Llama whose queries may see a window of keys only. */
import type { Family } from '../family';
import { llamaLike } from '../llamaLike';
import { readWindows } from '../windows';

export const family: Family = {
  modelTypes: ['mistral'],
  ggufAs: 'llama',
  read: (f, type) => {
    const windows = readWindows(f, () => true);
    return llamaLike(f, type, { attention: (layer) => ({ window: windows[layer] }) });
  },
};
