/** Rotates every pair (i, i + headDim/2) of x [rows, heads·headDim] by sign · position / theta^(2i/headDim). */
function rotate(
  x: ArrayLike<number>,
  positions: ArrayLike<number>,
  { headDim, theta, sign }: { headDim: number; theta: number; sign: number },
): Float64Array {
  const width = x.length / positions.length;
  const half = headDim / 2;
  return Float64Array.from({ length: x.length }, (_, at) => {
    const d = (at % width) % headDim;
    const i = d % half;
    const angle = (sign * positions[Math.floor(at / width)]) / theta ** ((2 * i) / headDim);
    return d < half
      ? x[at] * Math.cos(angle) - x[at + half] * Math.sin(angle)
      : x[at] * Math.cos(angle) + x[at - half] * Math.sin(angle);
  });
}

/** x [rows, heads·headDim], positions [rows] → the rotated x. */
export function ropeRef(
  x: ArrayLike<number>,
  positions: ArrayLike<number>,
  headDim: number,
  theta: number,
): Float64Array {
  return rotate(x, positions, { headDim, theta, sign: 1 });
}

/** Gradient with respect to x: the rotation back. */
export function ropeBackwardRef(
  gradOut: ArrayLike<number>,
  positions: ArrayLike<number>,
  headDim: number,
  theta: number,
): Float64Array {
  return rotate(gradOut, positions, { headDim, theta, sign: -1 });
}
