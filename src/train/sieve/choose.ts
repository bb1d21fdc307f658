/**
 * Which tokens of each module to skip, from what is known of the tokens of a calibration set: plain functions. A choice
 * is one number per module: how many of its tokens, those with the smallest r, are skipped; the threshold follows from
 * it.
 */
import { Rng } from '../../shared/rng';

/** r of a module's calibration tokens in ascending order, and the token that each stands for. */
export interface Ranked {
  ratio: Float32Array;
  order: Uint32Array;
}

/** @param ratio [modules × tokens] */
export function rank(ratio: Float32Array, modules: number): Ranked[] {
  const tokens = ratio.length / modules;
  return Array.from({ length: modules }, (_, m) => {
    const own = ratio.subarray(m * tokens, (m + 1) * tokens);
    const order = Uint32Array.from({ length: tokens }, (__, t) => t).sort((i, j) => own[i] - own[j] || i - j);
    return { ratio: Float32Array.from(order, (t) => own[t]), order };
  });
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
/** The next f32 above a number ≥ 0. */
function nextUp(x: number): number {
  float[0] = x;
  // The smallest that a GPU does not flush to 0.
  bits[0] = Math.max(bits[0] + 1, 0x0080_0000);
  return float[0];
}

/**
 * The threshold at which a module skips its `count` tokens with the smallest r. Tokens of equal r go together, as
 * active ones.
 */
export function thresholdOf({ ratio }: Ranked, count: number): number {
  if (count <= 0 || ratio.length === 0) return 0;
  return count >= ratio.length ? nextUp(ratio.at(-1)!) : ratio[count];
}

/** The same share of every module's tokens: half of them is what its median r says. */
export const evenly = (ranked: readonly Ranked[], share: number): number[] =>
  ranked.map(({ ratio }) => Math.round(share * ratio.length));

/** A stretch of a module's tokens, in the order of r, that is worth skipping whole before the next is. */
interface Stretch {
  module: number;
  count: number;
  /** What skipping one of its tokens costs, on average, in nats. */
  cost: number;
}

/**
 * The lower convex hull of what skipping the first k tokens of a module costs: stretches with ascending cost.
 * @param costs by token: what its update lowers the loss by; @param from tokens that are skipped already
 */
function stretches({ order }: Ranked, costs: ArrayLike<number>, module: number): Stretch[] {
  const hull: { count: number; total: number }[] = [];
  for (const token of order) {
    let last = { count: 1, total: costs[token] };
    // A cheaper stretch behind a dearer one: they are skipped together or not at all.
    while (hull.length > 0 && hull.at(-1)!.total / hull.at(-1)!.count >= last.total / last.count) {
      const before = hull.pop()!;
      last = { count: before.count + last.count, total: before.total + last.total };
    }
    hull.push(last);
  }
  return hull.map(({ count, total }) => ({ module, count, cost: total / count }));
}

/**
 * How many tokens of each module to skip so that `count` are skipped in all and what they were worth is least, as far
 * as their worths add up.
 * @param costs by module and token: what its update lowers the loss by, in nats
 */
export function cheapest(ranked: readonly Ranked[], costs: readonly ArrayLike<number>[], count: number): number[] {
  const all = ranked.flatMap((r, m) => stretches(r, costs[m], m));
  // Within a module costs ascend, so that its stretches are taken in their order.
  all.sort((a, b) => a.cost - b.cost || a.module - b.module);
  const chosen = ranked.map(() => 0);
  let left = count;
  for (const { module, count: n } of all) {
    const take = Math.min(n, left);
    chosen[module] += take;
    left -= take;
    if (left === 0) break;
  }
  return chosen;
}

/** Modules in `parts` groups by the seed: those that move together. */
export function groupsOf(modules: number, parts: number, seed: number): number[][] {
  const order = new Rng(seed).shuffle(Array.from({ length: modules }, (_, m) => m));
  return Array.from({ length: Math.min(parts, modules) }, (_, g) => order.filter((__, i) => i % parts === g));
}

/** Between two choices: `t` of the way from one to the other, with as many skipped in all as `from` has. */
export function between(from: readonly number[], to: readonly number[], t: number): number[] {
  const moved = from.map((k, m) => Math.round(k + t * (to[m] - k)));
  // Rounding may lose or win a token or two: the modules that move most give or take them.
  let off = moved.reduce((sum, k, m) => sum + k - from[m], 0);
  const most = [...from.keys()].sort((i, j) => Math.abs(to[j] - from[j]) - Math.abs(to[i] - from[i]) || i - j);
  for (const m of most) {
    if (off === 0) break;
    const step = Math.sign(off);
    if (moved[m] - step < 0) continue;
    moved[m] -= step;
    off -= step;
  }
  return moved;
}
