/**
 * Final norm, head and cross-entropy, for the rows that have a target only. The logits of a vocabulary exist for one
 * chunk of rows at a time; their gradient replaces them in place and goes straight back to the hidden state.
 */
import { type VocabularyHead, logitCount } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { crossEntropy } from '../../kernels/crossEntropy/crossEntropy';
import { gatherRows } from '../../kernels/gatherRows/gatherRows';
import { matmul } from '../../kernels/matmul/matmul';
import { meanRows, spreadRows } from '../../kernels/meanRows/meanRows';
import { scatterRows } from '../../kernels/scatterRows/scatterRows';
import { softcap } from '../../kernels/softcap/softcap';
import { sumLoss } from '../../kernels/sumLoss/sumLoss';
import { stackedTargets, targetStride } from '../batch';
import { logitStride } from '../modules';
import { classBackward, classLogits, rowsOfRun } from './classHead';
import { normBackward, normForward } from './norm';
import type { Pass } from './pass';

/** Whether every row of a sequence is read, not that of its target alone. */
const readsAll = ({ head }: Pass['config']): boolean => head.kind === 'classes' && head.reads === 'mean';

/** Hidden states of the rows with a target, normed; or the mean of the normed ones of the target's sequence. */
export function headInput(pass: Pass): Op[] {
  const { device, config, batch, top } = pass;
  const { width, finalNorm } = config;
  if (readsAll(config)) {
    const { rows, meta, targetOfRow } = batch;
    const states = finalNorm ? top.normed : top.output;
    return [
      ...(finalNorm
        ? normForward(pass, finalNorm, { rows, x: top.output, out: states, stats: top.headStats!, width })
        : []),
      meanRows({ rows, meta, targetOfRow, x: states, out: top.headNormed, width }),
    ];
  }
  const rows = batch.supervised;
  const gathered = finalNorm ? top.headInput : top.headNormed;
  return [
    gatherRows(device, { rows, index: batch.targetRows, x: top.output, out: gathered, width }),
    ...(finalNorm
      ? normForward(pass, finalNorm, { rows, x: gathered, out: top.headNormed, stats: top.headStats!, width })
      : []),
  ];
}

/** Logits of chunk `i` of the rows with a target, where `logitsOf` says. */
export function chunkLogits(pass: Pass, i: number): Op[] {
  const { head } = pass.config;
  return head.kind === 'classes' ? classLogits(pass, head, i) : vocabularyLogits(pass, head, i);
}

/** `top.logits` [headChunk, stride], or of classes run `i`'s part of it. */
const logitsOf = (pass: Pass, i: number): Tensor =>
  pass.config.head.kind === 'classes' ? rowsOfRun(pass, pass.top.logits, i, logitStride(pass.config)) : pass.top.logits;

function vocabularyLogits(pass: Pass, { scale, softcap: cap }: VocabularyHead, i: number): Op[] {
  const { config: c, batch, top, weights } = pass;
  const a = chunkOf(top.headNormed, i, c.width, pass);
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

function vocabularyBackward(pass: Pass, { scale }: VocabularyHead, i: number): Op[] {
  const { config: c, batch, top, weights, grads } = pass;
  return weights.head.flatMap((part, p) =>
    matmul(pass.device, {
      label: 'head back',
      rows: batch.chunks[i],
      a: top.logits,
      w: part.weight,
      out: chunkOf(grads!.headNormed, i, c.width, pass),
      n: c.width,
      k: part.rows,
      scale,
      aStride: logitStride(c),
      aColumn: part.first,
      transposed: false,
      accumulate: p > 0,
    }),
  );
}

function chunkOf(tensor: Tensor, i: number, width: number, { batch: { capacity } }: Pass) {
  const first = i * capacity.headChunk;
  const rows = Math.min(capacity.headChunk, stackedTargets(capacity) - first);
  return tensor.slice(`${tensor.label}[${i}]`, 4 * first * width, 4 * rows * width);
}

/** From `grads.headNormed` to ∂L/∂(last residual stream) in `grads.residual`. */
function stateBackward(pass: Pass): Op[] {
  const { device, config: c, batch, top } = pass;
  const grads = pass.grads!;
  if (readsAll(c)) {
    const { rows, meta, targetOfRow } = batch;
    const gradX = c.finalNorm ? grads.normed : grads.residual;
    return [
      spreadRows({ rows, meta, targetOfRow, gradOut: grads.headNormed, gradX, width: c.width }),
      ...(c.finalNorm
        ? normBackward(pass, c.finalNorm, {
            rows,
            x: top.output,
            stats: top.headStats!,
            gradOut: grads.normed,
            gradX: grads.residual,
            width: c.width,
            accumulate: false,
          })
        : []),
    ];
  }
  return [
    ...(c.finalNorm
      ? normBackward(pass, c.finalNorm, {
          rows: batch.supervised,
          x: top.headInput,
          stats: top.headStats!,
          gradOut: grads.headNormed,
          gradX: grads.headInput,
          width: c.width,
          accumulate: false,
        })
      : []),
    scatterRows(device, {
      rows: batch.rows,
      inverse: batch.targetOfRow,
      x: c.finalNorm ? grads.headInput : grads.headNormed,
      out: grads.residual,
      width: c.width,
    }),
  ];
}

/**
 * Loss of every target, added to `batch.lossTotal`; with `gradient`, ∂L/∂(last residual stream) in `grads.residual`.
 */
export function headLoss(pass: Pass, gradient: boolean): Op[] {
  const { device, config: c, batch, top } = pass;
  const { head } = c;
  const back = gradient && pass.grads !== null;
  // Where runs have heads of their own, a pass of fewer runs has no rows in the other chunks.
  const all = head.kind === 'classes' ? batch.chunks.slice(0, pass.segments.length) : batch.chunks;
  const chunks = all.flatMap((rows, i): Op[] => [
    ...chunkLogits(pass, i),
    crossEntropy(device, {
      rows,
      targets: chunkOf(batch.targets, i, 1, pass),
      logits: logitsOf(pass, i),
      loss: chunkOf(top.loss, i, 1, pass),
      vocab: logitCount(c),
      stride: logitStride(c),
      gradient,
      ...(head.kind === 'classes' || head.softcap === null ? {} : { softcap: head.softcap }),
    }),
    ...(back ? (head.kind === 'classes' ? classBackward(pass, head, i) : vocabularyBackward(pass, head, i)) : []),
  ]);
  const stride = head.kind === 'classes' ? { stride: targetStride(batch.capacity) } : {};
  return [
    ...headInput(pass),
    ...chunks,
    sumLoss(device, { rows: batch.rows, loss: top.loss, total: batch.lossTotal, ...stride }),
    ...(back ? stateBackward(pass) : []),
  ];
}
