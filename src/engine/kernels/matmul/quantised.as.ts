// Reading quantised weights; how they lie: quantised.ts. A form is 0 for f32, 1 for f16, else bits + (block << 8) +
// (head << 16).
import { constants, halfBits, halfPower, nibblePlaces, nibblePowers } from '../constants.as';
import { putTurned } from '../lowRankGrad/outer.as';
import { fourHalves } from './weight.as';

/** What a block begins with: a scale in f32, scale and offset in f16, both in f32. */
const SCALE: u32 = 0;
const HALVES: u32 = 1;
const FLOATS: u32 = 2;

@inline export function isQuantised(form: u32): bool { return form > 1; }
@inline function bitsOf(form: u32): u32 { return form & 0xff; }
@inline function blockOf(form: u32): u32 { return (form >> 8) & 0xff; }
@inline function headBytes(form: u32): u32 { return form >> 16 == FLOATS ? 8 : 4; }
@inline function blockBytes(form: u32): u32 { return headBytes(form) + blockOf(form) * bitsOf(form) / 8; }

/**
 * A block's scale in all lanes; for nibbles, which are read where they stand in their word, over the power that is too
 * much.
 */
@inline function scaleOf(head: usize, form: u32, powers: v128): v128 {
  const scale = form >> 16 == HALVES ? fourHalves(i32x4.extend_low_i16x8_s(v128.load32_splat(head)),
    halfBits(constants()), halfPower(constants())) : v128.load32_splat(head);
  return f32x4.mul(v128.shuffle<i32>(scale, scale, 0, 0, 0, 0), powers);
}
@inline function offsetOf(head: usize, form: u32): v128 {
  if (form >> 16 == SCALE) return f32x4.splat(0);
  if (form >> 16 == FLOATS) return v128.load32_splat(head, 4);
  const both = fourHalves(i32x4.extend_low_i16x8_s(v128.load32_splat(head)), halfBits(constants()),
    halfPower(constants()));
  return v128.shuffle<i32>(both, both, 1, 1, 1, 1);
}
/** What is taken from every number before it counts: half of sixteen, where there are no offsets. */
@inline function centreOf(form: u32, places: v128): v128 {
  return form >> 16 == SCALE && bitsOf(form) == 4 ? v128.and(places, i32x4.splat(0x8888)) : i32x4.splat(0);
}
@inline function powersOf(form: u32): v128 { return bitsOf(form) == 4 ? nibblePowers(constants()) : f32x4.splat(1); }

/** Four numbers of 4 bits, each in its own place of the half word at `from`. */
@inline function nibbles(from: usize, places: v128, centre: v128, scale: v128, offset: v128): v128 {
  const q = i32x4.sub(v128.and(i32x4.splat(load<u16>(from)), places), centre);
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), offset);
}
/** Four signed bytes. */
@inline function bytes(from: usize, scale: v128, offset: v128): v128 {
  const q = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from)));
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), offset);
}
@inline function quad(from: usize, form: u32, places: v128, centre: v128, scale: v128, offset: v128): v128 {
  return bitsOf(form) == 4 ? nibbles(from, places, centre, scale, offset) : bytes(from, scale, offset);
}

/** Numbers i … i + count − 1, of whole blocks. */
export function unpack(w: usize, form: u32, i: u32, count: u32, to: usize): void {
  const places = nibblePlaces(constants()), powers = powersOf(form), centre = centreOf(form, places);
  const block = blockOf(form), head = headBytes(form), step = bitsOf(form) / 2;
  let from = w + <usize>(i / block) * blockBytes(form);
  for (const end = to + 4 * count; to < end;) {
    const scale = scaleOf(from, form, powers), offset = offsetOf(from, form);
    from += head;
    for (const last = to + 4 * block; to < last; to += 16, from += step) {
      v128.store(to, quad(from, form, places, centre, scale, offset));
    }
  }
}

/** Eight columns of W [k, n] from number i on, of `depth` rows: [depth][8]. A row's eight lie in one block. */
export function copyBlocks(w: usize, form: u32, n: u32, i: u32, depth: u32, to: usize): void {
  const places = nibblePlaces(constants()), powers = powersOf(form), centre = centreOf(form, places);
  const block = blockOf(form), step = bitsOf(form) / 2;
  const row: usize = <usize>(n / block) * blockBytes(form);
  let at = w + <usize>(i / block) * blockBytes(form);
  const within: usize = headBytes(form) + (i % block) / 4 * step;
  for (const end = to + 32 * depth; to < end; to += 32, at += row) {
    const scale = scaleOf(at, form, powers), offset = offsetOf(at, form), from = at + within;
    v128.store(to, quad(from, form, places, centre, scale, offset));
    v128.store(to, quad(from + step, form, places, centre, scale, offset), 16);
  }
}

/**
 * Four columns of W [n, k], that from number i on and the next three, as [depth] quads 32 bytes apart; depth in whole
 * blocks.
 */
export function turnBlocks(w: usize, form: u32, k: u32, i: u32, depth: u32, to: usize): void {
  const places = nibblePlaces(constants()), powers = powersOf(form), centre = centreOf(form, places);
  const block = blockOf(form), head = headBytes(form), step = bitsOf(form) / 2;
  const column: usize = <usize>(k / block) * blockBytes(form);
  let w0 = w + <usize>(i / block) * blockBytes(form), w1 = w0 + column, w2 = w1 + column, w3 = w2 + column;
  for (const end = to + 32 * depth; to < end;) {
    const s0 = scaleOf(w0, form, powers), s1 = scaleOf(w1, form, powers), s2 = scaleOf(w2, form, powers),
      s3 = scaleOf(w3, form, powers);
    const o0 = offsetOf(w0, form), o1 = offsetOf(w1, form), o2 = offsetOf(w2, form), o3 = offsetOf(w3, form);
    w0 += head; w1 += head; w2 += head; w3 += head;
    for (const last = to + 32 * block; to < last; to += 128) {
      putTurned(
        quad(w0, form, places, centre, s0, o0), quad(w1, form, places, centre, s1, o1),
        quad(w2, form, places, centre, s2, o2), quad(w3, form, places, centre, s3, o3), to, 32, false,
      );
      w0 += step; w1 += step; w2 += step; w3 += step;
    }
  }
}
