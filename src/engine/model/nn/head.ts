/**
 * Final norm, head and cross-entropy, for the rows that have a target only. The logits exist for one chunk of
 * rows at a time; their gradient replaces them in place and goes straight back to the hidden state.
 */
import type { Op } from '../../device/program';
import { crossEntropy } from '../../kernels/crossEntropy/crossEntropy';
import { gatherRows } from '../../kernels/gatherRows/gatherRows';
import { matmul } from '../../kernels/matmul/matmul';
import { scatterRows } from '../../kernels/scatterRows/scatterRows';
import { softcap } from '../../kernels/softcap/softcap';
import { sumLoss } from '../../kernels/sumLoss/sumLoss';
import { stackedTargets } from '../batch';
import { logitStride } from '../modules';
import { normBackward, normForward } from './norm';
import type { Pass } from './pass';

/** Hidden states of the rows with a target, normed. */
export function headInput(pass: Pass): Op[] {
  const { device, config, batch, top } = pass;
  const { width, finalNorm } = config;
  const rows = batch.supervised;
  return [
    gatherRows(device, { rows, index: batch.targetRows, x: top.output, out: top.headInput, width }),
    ...normForward(pass, finalNorm, { rows, x: top.headInput, out: top.headNormed, stats: top.headStats, width }),
  ];
}

/** `top.logits` [headChunk, stride] of chunk `i` of the rows with a target. */
export function chunkLogits(pass: Pass, i: number): Op[] {
  const { config: c, batch, top, weights } = pass;
  const a = chunkOf(top.headNormed, i, c.width, pass);
  const { scale, softcap: cap } = c.head;
  const chunk = batch.chunks[i];
  return [
    ...weights.head.flatMap(({ first, rows, weight }, part) =>
      matmul(pass.device, {
        label: 'head',
        rows: chunk,
        a,
        w: weight,
        out: top.logits,
        n: rows,
        k: c.width,
        transposed: true,
        scale,
        bias: weights.headBias?.[part],
        outStride: logitStride(c),
        outColumn: first,
      }),
    ),
    ...(cap === null ? [] : [softcap(pass.device, { rows: chunk, x: top.logits, width: logitStride(c), cap })]),
  ];
}

function chunkOf(tensor: Pass['top']['headNormed'], i: number, width: number, { batch: { capacity } }: Pass) {
  const first = i * capacity.headChunk;
  const rows = Math.min(capacity.headChunk, stackedTargets(capacity) - first);
  return tensor.slice(`${tensor.label}[${i}]`, 4 * first * width, 4 * rows * width);
}

/** Loss of every target, added to `batch.lossTotal`; with `gradient`, ∂L/∂(last residual stream) in `grads.residual`. */
export function headLoss(pass: Pass, gradient: boolean): Op[] {
  const { device, config: c, batch, top, weights, grads } = pass;
  const stride = logitStride(c);
  const chunks = batch.chunks.flatMap((rows, i): Op[] => [
    ...chunkLogits(pass, i),
    crossEntropy(device, {
      rows,
      targets: chunkOf(batch.targets, i, 1, pass),
      logits: top.logits,
      loss: chunkOf(top.loss, i, 1, pass),
      vocab: c.vocab,
      stride,
      gradient,
      ...(c.head.softcap === null ? {} : { softcap: c.head.softcap }),
    }),
    ...(gradient && grads
      ? weights.head.flatMap((part, p) =>
          matmul(pass.device, {
            label: 'head back',
            rows,
            a: top.logits,
            w: part.weight,
            out: chunkOf(grads.headNormed, i, c.width, pass),
            n: c.width,
            k: part.rows,
            scale: c.head.scale,
            aStride: stride,
            aColumn: part.first,
            transposed: false,
            accumulate: p > 0,
          }),
        )
      : []),
  ]);
  const back =
    gradient && grads
      ? [
          ...normBackward(pass, c.finalNorm, {
            rows: batch.supervised,
            x: top.headInput,
            stats: top.headStats,
            gradOut: grads.headNormed,
            gradX: grads.headInput,
            width: c.width,
            accumulate: false,
          }),
          scatterRows(device, {
            rows: batch.rows,
            inverse: batch.targetOfRow,
            x: grads.headInput,
            out: grads.residual,
            width: c.width,
          }),
        ]
      : [];
  return [
    ...headInput(pass),
    ...chunks,
    sumLoss(device, { rows: batch.rows, loss: top.loss, total: batch.lossTotal }),
    ...back,
  ];
}
