/** The token gate of one run: what is not the words of a single setting. */
export const gate = {
  title: 'Token gate',
  of: (run: string) => `the gate of ${run}`,
  more: 'More about this gate',
  /** What each rule does. */
  rule: {
    reconstructed:
      'Updates below a threshold τ of their module are skipped. Gate gradients move τ; the rule for that is reconstructed from secondary sources, not the paper’s own code.',
    literal:
      'The same rule, with its sums multiplied by the τ learning rate first, as the paper’s constants expect. Meant for long runs.',
    exact: 'Moves τ to where μ of one batch says the loss would be lowest. It jumps from batch to batch.',
    averaged: 'The same with μ averaged across batches.',
    soft: 'An active update is shrunk to max(0, 1 − τ/r) of itself, so that the output does not jump at τ. τ is trained by its gradient, like A and B; the sparsity penalty λ is the weight of a group lasso on token updates. Skipped tokens give no gradient: a module that has closed entirely stays closed.',
    quantile: 'The tokens with the largest relative update r stay active, always the same share. Nothing is learned.',
    late: 'Trains without a gate first. Then the tokens with the smallest relative update r of each module are skipped, a growing share, by a threshold τ that follows r. A skipped token gets a constant, a vector of each module that is trained, in the place of its update.',
    random:
      'The seed draws the active tokens at random. A gate that is worth something must beat it at the same sparsity.',
    coin: 'The reconstructed rule with the sign of every gate gradient μ drawn by the seed: it learns a threshold from nothing. What a learned threshold owes to μ, it must do better than this.',
    oracle:
      'Skips exactly the tokens whose gate gradient μ says that their update raises the loss of this very batch, which takes a second pass. Only in training.',
  },
  follow: {
    nobody: 'no run: a fixed share',
    run: (run: string) => `${run}: as many tokens, drawn at random`,
    gone: (id: string) => `${id} (not above)`,
    none: 'Only a gated run above this one can be chosen. There is none.',
  },
  /** `known`: whether the tokens of a step were counted or estimated. */
  lambda: (tokens: string, lambda: string, known: boolean) =>
    `λ = λ̄ / tokens = ${lambda} with ${known ? '' : 'about '}${tokens} tokens in a step.`,
  late: (waits: number, steps: number) => `τ never moves: it waits for ${waits} steps, and the run has ${steps}.`,
  noDev: 'There is no dev split yet. {button}',
  setDev: 'Set 10 % of the train split aside',
  paper: 'Use the paper’s constants',
  paperHelp: (n: {
    lambda: string;
    tokens: string;
    sparsityPenalty: string;
    tauLearningRate: string;
    steps: string;
    reach: string;
  }) =>
    `The paper’s λ = ${n.lambda} for each token, times about ${n.tokens} tokens a step, is λ̄ = ${n.sparsityPenalty} here. Its τ learning rate is ${n.tauLearningRate}, meant for some 10 000 steps. This run has ${n.steps}: τ reaches ${n.reach} at most.`,
};
