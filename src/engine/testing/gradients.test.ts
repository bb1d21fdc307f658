/**
 * The list of differentiable ops. Every backward reference in kernels/ must stand here: the last test looks through
 * the folders, so that a new op cannot be forgotten.
 */
import { describe, expect, it } from 'vitest';
import {
  activationBackwardRef,
  activationRef,
  gatedActivationBackwardRef,
  gatedActivationRef,
} from '../kernels/activation/activation.ref';
import { attentionBackwardRef, attentionRef } from '../kernels/attention/attention.ref';
import { crossEntropyBackwardRef, crossEntropyRef } from '../kernels/crossEntropy/crossEntropy.ref';
import { gatherRowsBackwardRef, gatherRowsRef } from '../kernels/gatherRows/gatherRows.ref';
import { layerNormBackwardRef, layerNormRef } from '../kernels/layerNorm/layerNorm.ref';
import { matmulRef } from '../kernels/matmul/matmul.ref';
import { meanRowsBackwardRef, meanRowsRef } from '../kernels/meanRows/meanRows.ref';
import { rmsNormBackwardRef, rmsNormRef } from '../kernels/rmsNorm/rmsNorm.ref';
import { ropeBackwardRef, ropeRef } from '../kernels/rope/rope.ref';
import { NOWHERE, scatterRowsBackwardRef, scatterRowsRef } from '../kernels/scatterRows/scatterRows.ref';
import { softcapBackwardRef, softcapRef } from '../kernels/softcap/softcap.ref';
import { linearBackwardRef, linearRef } from '../kernels/weightGrad/weightGrad.ref';
import { checkGradient, type DifferentiableOp } from './gradcheck';
import { rowMeta } from './rows';

const weight = [0.5, -1.5, 2, 0.1, 1, -0.3, 0.7, 1.1];
const heads = { meta: rowMeta([5, 1, 4]), heads: 4, kvHeads: 2, headDim: 4 };
const positions = [0, 1, 7, 4095];
const rotation = { headDim: 6, rotary: 4, frequencies: [1, 0.01], factor: 1.2 };
const targets = [3, 0, 6];
const index = [2, 0, 2, 5];
const inverse = [NOWHERE, 2, 0, NOWHERE, 1];

/** x [3, k] · W [n, k]ᵀ, or · W [k, n], by the reference of the matmul kernel. */
function matmul(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  { n, k, transposed }: { n: number; k: number; transposed: boolean },
): Float64Array {
  const out = new Float64Array(3 * n);
  matmulRef(out, x, w, { index: [0, 1, 2], options: { n, k, transposed, accumulate: false, scale: 0.5 } });
  return out;
}
const frozen = [1, -2, 0.5, 3, -0.25, 1.5, 2, -1];

const ops: DifferentiableOp[] = [
  ...[{}, { window: 3, softcap: 0.7, scale: 0.9 }, { causal: false, window: 2 }].map(
    (how): DifferentiableOp => ({
      name: 'attention',
      inputs: { q: 10 * 16, k: 10 * 8, v: 10 * 8 },
      forward: ({ q, k, v }) => attentionRef({ ...heads, ...how, q, k, v }).out,
      backward: ({ q, k, v }, gradOut) => {
        const { gradQ, gradK, gradV } = attentionBackwardRef({ ...heads, ...how, q, k, v }, gradOut);
        return { q: gradQ, k: gradK, v: gradV };
      },
    }),
  ),
  {
    name: 'crossEntropy',
    inputs: { logits: 3 * 8 },
    forward: ({ logits }) => crossEntropyRef(logits, targets, 7, 8),
    backward: ({ logits }, gradOut) => ({
      logits: crossEntropyBackwardRef(logits, targets, { vocab: 7, stride: 8, gradLoss: gradOut }),
    }),
  },
  {
    name: 'gatherRows',
    inputs: { x: 6 * 4 },
    forward: ({ x }) => gatherRowsRef(index, x, 4),
    backward: (_, gradOut) => ({ x: gatherRowsBackwardRef(index, gradOut, 6, 4) }),
  },
  {
    name: 'layerNorm',
    inputs: { x: 3 * 8 },
    forward: ({ x }) => layerNormRef(x, { weight, bias: weight, eps: 1e-5 }).out,
    backward: ({ x }, gradOut) => ({ x: layerNormBackwardRef(x, { weight, eps: 1e-5 }, gradOut) }),
  },
  {
    name: 'matmul',
    inputs: { x: 3 * 4 },
    forward: ({ x }) => matmul(x, frozen, { n: 2, k: 4, transposed: true }),
    backward: (_, gradOut) => ({ x: matmul(gradOut, frozen, { n: 4, k: 2, transposed: false }) }),
  },
  {
    name: 'linear',
    inputs: { weight: 2 * 4, bias: 2 },
    forward: ({ weight: w, bias }) => linearRef(frozen.slice(0, 8), w, bias),
    backward: (_, gradOut) => linearBackwardRef(frozen.slice(0, 8), gradOut, { n: 2, k: 4 }),
  },
  {
    name: 'rmsNorm',
    inputs: { x: 3 * 8 },
    forward: ({ x }) => rmsNormRef(x, weight, 1e-5).out,
    backward: ({ x }, gradOut) => ({ x: rmsNormBackwardRef(x, weight, 1e-5, gradOut) }),
  },
  {
    name: 'rope',
    inputs: { x: 4 * 2 * 6 },
    forward: ({ x }) => ropeRef(x, positions, rotation),
    backward: (_, gradOut) => ({ x: ropeBackwardRef(gradOut, positions, rotation) }),
  },
  {
    name: 'meanRows',
    inputs: { x: 9 * 3 },
    forward: ({ x }) => meanRowsRef(x, [0, 4, 5, 9], [2, 0], 3),
    backward: (_, gradOut) => ({ x: meanRowsBackwardRef(gradOut, [0, 4, 5, 9], [2, 0], 3) }),
  },
  {
    name: 'scatterRows',
    inputs: { x: 3 * 4 },
    forward: ({ x }) => scatterRowsRef(inverse, x, 4),
    backward: (_, gradOut) => ({ x: scatterRowsBackwardRef(inverse, gradOut, 3, 4) }),
  },
  {
    name: 'softcap',
    inputs: { x: 24 },
    forward: ({ x }) => softcapRef(x, 0.7),
    backward: ({ x }, gradOut) => ({ x: softcapBackwardRef(x, 0.7, gradOut) }),
  },
  ...(['silu', 'gelu', 'geluTanh', 'relu'] as const).flatMap((kind): DifferentiableOp[] => [
    {
      name: 'activation',
      inputs: { x: 24 },
      forward: ({ x }) => activationRef(kind, x),
      backward: ({ x }, gradOut) => ({ x: activationBackwardRef(kind, x, gradOut) }),
    },
    {
      name: 'gatedActivation',
      inputs: { gate: 24, up: 24 },
      forward: ({ gate, up }) => gatedActivationRef(kind, gate, up),
      backward: ({ gate, up }, gradOut) => {
        const { gradGate, gradUp } = gatedActivationBackwardRef(kind, { gate, up }, gradOut);
        return { gate: gradGate, up: gradUp };
      },
    },
  ]),
];

describe('gradients of the references', () => {
  for (const op of ops) it(op.name, () => checkGradient(op));

  it('are checked for every backward reference there is', () => {
    const files = import.meta.glob<Record<string, unknown>>('../kernels/*/*.ref.ts', { eager: true });
    const backwards = Object.values(files)
      .flatMap((exports) => Object.keys(exports))
      .filter((name) => name.endsWith('BackwardRef'));
    expect(backwards.length).toBeGreaterThan(0);
    expect(ops.map((op) => `${op.name}BackwardRef`)).toEqual(expect.arrayContaining(backwards));
  });
});
