// swiglu and its backward over rows [from, to) of a pass; see swiglu.wgsl and swigluBackward.wgsl.
import { constants, eighty, one } from '../constants.as';
import { exp4 } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** The logistic function. Below −80 its value (under 1e-34) is held there, as in swiglu.ts. */
@inline function sigmoid(x: v128, c: usize): v128 {
  return f32x4.div(one(c), f32x4.add(one(c), exp4(f32x4.pmin(f32x4.neg(x), eighty(c)), c)));
}

export function swiglu(gate: usize, up: usize, out: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32): void {
  const c = constants();
  for (let i = from; i < to; i++) {
    let at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    const end = at + 4 * width;
    // Sixteen at a time, as in `expOf`.
    for (; at + 64 <= end; at += 64) {
      forward(gate, up, out, at, c); forward(gate, up, out, at + 16, c);
      forward(gate, up, out, at + 32, c); forward(gate, up, out, at + 48, c);
    }
    for (; at < end; at += 16) forward(gate, up, out, at, c);
  }
}

@inline function forward(gate: usize, up: usize, out: usize, at: usize, c: usize): void {
  const g = v128.load(gate + at);
  v128.store(out + at, f32x4.mul(f32x4.mul(g, sigmoid(g, c)), v128.load(up + at)));
}

export function swigluBackward(gate: usize, up: usize, gradOut: usize, gradGate: usize, gradUp: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32): void {
  const c = constants();
  for (let i = from; i < to; i++) {
    let at: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    const end = at + 4 * width;
    for (; at + 64 <= end; at += 64) {
      backward(gate, up, gradOut, gradGate, gradUp, at, c); backward(gate, up, gradOut, gradGate, gradUp, at + 16, c);
      backward(gate, up, gradOut, gradGate, gradUp, at + 32, c); backward(gate, up, gradOut, gradGate, gradUp, at + 48, c);
    }
    for (; at < end; at += 16) backward(gate, up, gradOut, gradGate, gradUp, at, c);
  }
}

@inline function backward(gate: usize, up: usize, gradOut: usize, gradGate: usize, gradUp: usize, at: usize, c: usize): void {
  const g = v128.load(gate + at);
  const s = sigmoid(g, c);
  const grad = v128.load(gradOut + at);
  v128.store(gradUp + at, f32x4.mul(f32x4.mul(grad, g), s));
  const slope = f32x4.mul(s, f32x4.add(one(c), f32x4.mul(g, f32x4.sub(one(c), s))));
  v128.store(gradGate + at, f32x4.mul(f32x4.mul(grad, v128.load(up + at)), slope));
}
