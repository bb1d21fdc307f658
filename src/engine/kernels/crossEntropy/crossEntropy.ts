import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perRow, quads, rowThreads, snippets } from '../launch';
import { cappedSnippet } from '../softcap/softcap';
import { crossEntropyCpu } from './crossEntropy.cpu';
import wgsl from './crossEntropy.wgsl?raw';

/**
 * `loss[row]` = −log softmax(logits[row, :vocab])[targets[row]], in nats and unscaled. `logits` [rows, stride] with
 * stride ≥ vocab (columns beyond are ignored), `targets` u32 [rows], `loss` [rows]; a target that is not below vocab
 * gives NaN, and reads nothing. With `gradient` the logits become (softmax − onehot) · `dims.lossScale`, zero in the
 * columns beyond vocab. Logits that `softcap` made are given with their cap: the gradient is then that of what it was
 * given.
 */
export function crossEntropy(
  device: Device,
  p: {
    rows: RowCount;
    targets: Tensor;
    logits: Tensor;
    loss: Tensor;
    vocab: number;
    stride: number;
    gradient: boolean;
    softcap?: number;
  },
): Dispatch {
  if (p.stride < p.vocab) throw new GpuError(message('engine.model.logitRows', { stride: p.stride, vocab: p.vocab }));
  return {
    kernel: {
      label: p.gradient ? 'crossEntropyGradient' : 'crossEntropy',
      code: compose(wgsl, { snippets: [snippets.dims, snippets.rowReduce, cappedSnippet(p.softcap)] }),
      constants: {
        VOCAB: p.vocab,
        S4: quads(p.stride, 'logits'),
        GRADIENT: Number(p.gradient),
        WIDTH: rowThreads(device),
        ...(p.softcap ? { CAP: p.softcap } : {}),
      },
    },
    bindings: [p.rows.dims, p.targets, p.logits, p.loss],
    groups: perRow(p.rows),
    cpu: crossEntropyCpu(p),
  };
}
