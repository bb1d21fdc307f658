// What math.test.ts calls: math.as.ts over arrays.
import { storeConstants } from './constants.as';
import { expOf, log1 } from './math.as';

export function exp(at: usize, count: u32): f32 {
  storeConstants(at + 4 * count);
  return expOf(at, at, count, 1, 0);
}

export function log(at: usize, count: u32): f32 {
  for (let i: u32 = 0; i < 4 * count; i += 4) store<f32>(at + i, log1(load<f32>(at + i)));
  return 0;
}
