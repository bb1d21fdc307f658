type Numbers = ArrayLike<number>;

/** Log-sum-exp of the first `vocab` numbers of row `row`. */
function logSumExp(logits: Numbers, row: number, vocab: number, stride: number): number {
  let top = -Infinity;
  for (let i = 0; i < vocab; i++) top = Math.max(top, logits[row * stride + i]);
  let sum = 0;
  for (let i = 0; i < vocab; i++) sum += Math.exp(logits[row * stride + i] - top);
  return top + Math.log(sum);
}

/** loss [rows] in nats; NaN where the target is not below `vocab`. */
export function crossEntropyRef(logits: Numbers, targets: Numbers, vocab: number, stride: number): Float64Array {
  return Float64Array.from({ length: targets.length }, (_, row) =>
    targets[row] < vocab ? logSumExp(logits, row, vocab, stride) - logits[row * stride + targets[row]] : NaN,
  );
}

/** Gradient of Σ gradLoss·loss with respect to the logits [rows, stride]. */
export function crossEntropyBackwardRef(
  logits: Numbers,
  targets: Numbers,
  { vocab, stride, gradLoss }: { vocab: number; stride: number; gradLoss: Numbers },
): Float64Array {
  const gradient = new Float64Array(logits.length);
  for (let row = 0; row < targets.length; row++) {
    const lse = logSumExp(logits, row, vocab, stride);
    for (let i = 0; i < vocab; i++) {
      gradient[row * stride + i] =
        gradLoss[row] * (Math.exp(logits[row * stride + i] - lse) - Number(i === targets[row]));
    }
  }
  return gradient;
}
