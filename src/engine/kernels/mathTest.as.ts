// What math.test.ts calls: math.as.ts over arrays.
import { exp4, log1 } from './math.as';

export function expAll(at: usize, count: u32): void {
  for (let i: u32 = 0; i < 4 * count; i += 16) v128.store(at + i, exp4(v128.load(at + i)));
}

export function logAll(at: usize, count: u32): void {
  for (let i: u32 = 0; i < 4 * count; i += 4) store<f32>(at + i, log1(load<f32>(at + i)));
}
