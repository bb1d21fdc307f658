// exp and log in f32. No std Math in here: its tables would be static data.
import { constants, exp2, exp3, exp4th, exp5, expLow, half, ln2High, ln2Low, log2e, magic, one } from './constants.as';

/**
 * e^x of four numbers up to 88, off by at most 1.2 ulp. 0 below −87, where f32 runs out of normal numbers. NaN stays
 * NaN. With x = n · ln 2 + r and |r| ≤ ln 2 / 2 it is 2^n + 2^n · r · p(r), where p meets (e^r − 1) / r at Chebyshev's
 * nodes.
 */
@inline export function exp4(x: v128, c: usize): v128 {
  const t = f32x4.add(f32x4.mul(x, log2e(c)), magic(c));
  const n = f32x4.sub(t, magic(c));
  const power = i32x4.shl(t, 23);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2High(c))), f32x4.mul(n, ln2Low(c)));
  let p = f32x4.add(f32x4.mul(exp5(c), r), exp4th(c));
  p = f32x4.add(f32x4.mul(p, r), exp3(c));
  p = f32x4.add(f32x4.mul(p, r), exp2(c));
  p = f32x4.add(f32x4.mul(p, r), half(c));
  p = f32x4.add(f32x4.mul(p, r), one(c));
  const y = f32x4.add(power, f32x4.mul(f32x4.mul(r, power), p));
  return v128.andnot(y, f32x4.lt(x, expLow(c)));
}

/** tanh of four numbers, right to 1e-7 of 1, and of x where that is small. NaN stays NaN. */
@inline export function tanh4(x: v128, c: usize): v128 {
  const size = f32x4.abs(x), squares = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(squares, f32x4.splat(0.0218694885)), f32x4.splat(-0.0539682540));
  p = f32x4.add(f32x4.mul(squares, p), f32x4.splat(0.133333333));
  p = f32x4.add(f32x4.mul(squares, p), f32x4.splat(-0.333333333));
  // By its series near 0, where exp would cancel.
  const near = f32x4.add(x, f32x4.mul(x, f32x4.mul(squares, p)));
  const held = f32x4.pmin(size, f32x4.splat(10));
  const far = f32x4.sub(one(c), f32x4.div(f32x4.splat(2), f32x4.add(one(c), exp4(f32x4.add(held, held), c))));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.25)));
}

/** `exp4` of one number. */
@inline export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x), constants()), 0);
}

/**
 * x ← exp(scale · x − shift) for `count` numbers, a multiple of 16, from `from` to `to` (which may be the same); gives
 * their sum. Sixteen at a time.
 */
export function expOf(from: usize, to: usize, count: u32, scale: f32, shift: f32): f32 {
  const by = f32x4.splat(scale), less = f32x4.splat(shift);
  const c = constants();
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (const end = from + 4 * count; from < end; from += 64, to += 64) {
    const p0 = exp4(f32x4.sub(f32x4.mul(v128.load(from), by), less), c);
    const p1 = exp4(f32x4.sub(f32x4.mul(v128.load(from, 16), by), less), c);
    const p2 = exp4(f32x4.sub(f32x4.mul(v128.load(from, 32), by), less), c);
    const p3 = exp4(f32x4.sub(f32x4.mul(v128.load(from, 48), by), less), c);
    s0 = f32x4.add(s0, p0); s1 = f32x4.add(s1, p1); s2 = f32x4.add(s2, p2); s3 = f32x4.add(s3, p3);
    v128.store(to, p0); v128.store(to, p1, 16); v128.store(to, p2, 32); v128.store(to, p3, 48);
  }
  return sumOf(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/**
 * Natural logarithm of a positive normal number, right to the last bit but for ties: computed in f64. NaN and ∞ stay.
 */
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
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** `sumOf` of four vectors at once, the same bits. */
@inline export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const u0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), u1 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const v0 = v128.shuffle<i32>(a, b, 2, 6, 3, 7), v1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const u = f32x4.add(v128.shuffle<i32>(u0, u1, 0, 1, 4, 5), v128.shuffle<i32>(u0, u1, 2, 3, 6, 7));
  const v = f32x4.add(v128.shuffle<i32>(v0, v1, 0, 1, 4, 5), v128.shuffle<i32>(v0, v1, 2, 3, 6, 7));
  return f32x4.add(u, v);
}
