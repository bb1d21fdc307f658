// exp and log in f32. No std Math in here: its tables would be static data.

/**
 * e^x of four numbers, off by at most 2 ulp. 0 below −87, where f32 runs out of normal numbers; held at e^88.37 above.
 * NaN stays NaN. Polynomial: Cephes' expf (Moshier), on x − n·ln 2 with |…| ≤ ln 2 / 2.
 */
@inline export function exp4(x: v128): v128 {
  // pmin and not min: one instruction, and it keeps a NaN in its first operand.
  const y = f32x4.pmin(x, f32x4.splat(88.37));
  // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the lowest bits.
  const t = f32x4.add(f32x4.mul(y, f32x4.splat(1.44269504088896341)), f32x4.splat(12582912));
  const n = f32x4.sub(t, f32x4.splat(12582912));
  // ln 2 in two parts; n times the first is exact.
  const r = f32x4.sub(f32x4.sub(y, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.9875691500e-4), r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.add(i32x4.shl(t, 23), i32x4.splat(0x3f800000));  // 2^n
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(-87)));
}

/** `exp4` of one number. */
@inline export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** Natural logarithm of a positive normal number, right to the last bit but for ties: computed in f64. NaN and ∞ stay. */
export function log1(x: f32): f32 {
  if (!(x < Infinity)) return x;
  // x = m · 2^e with m within [√½, √2).
  const bits = reinterpret<u32>(x) - 0x3f3504f3;
  const e = <i32>bits >> 23;
  const m = <f64>reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3);
  const s = (m - 1) / (m + 1);
  const z = s * s;
  // log m = 2 · artanh s.
  const series = 1 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z / 13)))));
  return <f32>(<f64>e * 0.6931471805599453 + 2 * s * series);
}

/** Sum of the four numbers, largest of them. */
@inline export function sumOf(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
@inline export function maxOf(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}
