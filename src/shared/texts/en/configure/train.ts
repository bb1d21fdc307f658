/** Training settings that all runs share. */
export const train = {
  title: 'Training, for all runs',
  more: 'More settings',
  help: {
    steps: 'Updates of each adapter.',
    learningRate: 'How far one update goes; too large, and the loss jumps up.',
    batchSize: 'Examples that each step learns from.',
    maxTokens: 'Longer examples are cut.',
    seed: 'Same seed, same curve.',
    evalEvery: 'Steps between measurements on held-out data.',
    evalExamples: 'Held-out examples per measurement: more give a steadier loss and take longer.',
    warmupSteps: 'The learning rate rises over these, so that the first steps do no harm.',
    accumulation: 'Batches added up before an update: as good as a larger batch, in less memory.',
    clipNorm: 'Longest gradient of a run; a longer one is shortened to this. 0 = off.',
    weightDecay: 'Pulls A and B towards 0 at each step, skipped tokens or not.',
    beta1: 'How much of its past the mean gradient keeps.',
    beta2: 'How much of its past the mean squared gradient keeps.',
    epsilon: 'Keeps the division by a tiny gradient finite.',
    schedule: 'What the learning rate does after the warm-up.',
    sliceShare:
      'Of the training data: no run learns from it. Early stopping, the best adapter and held-out prices go by it.',
    keepBest:
      'The one with the lowest loss on the slice, looked at whenever a run is evaluated. Sets a tenth of the training data aside for it where nothing is yet.',
    patience: 'Measurements in a row without a better loss.',
  },
  schedule: { linear: 'linear to 0', cosine: 'cosine to 0', constant: 'constant' },
  keepBest: 'End with the best adapter instead of the last',
  patience: 'Stop a run early when it no longer gets better',
  onEvaluation:
    'Decided on the evaluation set itself, so the best losses look a little better than they are on new data: a run is stopped where that set liked it. Good enough to save time; for a comparison to be believed, {button} for it.',
  warmup: (warmup: number, steps: number, rate: string, set: string) =>
    warmup === steps
      ? `The warm-up is as long as the run (${steps} steps): the learning rate of ${set} is reached at its last step only.`
      : `The warm-up (${warmup} steps) is longer than the run (${steps}): the learning rate reaches ${rate} of the ${set} that are set.`,
  atRest: (runs: string, rest: number, steps: number) =>
    `${runs}: its thresholds rest for ${rest} steps, and the run has ${steps}. They never move, so it ends as the same method without gates.`,
  setSlice: 'set a tenth of the training data aside',
};
