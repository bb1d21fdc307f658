type Numbers = ArrayLike<number>;

/** cap · tanh(x / cap), entry by entry. */
export const softcapRef = (x: Numbers, cap: number): Float64Array =>
  Float64Array.from(x, (v) => cap * Math.tanh(v / cap));

/** Gradient with respect to x. */
export const softcapBackwardRef = (x: Numbers, cap: number, gradOut: Numbers): Float64Array =>
  Float64Array.from(x, (v, i) => gradOut[i] * (1 - Math.tanh(v / cap) ** 2));
