/** Phi-3 and Phi-4-mini: a Llama with q, k and v in one module, and gate and up in another. */
import type { Columns } from '../../shared/model';
import type { Family } from '../family';
import { linear } from '../decoder';
import { llamaLike } from '../llamaLike';
import { readWindows } from '../windows';

/** The context that a file means which does not say for which one it was trained. */
const TRAINED = 4096;

const part = (first: number, width: number): Columns => ({ first, groups: 1, width, stride: width });

export const family: Family = {
  modelTypes: ['phi3'],
  gguf: { phi3: { share: 'partial_rotary_factor', fields: { sliding_window: 'attention.sliding_window' } } },
  read: (f, type) => {
    const windows = readWindows(f, () => true, null);
    const model = llamaLike(f, type, {
      eps: f.number('rms_norm_eps', 1e-12, 1, 1e-5),
      rope: { trainedContext: TRAINED },
      attention: (layer, path, { width, heads, kvHeads, headDim }) => {
        const [q, kv] = [heads * headDim, kvHeads * headDim];
        return {
          window: windows[layer],
          input: {
            linears: [linear(`${path}.qkv_proj`, width, q + 2 * kv)],
            fused: [part(0, q), part(q, kv), part(q + kv, kv)],
          },
        };
      },
      mlp: (_layer, path, { width, inner }) => ({
        input: {
          linears: [linear(`${path}.gate_up_proj`, width, 2 * inner)],
          fused: [part(0, inner), part(inner, inner)],
        },
      }),
    });
    // Beyond the context it was trained for, longrope turns by other factors, as a text's length says.
    const trained = f.int('original_max_position_embeddings', 1, 2 ** 24, TRAINED);
    const long = model.ropes[0].scaling?.kind === 'longrope';
    return long ? { ...model, context: Math.min(model.context, trained) } : model;
  },
};
