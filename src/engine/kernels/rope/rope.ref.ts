/** What turns how far. */
interface Rotation {
  headDim: number;
  /** Numbers of a head that turn, from its first on. */
  rotary: number;
  /** Angle per position of every pair (i, i + rotary/2). */
  frequencies: ArrayLike<number>;
  /** Of the lengths. */
  factor?: number;
}

/** Turns every pair of x [rows, heads·headDim] by sign · position · frequency. */
function rotate(
  x: ArrayLike<number>,
  positions: ArrayLike<number>,
  { headDim, rotary, frequencies, factor = 1, sign }: Rotation & { sign: number },
): Float64Array {
  const width = x.length / positions.length;
  const half = rotary / 2;
  return Float64Array.from({ length: x.length }, (_, at) => {
    const d = (at % width) % headDim;
    if (d >= rotary) return x[at];
    const angle = sign * positions[Math.floor(at / width)] * frequencies[d % half];
    return (
      factor *
      (d < half
        ? x[at] * Math.cos(angle) - x[at + half] * Math.sin(angle)
        : x[at] * Math.cos(angle) + x[at - half] * Math.sin(angle))
    );
  });
}

/** x [rows, heads·headDim], positions [rows] → the rotated x. */
export function ropeRef(x: ArrayLike<number>, positions: ArrayLike<number>, rotation: Rotation): Float64Array {
  return rotate(x, positions, { ...rotation, sign: 1 });
}

/** Gradient with respect to x: the rotation back. */
export function ropeBackwardRef(
  gradOut: ArrayLike<number>,
  positions: ArrayLike<number>,
  rotation: Rotation,
): Float64Array {
  return rotate(gradOut, positions, { ...rotation, sign: -1 });
}
