// Inverted dropout of rows [from, to) of a pass; see dropout.wgsl.
import { rowAt } from '../rows/rows.as';

/** hash.wgsl's mixBits. */
@inline function mixBits(value: u32): u32 {
  let v = value;
  v = (v ^ (v >> 16)) * 0x21f0aaad;
  v = (v ^ (v >> 15)) * 0x735a2d97;
  return v ^ (v >> 15);
}

/** Of four numbers. */
@inline function mixQuad(value: v128): v128 {
  let v = value;
  v = i32x4.mul(v128.xor(v, i32x4.shr_u(v, 16)), i32x4.splat(0x21f0aaad));
  v = i32x4.mul(v128.xor(v, i32x4.shr_u(v, 15)), i32x4.splat(0x735a2d97));
  return v128.xor(v, i32x4.shr_u(v, 15));
}

/**
 * `key` 0: nothing is dropped; rows of which a hash is below `rowsBelow` are dropped whole. `first`: rows of the same
 * mask before these.
 */
export function dropout(
  x: usize, out: usize, width: u32, key: u32, first: u32, salt: u32, dropBelow: u32, rowsBelow: u32, scale: f32,
  add: bool,
  list: usize, rowsOfSegment: u32, stride: u32, from: u32, to: u32,
): void {
  const s = f32x4.splat(scale);
  const below = i32x4.splat(dropBelow);
  for (let i = from; i < to; i++) {
    const row = rowAt(i, list, rowsOfSegment, stride);
    const ofRow = mixBits(mixBits(mixBits(key) + salt) + first + row);
    let columns = i32x4.add(i32x4.splat(ofRow), i32x4(0, 1, 2, 3));
    let at = 4 * <usize>row * width;
    if (key != 0 && mixBits(ofRow ^ 0x3c6ef372) < rowsBelow) {
      if (!add) memory.fill(out + at, 0, 4 * width);
      continue;
    }
    for (const end = at + 4 * width; at < end; at += 16) {
      let value = v128.load(x + at);
      if (key != 0) value = v128.and(f32x4.mul(s, value), i32x4.ge_u(mixQuad(columns), below));
      v128.store(out + at, add ? f32x4.add(v128.load(out + at), value) : value);
      columns = i32x4.add(columns, i32x4.splat(4));
    }
  }
}
