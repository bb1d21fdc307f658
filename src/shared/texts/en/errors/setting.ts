/** What is wrong with a setting, in words that follow its name. */
export const setting = {
  number: 'must be a number',
  whole: 'must be a whole number',
  /** `expected` as JavaScript calls it: `object`, `string`. */
  type: ({ expected }: { expected: string }) => `must be ${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`,
  above: ({ limit }: { limit: string }) => `must be above ${limit}`,
  atLeast: ({ limit }: { limit: string }) => `must be at least ${limit}`,
  below: ({ limit }: { limit: string }) => `must be below ${limit}`,
  atMost: ({ limit }: { limit: string }) => `must be at most ${limit}`,
  fewEntries: ({ least }: { least: number }) => `must have at least ${least} ${least === 1 ? 'entry' : 'entries'}`,
  manyEntries: ({ most }: { most: number }) => `must have at most ${most} entries`,
  empty: 'must not be empty',
  long: ({ most }: { most: number }) => `must have at most ${most} characters`,
  oneOf: ({ values }: { values: string }) => `must be one of ${values}`,
  unknown: ({ keys, n }: { keys: string; n: number }) =>
    `has ${n === 1 ? 'a field' : 'fields'} that Sieve does not know: ${keys}`,
  form: 'has a form that is not allowed',
  notAllowed: 'is not allowed',
  moduleTwice: 'names a module twice',
  sameId: 'two runs have the same id',
  bestNeedsDev: 'must be above 0 when the best checkpoint is loaded at the end',
  gradientNeedsDev: 'must be above 0 when a gate takes μ from the dev split',
  shrinkNeedsDev: 'must be above 0 when a run is shrunk after training',
  doraDropout: 'must be 0 for DoRA, which is trained without dropout; choose LoRA to have it',
  firstRank: ({ rank }: { rank: number }) => `must be at least the rank it ends at, ${rank}`,
  noPruning: ({ first, last, steps }: { first: number; last: number; steps: number }) =>
    `the first ${first} and the last ${last} steps leave none of the run’s ${steps} to prune in`,
  follows: 'must name a gated run above this one',
};
