/**
 * Activations in WGSL: f(x) = x · share(x), and a gradient times f′(x). Their twins on the CPU are in activation.as.ts,
 * with the same numbers.
 */
import type { ActivationKind } from '../../../shared/layers';

const logistic = /* wgsl */ `// The logistic function. Below −80 its value (under 1e-34) is held there, so that exp stays finite.
fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(min(-x, vec4f(80.0)))); }
`;

const silu = /* wgsl */ `${logistic}
// SiLU.
fn share(x: vec4f) -> vec4f { return sigmoid(x); }
fn timesSlope(by: vec4f, x: vec4f, s: vec4f) -> vec4f { return by * s * (1.0 + x * (1.0 - s)); }
`;

const gelu = /* wgsl */ `// GELU: the share is the normal distribution Φ, its slope the density φ. With t = 1 / (1 + 0.35 |x|) the tail
// Φ(−|x|) is exp(−x²/2) · t · p(t), where p meets the rest at Chebyshev's nodes of 0 ≤ |x| ≤ 8.5: off by 1e-8 at most.
// Beyond 13 the tail is 0.
fn squareOf(x: vec4f) -> vec4f {
  let held = clamp(x, vec4f(-14.0), vec4f(14.0));
  return held * held;
}
fn share(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.35 * abs(x));
  var p = -0.0270322859 * t + 0.133368671;
  p = p * t - 0.233023062;
  p = p * t + 0.132170498;
  p = p * t - 0.00360470056;
  p = p * t + 0.0967691988;
  p = p * t + 0.122199908;
  p = p * t + 0.139508054;
  p = p * t + 0.139643729;
  let tail = exp(-0.5 * squareOf(x)) * (t * p);
  return select(1.0 - tail, tail, x < vec4f());
}
fn timesSlope(by: vec4f, x: vec4f, s: vec4f) -> vec4f {
  return by * (s + x * (0.3989422804 * exp(-0.5 * squareOf(x))));
}
`;

const geluTanh = /* wgsl */ `${logistic}
// GELU by tanh (Hendrycks & Gimpel 2016): ½ (1 + tanh u) is sigmoid(2u), with 2u = 2 √(2/π) (x + 0.044715 x³).
fn twiceU(x: vec4f) -> vec4f { return x * (1.5957691216 + 0.0713548163 * x * x); }
fn share(x: vec4f) -> vec4f { return sigmoid(twiceU(x)); }
fn timesSlope(by: vec4f, x: vec4f, s: vec4f) -> vec4f {
  // sigmoid(−2u) is 1 − s without its cancellation.
  return by * (s + x * (1.5957691216 + 0.2140644489 * x * x) * (s * sigmoid(-twiceU(x))));
}
`;

const relu = /* wgsl */ `// ReLU: all of what is above 0, with the slope 0 at 0. NaN stays NaN, being multiplied.
fn share(x: vec4f) -> vec4f { return select(vec4f(), vec4f(1), x > vec4f()); }
fn timesSlope(by: vec4f, x: vec4f, s: vec4f) -> vec4f { return by * s; }
`;

/** WGSL that defines `share` and `timesSlope`. */
export const activations: Record<ActivationKind, string> = { silu, gelu, geluTanh, relu };
