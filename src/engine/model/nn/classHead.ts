/**
 * Logits of classes from the normed hidden state of one token of each sequence, and back. Every run has a classifier of
 * its own, so a chunk is a run's rows; what is trained of the head gets its gradients on the way back.
 */
import type { ClassHead, LinearDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { activation, activationBackward } from '../../kernels/activation/activation';
import { copyRows } from '../../kernels/copyRows/copyRows';
import { matmul } from '../../kernels/matmul/matmul';
import type { Weight } from '../../kernels/matmul/weight';
import { softcap, softcapBackward } from '../../kernels/softcap/softcap';
import { weightGrad } from '../../kernels/weightGrad/weightGrad';
import { paddedOutputs } from '../../adapters/wholeModules';
import { logitStride } from '../modules';
import { biasOf, matrixOf } from '../weights';
import { normBackward, normForward } from './norm';
import type { Pass } from './pass';

/** tanh is what holds values within ±1. */
const TANH = { cap: 1 };

/** The part of a tensor [rows with a target, width] that is run `i`'s. */
export function rowsOfRun({ batch: { capacity } }: Pass, tensor: Tensor, i: number, width: number): Tensor {
  const bytes = 4 * capacity.headChunk * width;
  return tensor.slice(`${tensor.label}[${i}]`, i * bytes, bytes);
}

/** A module of the head as run `i` has it: its own, or the frozen base's. */
function moduleOf(pass: Pass, i: number, linear: LinearDescription) {
  const whole = (pass.segments[i]?.whole.values ?? pass.weights.whole).get(linear.path);
  const frozen = () => ({ w: matrixOf(pass.weights, linear), bias: biasOf(pass.weights, linear) });
  const weights: { w: Tensor | Weight; bias?: Tensor } = whole
    ? { w: whole.weight, bias: whole.bias ?? undefined }
    : frozen();
  return { ...weights, grads: pass.segments[i]?.whole.grads.get(linear.path) ?? null, outputs: paddedOutputs(linear) };
}

/** What a chunk's operations work on. */
function chunk(pass: Pass, head: ClassHead, i: number) {
  const { top, batch, config } = pass;
  const { dense } = head;
  const inner = dense?.linear.dOut ?? 0;
  const own = (tensor: Tensor, width: number) => rowsOfRun(pass, tensor, i, width);
  const act = dense && own(top.headAct!, inner);
  const state = own(top.headNormed, config.width);
  return {
    rows: batch.chunks[i],
    own,
    inner,
    state,
    act,
    read: dense?.norm ? own(top.denseNormed!, inner) : (act ?? state),
    logits: own(top.logits, logitStride(config)),
  };
}

function linearForward(pass: Pass, i: number, linear: LinearDescription, { x, y }: { x: Tensor; y: Tensor }): Op[] {
  const { w, bias, outputs } = moduleOf(pass, i, linear);
  return matmul(pass.device, {
    label: 'head',
    rows: pass.batch.chunks[i],
    a: x,
    w,
    out: y,
    n: outputs,
    k: linear.dIn,
    transposed: true,
    bias,
  });
}

function linearBackward(
  pass: Pass,
  i: number,
  linear: LinearDescription,
  { x, gradOut, gradIn }: { x: Tensor; gradOut: Tensor; gradIn: Tensor },
): Op[] {
  const { w, grads, outputs } = moduleOf(pass, i, linear);
  const rows = pass.batch.chunks[i];
  const learns = grads
    ? [
        weightGrad(pass.device, {
          rows,
          gradOut,
          x,
          n: outputs,
          k: linear.dIn,
          gradWeight: grads.weight,
          gradBias: grads.bias,
        }),
      ]
    : [];
  return [
    ...learns,
    ...matmul(pass.device, {
      label: 'head back',
      rows,
      a: gradOut,
      w,
      out: gradIn,
      n: linear.dIn,
      k: outputs,
      transposed: false,
    }),
  ];
}

/** Logits of run `i`'s rows. */
export function classLogits(pass: Pass, head: ClassHead, i: number): Op[] {
  const { dense, classifier } = head;
  const { rows, own, inner, state, act, read, logits } = chunk(pass, head, i);
  const classified = linearForward(pass, i, classifier, { x: read, y: logits });
  if (!dense) return classified;
  const { device, top } = pass;
  const raw = own(top.headDense!, inner);
  return [
    ...linearForward(pass, i, dense.linear, { x: state, y: raw }),
    ...(dense.activation === 'tanh'
      ? [
          copyRows(device, { rows, x: raw, out: act!, width: inner }),
          softcap(device, { rows, x: act!, width: inner, ...TANH }),
        ]
      : [activation(device, { kind: dense.activation, rows, width: inner, x: raw, out: act! })]),
    ...(dense.norm
      ? normForward(pass, dense.norm, {
          rows,
          x: act!,
          out: read,
          stats: own(top.denseStats!, dense.norm.kind === 'layer' ? 2 : 1),
          width: inner,
        })
      : []),
    ...classified,
  ];
}

/** From the gradient of run `i`'s logits, in their place, to its rows of `grads.headNormed`. */
export function classBackward(pass: Pass, head: ClassHead, i: number): Op[] {
  const { dense, classifier } = head;
  const { rows, own, inner, state, act, read, logits } = chunk(pass, head, i);
  const { device, top, config } = pass;
  const grads = pass.grads!;
  const gradState = own(grads.headNormed, config.width);
  if (!dense) return linearBackward(pass, i, classifier, { x: read, gradOut: logits, gradIn: gradState });
  const [gradRaw, gradAct] = [own(grads.headDense!, inner), own(grads.headAct!, inner)];
  const gradRead = dense.norm ? own(grads.denseNormed!, inner) : gradAct;
  return [
    ...linearBackward(pass, i, classifier, { x: read, gradOut: logits, gradIn: gradRead }),
    ...(dense.norm
      ? normBackward(pass, dense.norm, {
          rows,
          x: act!,
          stats: own(top.denseStats!, dense.norm.kind === 'layer' ? 2 : 1),
          gradOut: gradRead,
          gradX: gradAct,
          width: inner,
          accumulate: false,
        })
      : []),
    dense.activation === 'tanh'
      ? softcapBackward(device, { rows, y: act!, gradOut: gradAct, gradX: gradRaw, width: inner, ...TANH })
      : activationBackward(device, {
          kind: dense.activation,
          rows,
          width: inner,
          x: own(top.headDense!, inner),
          gradOut: gradAct,
          gradX: gradRaw,
          out: act!,
        }),
    ...linearBackward(pass, i, dense.linear, { x: state, gradOut: gradRaw, gradIn: gradState }),
  ];
}
