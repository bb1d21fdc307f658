type Numbers = ArrayLike<number>;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** `gate · sigmoid(gate) · up`. */
export function swigluRef(gate: Numbers, up: Numbers): Float64Array {
  return Float64Array.from({ length: gate.length }, (_, i) => gate[i] * sigmoid(gate[i]) * up[i]);
}

/** Gradients with respect to gate and up. */
export function swigluBackwardRef(
  gate: Numbers,
  up: Numbers,
  gradOut: Numbers,
): { gradGate: Float64Array; gradUp: Float64Array } {
  const gradGate = new Float64Array(gate.length);
  const gradUp = new Float64Array(gate.length);
  for (let i = 0; i < gate.length; i++) {
    const s = sigmoid(gate[i]);
    gradUp[i] = gradOut[i] * gate[i] * s;
    gradGate[i] = gradOut[i] * up[i] * (s + gate[i] * s * (1 - s));
  }
  return { gradGate, gradUp };
}
