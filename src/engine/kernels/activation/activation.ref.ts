import type { ActivationKind } from '../../../shared/layers';

type Numbers = ArrayLike<number>;

/** erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms have one sign; beyond 6 it is ±1 in f64. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const C = Math.sqrt(2 / Math.PI);

/** f(x) and f′(x). */
const functions: Record<ActivationKind, (x: number) => [value: number, slope: number]> = {
  silu: (x) => {
    const s = logistic(x);
    return [x * s, s + x * s * (1 - s)];
  },
  gelu: (x) => {
    const share = (1 + erf(x / Math.SQRT2)) / 2;
    return [x * share, share + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)];
  },
  geluTanh: (x) => {
    const t = Math.tanh(C * (x + 0.044715 * x ** 3));
    return [(x * (1 + t)) / 2, (1 + t) / 2 + (x / 2) * (1 - t * t) * C * (1 + 3 * 0.044715 * x * x)];
  },
  relu: (x) => [Math.max(x, 0), Number(x > 0)],
};

/** f(x), entry by entry. */
export function activationRef(kind: ActivationKind, x: Numbers): Float64Array {
  return Float64Array.from(x, (v) => functions[kind](v)[0]);
}

/** Gradient with respect to x. */
export function activationBackwardRef(kind: ActivationKind, x: Numbers, gradOut: Numbers): Float64Array {
  return Float64Array.from(x, (v, i) => gradOut[i] * functions[kind](v)[1]);
}

/** f(gate) · up, entry by entry. */
export function gatedActivationRef(kind: ActivationKind, gate: Numbers, up: Numbers): Float64Array {
  return activationRef(kind, gate).map((v, i) => v * up[i]);
}

/** Gradients with respect to gate and up. */
export function gatedActivationBackwardRef(
  kind: ActivationKind,
  { gate, up }: { gate: Numbers; up: Numbers },
  gradOut: Numbers,
): { gradGate: Float64Array; gradUp: Float64Array } {
  return {
    gradGate: activationBackwardRef(kind, gate, gradOut).map((g, i) => g * up[i]),
    gradUp: activationRef(kind, gate).map((v, i) => v * gradOut[i]),
  };
}
