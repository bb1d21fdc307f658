// Activations f(x) = x · share(x) and their slopes over rows [from, to) of a pass, alone and as gates; see kinds.ts,
// gated.wgsl and plain.wgsl.
import {
  constants, density, eighty, fourteen, half, one, tailPower, tailShrink, twiceU, twiceUCubed, twiceUSlope,
} from '../constants.as';
import { exp4 } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** As activation.cpu.ts numbers them. */
const enum Kind { SILU, GELU, GELU_TANH, RELU }

/** The logistic function. Below −80 its value (under 1e-34) is held there, as in kinds.ts. */
@inline function sigmoid(x: v128, c: usize): v128 {
  return f32x4.div(one(c), f32x4.add(one(c), exp4(f32x4.pmin(f32x4.neg(x), eighty(c)), c)));
}

/** exp(−x²/2), of x up to 14: beyond it is 0. */
@inline function bell(x: v128, c: usize): v128 {
  const held = f32x4.pmin(f32x4.abs(x), fourteen(c));
  return exp4(f32x4.neg(f32x4.mul(half(c), f32x4.mul(held, held))), c);
}

/** The normal distribution. */
@inline function normal(x: v128, c: usize): v128 {
  const t = f32x4.div(one(c), f32x4.add(one(c), f32x4.mul(tailShrink(c), f32x4.abs(x))));
  let p = f32x4.add(f32x4.mul(tailPower(c, 8), t), tailPower(c, 7));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 6));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 5));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 4));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 3));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 2));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 1));
  p = f32x4.add(f32x4.mul(p, t), tailPower(c, 0));
  const tail = f32x4.mul(bell(x, c), f32x4.mul(t, p));
  return v128.bitselect(tail, f32x4.sub(one(c), tail), f32x4.lt(x, f32x4.splat(0)));
}

/** 2u of GELU by tanh. */
@inline function argument(x: v128, c: usize): v128 {
  return f32x4.mul(x, f32x4.add(twiceU(c), f32x4.mul(twiceUCubed(c), f32x4.mul(x, x))));
}

@inline function share(kind: Kind, x: v128, c: usize): v128 {
  if (kind == Kind.SILU) return sigmoid(x, c);
  if (kind == Kind.GELU) return normal(x, c);
  if (kind == Kind.GELU_TANH) return sigmoid(argument(x, c), c);
  return v128.and(one(c), f32x4.gt(x, f32x4.splat(0)));
}

/** f′(x), s being share(x). */
@inline function slope(kind: Kind, x: v128, s: v128, c: usize): v128 {
  if (kind == Kind.SILU) return f32x4.mul(s, f32x4.add(one(c), f32x4.mul(x, f32x4.sub(one(c), s))));
  if (kind == Kind.GELU) return f32x4.add(s, f32x4.mul(x, f32x4.mul(density(c), bell(x, c))));
  if (kind == Kind.GELU_TANH) {
    const inner = f32x4.mul(x, f32x4.add(twiceU(c), f32x4.mul(twiceUSlope(c), f32x4.mul(x, x))));
    // sigmoid(−2u) is 1 − s without its cancellation.
    return f32x4.add(s, f32x4.mul(inner, f32x4.mul(s, sigmoid(f32x4.neg(argument(x, c)), c))));
  }
  return s;
}

export function gatedActivation(
  gate: usize, up: usize, out: usize, kind: Kind, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (kind == Kind.SILU) gatedRow(Kind.SILU, gate, up, out, at, width);
    else if (kind == Kind.GELU) gatedRow(Kind.GELU, gate, up, out, at, width);
    else if (kind == Kind.GELU_TANH) gatedRow(Kind.GELU_TANH, gate, up, out, at, width);
    else gatedRow(Kind.RELU, gate, up, out, at, width);
  }
}

/** A row from byte `start` on. Sixteen at a time, as in `expOf`. */
@inline function gatedRow(kind: Kind, gate: usize, up: usize, out: usize, start: usize, width: u32): void {
  const c = constants(), end = start + 4 * <usize>width;
  let at = start;
  for (; at + 64 <= end; at += 64) {
    gated(kind, gate, up, out, at, c); gated(kind, gate, up, out, at + 16, c);
    gated(kind, gate, up, out, at + 32, c); gated(kind, gate, up, out, at + 48, c);
  }
  for (; at < end; at += 16) gated(kind, gate, up, out, at, c);
}

@inline function gated(kind: Kind, gate: usize, up: usize, out: usize, at: usize, c: usize): void {
  const g = v128.load(gate + at);
  v128.store(out + at, f32x4.mul(f32x4.mul(g, share(kind, g, c)), v128.load(up + at)));
}

export function gatedActivationBackward(
  gate: usize, up: usize, gradOut: usize, gradGate: usize, gradUp: usize, out: usize, kind: Kind, width: u32,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (kind == Kind.SILU) gatedRowBack(Kind.SILU, gate, up, gradOut, gradGate, gradUp, out, at, width);
    else if (kind == Kind.GELU) gatedRowBack(Kind.GELU, gate, up, gradOut, gradGate, gradUp, out, at, width);
    else if (kind == Kind.GELU_TANH) gatedRowBack(Kind.GELU_TANH, gate, up, gradOut, gradGate, gradUp, out, at, width);
    else gatedRowBack(Kind.RELU, gate, up, gradOut, gradGate, gradUp, out, at, width);
  }
}

@inline function gatedRowBack(
  kind: Kind, gate: usize, up: usize, gradOut: usize, gradGate: usize, gradUp: usize, out: usize, start: usize,
  width: u32,
): void {
  const c = constants(), end = start + 4 * <usize>width;
  let at = start;
  for (; at + 64 <= end; at += 64) {
    gatedBack(kind, gate, up, gradOut, gradGate, gradUp, out, at, c);
    gatedBack(kind, gate, up, gradOut, gradGate, gradUp, out, at + 16, c);
    gatedBack(kind, gate, up, gradOut, gradGate, gradUp, out, at + 32, c);
    gatedBack(kind, gate, up, gradOut, gradGate, gradUp, out, at + 48, c);
  }
  for (; at < end; at += 16) gatedBack(kind, gate, up, gradOut, gradGate, gradUp, out, at, c);
}

@inline function gatedBack(
  kind: Kind, gate: usize, up: usize, gradOut: usize, gradGate: usize, gradUp: usize, out: usize, at: usize, c: usize,
): void {
  const g = v128.load(gate + at), u = v128.load(up + at);
  const s = share(kind, g, c);
  const grad = v128.load(gradOut + at);
  v128.store(gradUp + at, f32x4.mul(f32x4.mul(grad, g), s));
  v128.store(gradGate + at, f32x4.mul(f32x4.mul(grad, u), slope(kind, g, s, c)));
  v128.store(out + at, f32x4.mul(f32x4.mul(g, s), u));
}

export function activation(
  x: usize, out: usize, kind: Kind, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (kind == Kind.SILU) plainRow(Kind.SILU, x, out, at, width);
    else if (kind == Kind.GELU) plainRow(Kind.GELU, x, out, at, width);
    else if (kind == Kind.GELU_TANH) plainRow(Kind.GELU_TANH, x, out, at, width);
    else plainRow(Kind.RELU, x, out, at, width);
  }
}

@inline function plainRow(kind: Kind, x: usize, out: usize, start: usize, width: u32): void {
  const c = constants(), end = start + 4 * <usize>width;
  let at = start;
  for (; at + 64 <= end; at += 64) {
    plain(kind, x, out, at, c); plain(kind, x, out, at + 16, c);
    plain(kind, x, out, at + 32, c); plain(kind, x, out, at + 48, c);
  }
  for (; at < end; at += 16) plain(kind, x, out, at, c);
}

@inline function plain(kind: Kind, x: usize, out: usize, at: usize, c: usize): void {
  const v = v128.load(x + at);
  v128.store(out + at, f32x4.mul(v, share(kind, v, c)));
}

export function activationBackward(
  x: usize, gradOut: usize, gradX: usize, out: usize, kind: Kind, width: u32, rows: u32, stride: u32, from: u32,
  to: u32,
): void {
  for (let i = from; i < to; i++) {
    const at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (kind == Kind.SILU) plainRowBack(Kind.SILU, x, gradOut, gradX, out, at, width);
    else if (kind == Kind.GELU) plainRowBack(Kind.GELU, x, gradOut, gradX, out, at, width);
    else if (kind == Kind.GELU_TANH) plainRowBack(Kind.GELU_TANH, x, gradOut, gradX, out, at, width);
    else plainRowBack(Kind.RELU, x, gradOut, gradX, out, at, width);
  }
}

@inline function plainRowBack(
  kind: Kind, x: usize, gradOut: usize, gradX: usize, out: usize, start: usize, width: u32,
): void {
  const c = constants(), end = start + 4 * <usize>width;
  let at = start;
  for (; at + 64 <= end; at += 64) {
    plainBack(kind, x, gradOut, gradX, out, at, c); plainBack(kind, x, gradOut, gradX, out, at + 16, c);
    plainBack(kind, x, gradOut, gradX, out, at + 32, c); plainBack(kind, x, gradOut, gradX, out, at + 48, c);
  }
  for (; at < end; at += 16) plainBack(kind, x, gradOut, gradX, out, at, c);
}

@inline function plainBack(kind: Kind, x: usize, gradOut: usize, gradX: usize, out: usize, at: usize, c: usize): void {
  const v = v128.load(x + at);
  const s = share(kind, v, c);
  v128.store(gradX + at, f32x4.mul(v128.load(gradOut + at), slope(kind, v, s, c)));
  v128.store(out + at, f32x4.mul(v, s));
}
