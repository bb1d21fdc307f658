/**
 * Blind votes between two models: whose answer is better, without knowing whose it is. Left and right are drawn for
 * every round, and until the names are shown the two are only X and Y. Plain data and functions.
 */
import { z } from '../../shared/zod';
import { Rng } from '../../shared/rng';
import { type Share, wilson } from '../../shared/stats';

const side = z.strictObject({ identity: z.string().max(200), name: z.string().max(400) });
/** 'x' or 'y' was better; 'tie' by the voter; 'same': both wrote the very same, and nobody was asked. */
const verdictSchema = z.enum(['x', 'y', 'tie', 'same']);
export type Verdict = z.infer<typeof verdictSchema>;

export const MAX_ROUNDS = 1000;

export const ballotSchema = z.strictObject({
  version: z.literal(1),
  /** X and Y, in an order that was drawn. */
  x: side,
  y: side,
  seed: z.int().min(0).max(0xffffffff),
  /** Prompts of the voter's own; null = validation examples. */
  own: z.array(z.string().max(20_000)).min(1).max(MAX_ROUNDS).nullable(),
  rounds: z.array(z.strictObject({ prompt: z.string().max(20_000), verdict: verdictSchema })).max(MAX_ROUNDS),
  /** The names are shown. */
  revealed: z.boolean(),
});
export type Ballot = z.infer<typeof ballotSchema>;
export type Side = Ballot['x'];

/** A stream of its own for each round, so that a reload in the middle changes nothing. */
const rngOf = (seed: number, n: number) => new Rng((seed ^ Math.imul(n + 1, 0x9e3779b1)) >>> 0);

export function newBallot(a: Side, b: Side, seed: number, own: string[] | null): Ballot {
  const [x, y] = rngOf(seed, -1).below(2) === 0 ? [a, b] : [b, a];
  return { version: 1, x, y, seed, own, rounds: [], revealed: false };
}

/** Who stands first in round `n`. */
export const firstAt = ({ seed }: Pick<Ballot, 'seed'>, n: number): 'x' | 'y' =>
  rngOf(seed, n).below(2) === 0 ? 'x' : 'y';

/** 1: the first answer is better, 2: the second, 0: neither. */
export type Choice = 0 | 1 | 2;

/** What a choice says about X and Y in the round that is on. */
export function verdictOf(ballot: Ballot, choice: Choice): Verdict {
  if (choice === 0) return 'tie';
  const first = firstAt(ballot, ballot.rounds.length);
  return choice === 1 ? first : first === 'x' ? 'y' : 'x';
}

export const cast = (ballot: Ballot, prompt: string, verdict: Verdict): Ballot => ({
  ...ballot,
  rounds: [...ballot.rounds, { prompt, verdict }],
});

/** Place of round `n`'s prompt among `total`, each once before any comes again: a seeded shuffle. */
export function promptAt(seed: number, n: number, total: number): number {
  const order = rngOf(seed, 1_000_000 + Math.floor(n / total)).shuffle(
    Uint32Array.from({ length: total }, (_, i) => i),
  );
  return order[n % total];
}

export interface Tally {
  x: number;
  y: number;
  ties: number;
  same: number;
  /** X's share of the votes that chose one, with its 95 % interval; null before the first. */
  share: Share | null;
}

export function tally({ rounds }: Ballot): Tally {
  const count = (verdict: Verdict) => rounds.filter((r) => r.verdict === verdict).length;
  const [x, y] = [count('x'), count('y')];
  return { x, y, ties: count('tie'), same: count('same'), share: wilson(x, x + y) };
}
