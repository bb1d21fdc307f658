/** Qwen3 (dense): a Llama with a norm on each head of q and k. */
import { message } from '../../shared/message';
import { readSizes, rmsNorm } from '../decoder';
import type { Family } from '../family';
import { refuse } from '../fields';
import { llamaLike } from '../llamaLike';
import { readWindows } from '../windows';

export const family: Family = {
  modelTypes: ['qwen3'],
  gguf: { qwen3: {} },
  read: (f, type) => {
    if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
    const first = f.int('max_window_layers', 0, 1000, 28);
    const windows = f.flag('use_sliding_window', false) ? readWindows(f, (layer) => layer >= first) : null;
    const eps = f.number('rms_norm_eps', 1e-12, 1, 1e-6);
    return llamaLike(f, type, {
      sizes: readSizes(f, { usual: { headDim: 128 } }),
      attention: (layer, path) => ({
        window: windows?.[layer] ?? null,
        qNorm: rmsNorm(`${path}.q_norm`, eps),
        kNorm: rmsNorm(`${path}.k_norm`, eps),
      }),
    });
  },
};
