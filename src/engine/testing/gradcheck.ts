/** Checks a backward reference against central differences of its forward reference, in f64. */
import { Rng } from '../../shared/rng';
import { expectCloseToMax } from './allclose';

/** An op as plain functions of flat arrays. What it does not differentiate (positions, sizes) is closed over. */
export interface DifferentiableOp {
  name: string;
  /** Lengths of the inputs, which are drawn from [−1, 1). */
  inputs: Record<string, number>;
  forward(inputs: Record<string, Float64Array>): ArrayLike<number>;
  /** The gradient of Σ gradOut · forward(inputs) with respect to every input. */
  backward(inputs: Record<string, Float64Array>, gradOut: Float64Array): Record<string, ArrayLike<number>>;
}

/** Half the distance of the two points: truncation (step²) and cancellation (2⁻⁵² / step) are both near 1e-10. */
const STEP = 1e-5;

/**
 * Fails when any entry of any gradient differs from the central difference by more than 1e-6 of the largest.
 */
export function checkGradient(op: DifferentiableOp, seed = 1): void {
  const rng = new Rng(seed);
  const draw = (length: number) => Float64Array.from({ length }, () => rng.uniform(-1, 1));
  const inputs = Object.fromEntries(Object.entries(op.inputs).map(([name, length]) => [name, draw(length)]));
  const gradOut = draw(op.forward(inputs).length);
  const loss = () => {
    const out = op.forward(inputs);
    return gradOut.reduce((sum, g, i) => sum + g * out[i], 0);
  };
  const gradients = op.backward(inputs, gradOut);
  for (const [name, x] of Object.entries(inputs)) {
    const differences = x.map((value, i) => {
      x[i] = value + STEP;
      const above = loss();
      x[i] = value - STEP;
      const below = loss();
      x[i] = value;
      return (above - below) / (2 * STEP);
    });
    expectCloseToMax(gradients[name], differences, 1e-6, `${op.name}: gradient of ${name}`);
  }
}
