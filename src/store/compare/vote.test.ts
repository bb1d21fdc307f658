import { texts } from '../../shared/texts';
import { expect, test } from 'vitest';
import { type Ballot, ballotSchema, cast, firstAt, newBallot, promptAt, tally, verdictOf } from './vote';
import { outcome } from '../../ui/compare/words';

const A = { identity: '1/lora', name: 'LoRA' };
const B = { identity: '1/ts-lora', name: 'TS-LoRA' };
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));

test('X and Y, and who stands first, are drawn: by the seed, and evenly', () => {
  const ballots = times(400, (seed) => newBallot(A, B, seed, null));
  expect(ballots.map((b) => b.x.name)).toEqual(times(400, (seed) => newBallot(A, B, seed, null).x.name));
  const share = (hits: boolean[]) => hits.filter(Boolean).length / hits.length;
  expect(Math.abs(share(ballots.map((b) => b.x === A)) - 0.5)).toBeLessThan(0.1);
  const firsts = times(400, (n) => firstAt({ seed: 7 }, n) === 'x');
  expect(Math.abs(share(firsts) - 0.5)).toBeLessThan(0.1);
  // The last order tells nothing of the next.
  expect(Math.abs(share(firsts.slice(1).map((f, i) => f === firsts[i])) - 0.5)).toBeLessThan(0.1);
});

test('a vote counts for whoever stood there', () => {
  let ballot = newBallot(A, B, 3, null);
  for (let n = 0; n < 20; n++) {
    // Whoever votes for X, wherever it stands.
    const choice = firstAt(ballot, n) === 'x' ? 1 : 2;
    ballot = cast(ballot, `p${n}`, verdictOf(ballot, choice));
  }
  ballot = cast(ballot, 'p', verdictOf(ballot, 0));
  ballot = cast(ballot, 'p', 'same');
  expect(tally(ballot)).toMatchObject({ x: 20, y: 0, ties: 1, same: 1, share: { share: 1, high: 1 } });
  expect(ballotSchema.parse(JSON.parse(JSON.stringify(ballot)))).toEqual(ballot);
});

test('every validation example comes once before any comes again', () => {
  const order = times(10, (n) => promptAt(5, n, 10));
  expect([...order].sort((a, b) => a - b)).toEqual(times(10, (i) => i));
  const again = times(10, (n) => promptAt(5, 10 + n, 10));
  expect(again).not.toEqual(order);
  expect([...again].sort((a, b) => a - b)).toEqual(times(10, (i) => i));
  expect(times(3, (n) => promptAt(5, n, 1))).toEqual([0, 0, 0]);
});

const votes = (x: number, y: number): Ballot => ({
  ...newBallot(A, B, 1, null),
  rounds: [
    ...times(x, () => ({ prompt: '', verdict: 'x' as const })),
    ...times(y, () => ({ prompt: '', verdict: 'y' as const })),
  ],
});
const names = { x: 'X', y: 'Y' };

test('the outcome says no more than the votes do', () => {
  expect(outcome(tally(votes(0, 0)), names)).toBe(texts().compare.vote.outcome.none);
  expect(outcome(tally(votes(1, 0)), names)).toBe(
    'No clear preference: 1 of 1 decided vote for X (100 %, 95 % CI 21 % to 100 %; 50 % is a coin toss).',
  );
  expect(outcome(tally(votes(2, 6)), names)).toMatch(
    /^No clear preference: 6 of 8 decided votes for Y \(75 %, 95 % CI 41 % to 93 %/,
  );
  expect(outcome(tally(votes(3, 17)), names)).toBe(
    'You preferred Y in 17 of 20 decided votes (85 %, 95 % CI 64 % to 95 %). Chance alone would rarely do that.',
  );
});
