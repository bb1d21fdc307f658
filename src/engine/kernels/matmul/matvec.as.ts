// A product (see matmul.as.ts) with the few rows of decoding and W [n, k]: every output is one sum along W's row, so
// nothing is packed. Four columns at a time, the lanes along k; items are panels of 8 columns, as of `rowNormSquared`.
// A row's sums do not depend on how many rows there are.
import { constants, halfBits, halfPower } from '../constants.as';
import { sumsOfLanes } from '../math.as';
import { rowAt } from '../rows/rows.as';
import { SCRATCH_BYTES, scratchAddress } from '../scratch.as';
import { put } from './put.as';
import { isQuantised, unpack } from './quantised.as';
import { fourHalves, loadQuad } from './weight.as';

export function matvec(
  a: usize, aStride: u32, w: usize, form: u32, out: usize, outStride: u32,
  n: u32, k: u32, scale: f32, accumulate: bool, residual: usize, bias: usize, rowNormSquared: usize,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  const panels = (n + 7) / 8;
  const base = accumulate ? out : residual;
  const s = f32x4.splat(scale);
  const half = form == 1;
  // Several rows share the work of reading f16; blocks are read once in any case.
  const unpacks = isQuantised(form) || (half && rows > 1 && k <= <u32>SCRATCH_BYTES / 32);
  const packed = half && !unpacks;
  const column: usize = k * (packed ? 2 : 4);
  for (let p = from; p < to; p++) {
    const wide = p * 8 + 4 < n;
    const first = <usize>p * 8 * k;
    let y = w + first * (half ? 2 : 4);
    if (unpacks) {
      y = scratchAddress();
      const size: u32 = k * (wide ? 8 : 4);
      if (isQuantised(form)) unpack(w, form, <u32>first, size, y);
      else for (let i: u32 = 0; i < size; i += 4) v128.store(y + 4 * i, loadQuad(w, <u32>first + i, true));
    }
    for (let i: u32 = 0; i < rows; i++) {
      const row = rowAt(i, list, rowsOfSegment, stride);
      const x = a + 4 * <usize>row * aStride;
      const u = packed ? ofHalves(x, y, column, k) : ofFloats(x, y, column, k);
      let v = f32x4.splat(0);
      if (wide) v = packed ? ofHalves(x, y + 4 * column, column, k) : ofFloats(x, y + 4 * column, column, k);
      put(out, base, bias, rowNormSquared, row, p, panels, outStride, wide, f32x4.mul(s, u), f32x4.mul(s, v));
    }
  }
}

// Functions of their own, and not inlined: there are registers for one such loop.
function ofFloats(x: usize, w: usize, column: usize, k: u32): v128 { return fourSums(x, w, column, k, false); }
function ofHalves(x: usize, w: usize, column: usize, k: u32): v128 { return fourSums(x, w, column, k, true); }

/**
 * x · the columns at w, w + column, …: even quads of k in one sum, odd ones in another, so that the adders keep busy.
 */
@inline function fourSums(x: usize, w: usize, column: usize, k: u32, half: bool): v128 {
  let w0 = w, w1 = w0 + column, w2 = w1 + column, w3 = w2 + column;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  const bits = halfBits(constants()), power = halfPower(constants());
  const step: usize = half ? 16 : 32;
  const end = x + 4 * k;
  for (; x + 32 <= end; x += 32) {
    const even = v128.load(x), odd = v128.load(x, 16);
    s0 = f32x4.add(s0, f32x4.mul(even, evenQuad(w0, half, bits, power)));
    t0 = f32x4.add(t0, f32x4.mul(odd, oddQuad(w0, half, bits, power)));
    s1 = f32x4.add(s1, f32x4.mul(even, evenQuad(w1, half, bits, power)));
    t1 = f32x4.add(t1, f32x4.mul(odd, oddQuad(w1, half, bits, power)));
    s2 = f32x4.add(s2, f32x4.mul(even, evenQuad(w2, half, bits, power)));
    t2 = f32x4.add(t2, f32x4.mul(odd, oddQuad(w2, half, bits, power)));
    s3 = f32x4.add(s3, f32x4.mul(even, evenQuad(w3, half, bits, power)));
    t3 = f32x4.add(t3, f32x4.mul(odd, oddQuad(w3, half, bits, power)));
    w0 += step; w1 += step; w2 += step; w3 += step;
  }
  if (x < end) {
    const even = v128.load(x);
    s0 = f32x4.add(s0, f32x4.mul(even, evenQuad(w0, half, bits, power)));
    s1 = f32x4.add(s1, f32x4.mul(even, evenQuad(w1, half, bits, power)));
    s2 = f32x4.add(s2, f32x4.mul(even, evenQuad(w2, half, bits, power)));
    s3 = f32x4.add(s3, f32x4.mul(even, evenQuad(w3, half, bits, power)));
  }
  return sumsOfLanes(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
}

@inline function evenQuad(w: usize, half: bool, bits: v128, power: v128): v128 {
  return half ? fourHalves(v128.load16x4_s(w), bits, power) : v128.load(w);
}
@inline function oddQuad(w: usize, half: bool, bits: v128, power: v128): v128 {
  return half ? fourHalves(v128.load16x4_s(w, 8), bits, power) : v128.load(w, 16);
}
