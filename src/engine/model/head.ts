/**
 * Final norm, head and cross-entropy, for the rows that have a target only. The logits exist for one chunk of
 * rows at a time; their gradient replaces them in place and goes straight back to the hidden state.
 */
import type { Op } from '../gpu/program';
import { crossEntropy } from '../kernels/crossEntropy/crossEntropy';
import { gatherRows } from '../kernels/gatherRows/gatherRows';
import { matmul } from '../kernels/matmul/matmul';
import { rmsNorm, rmsNormBackward } from '../kernels/rmsNorm/rmsNorm';
import { scatterRows } from '../kernels/scatterRows/scatterRows';
import { sumLoss } from '../kernels/sumLoss/sumLoss';
import { HEAD_CHUNK } from './batch';
import type { Pass } from './forward';
import { logitStride } from './llama';

/** Hidden states of the rows with a target, normed. */
export function headInput(pass: Pass): Op[] {
  const { gpu, config: c, batch, top, weights } = pass;
  const rows = batch.supervised;
  return [
    gatherRows(gpu, { rows, index: batch.targetRows, x: top.output, out: top.headInput, width: c.dModel }),
    rmsNorm(gpu, { rows, x: top.headInput, weight: weights.finalNorm, out: top.headNormed, rstd: top.headRstd, width: c.dModel, eps: c.rmsEps }),
  ];
}

/** `top.logits` [HEAD_CHUNK, stride] of chunk `i` of the rows with a target. */
export function chunkLogits(pass: Pass, i: number): Op {
  const { config: c, batch, top, weights } = pass;
  const a = chunkOf(top.headNormed, i, c.dModel, pass);
  return matmul(pass.gpu, { label: 'head', rows: batch.chunks[i], a, w: weights.head, out: top.logits, n: logitStride(c), k: c.dModel, transposed: true });
}

function chunkOf(tensor: Pass['top']['headNormed'], i: number, width: number, pass: Pass) {
  const rows = Math.min(HEAD_CHUNK, pass.batch.capacity.supervised - i * HEAD_CHUNK);
  return tensor.slice(`${tensor.label}[${i}]`, 4 * i * HEAD_CHUNK * width, 4 * rows * width);
}

/** Loss of every target, added to `batch.lossTotal`; with `gradient`, ∂L/∂(last residual stream) in `grads.residual`. */
export function headLoss(pass: Pass, gradient: boolean): Op[] {
  const { gpu, config: c, batch, top, weights, grads } = pass;
  const stride = logitStride(c);
  const chunks = batch.chunks.flatMap((rows, i): Op[] => [
    chunkLogits(pass, i),
    crossEntropy(gpu, { rows, targets: chunkOf(batch.targets, i, 1, pass), logits: top.logits, loss: chunkOf(top.loss, i, 1, pass), vocab: c.vocab, stride, gradient }),
    ...(gradient && grads
      ? [matmul(pass.gpu, { label: 'head back', rows, a: top.logits, w: weights.head, out: chunkOf(grads.headNormed, i, c.dModel, pass), n: c.dModel, k: stride, transposed: false })]
      : []),
  ]);
  const back = gradient && grads ? [
    rmsNormBackward(gpu, { rows: batch.supervised, x: top.headInput, weight: weights.finalNorm, rstd: top.headRstd, gradOut: grads.headNormed, gradX: grads.headInput, width: c.dModel, accumulate: false }),
    scatterRows(gpu, { rows: batch.rows, inverse: batch.targetOfRow, x: grads.headInput, out: grads.residual, width: c.dModel }),
  ] : [];
  return [...headInput(pass), ...chunks, sumLoss(gpu, { rows: batch.supervised, loss: top.loss, total: batch.lossTotal }), ...back];
}
