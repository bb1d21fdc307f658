/** Qwen 2 and 2.5: a Llama with biases on q, k and v. */
import type { Family } from '../family';
import { linear } from '../decoder';
import { llamaLike } from '../llamaLike';
import { readWindows } from '../windows';

export const family: Family = {
  modelTypes: ['qwen2'],
  gguf: { qwen2: {} },
  read: (f, type) => {
    const first = f.int('max_window_layers', 0, 1000, 28);
    const windows = f.flag('use_sliding_window', false) ? readWindows(f, (layer) => layer >= first) : null;
    return llamaLike(f, type, {
      attention: (layer, path, { width, heads, kvHeads, headDim }) => ({
        window: windows?.[layer] ?? null,
        input: {
          linears: [
            linear(`${path}.q_proj`, width, heads * headDim, { bias: true }),
            linear(`${path}.k_proj`, width, kvHeads * headDim, { bias: true }),
            linear(`${path}.v_proj`, width, kvHeads * headDim, { bias: true }),
          ],
          fused: null,
        },
      }),
    });
  },
};
