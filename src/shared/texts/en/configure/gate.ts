/** The token gate of one run. */
export const gate = {
  title: 'Token gate',
  of: (run: string) => `the gate of ${run}`,
  more: 'More about this gate',
  /** What a rule is called, and what it does in a sentence. */
  rule: {
    reconstructed: {
      name: 'learned threshold (reconstructed)',
      help: 'A threshold τ per layer learns which small updates to skip. The rule that moves it is reconstructed from secondary sources, not the paper’s own code.',
    },
    literal: {
      name: 'learned threshold (reconstructed, literal constants)',
      help: 'The same rule with its sums multiplied by the step first, as the paper’s constants expect; meant for long runs.',
    },
    exact: {
      name: 'exact step, one batch',
      help: 'Puts τ where the prices of one batch say the loss would be lowest; it jumps from batch to batch.',
    },
    averaged: {
      name: 'exact step, averaged prices',
      help: 'The same over prices averaged across batches, so that τ moves calmly.',
    },
    quantile: {
      name: 'fixed share by size',
      help: 'Keeps the largest updates of every batch, always the same share; nothing is learned.',
    },
    random: {
      name: 'random tokens (control)',
      help: 'Keeps tokens drawn by chance, from the seed. A gate that is worth something must beat it at the same share.',
    },
    oracle: {
      name: 'by sign (control)',
      help: 'Skips exactly the tokens whose update would raise the loss of this very batch, which takes a second pass. Only in training.',
    },
  },
  keepLargest: 'The tokens with the largest relative update, in each batch and layer.',
  keepRandom: 'The same share in every batch and layer.',
  follow: {
    nobody: 'no run: a fixed share',
    run: (run: string) => `${run}: as many tokens, drawn at random`,
    gone: (id: string) => `${id} (not above)`,
    none: 'A gated run that stands above this one can be followed; there is none.',
    help: 'In every step and layer it keeps as many tokens as that run, so that only the choice differs.',
  },
  target: 'Steer to a skipped share',
  targetOff: 'Otherwise the rule finds its own share.',
  targetHelp: 'Of all tokens; reached by half of the run and held.',
  targetPer: { run: 'the whole run: layers may differ', module: 'every module alike' },
  targetPerHelp: 'Whether each layer is held to it, or only their mean.',
  /** `known`: whether the tokens of a step were counted or supposed. */
  lambdaBar: (tokens: string, lambda: string, known: boolean) =>
    `Higher skips more; useful are 0 to 0.5, and less than 0 skips less. It stands against the mean loss of a step, so λ for each of its ${known ? '' : 'supposed '}${tokens} tokens is λ̄ / ${tokens} = ${lambda}.`,
  etaAuto: 'Step of τ without a bound',
  eta: 'A smaller η holds τ closer to where it was.',
  tauStepAuto: 'Step of τ: found from the run',
  tauStepFound: 'So that a τ that always rises passes the median update after a third of the run.',
  tauStep: 'A run of N steps moves τ by about N times this at most.',
  rhoPer: { run: 'the run: one step for all modules', module: 'each module’s own updates' },
  rhoPerHelp: 'Own steps make the modules alike, so that their shares say less of their importance.',
  tauWarmupAuto: 'τ waits for the warm-up',
  tauWarmup: 'While updates are still zero, a rising τ would close every gate for good.',
  late: (waits: number, steps: number) => `τ never moves: it waits for ${waits} steps, and the run has ${steps}.`,
  prices: { own: 'the batch just learnt from', 'held-out': 'a slice that no run learns from' },
  pricesHelp:
    'What decides whether a token’s update helps. Its own batch likes almost every update; tokens it has not seen tell which ones carry over.',
  pricesEvery: 'Each time costs a pass over a batch of the slice.',
  noSlice: 'No slice is set aside yet. {button}',
  setSlice: 'Set a tenth of the training data aside',
  paper: 'Take the paper’s constants',
  paperHelp: (n: {
    lambda: string;
    tokens: string;
    lambdaBar: string;
    tauStep: string;
    steps: string;
    reach: string;
  }) =>
    `Its λ = ${n.lambda} for each token, times about ${n.tokens} tokens a step, is λ̄ = ${n.lambdaBar} here; its step of τ is ${n.tauStep}, meant for some 10 000 steps. This run has ${n.steps}: τ reaches ${n.reach} at most.`,
};
