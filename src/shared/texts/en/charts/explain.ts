/** What each chart is, in sentences with the user's own numbers. */
export const explain = {
  loss: {
    what: 'Loss is the model’s surprise at the right next token, in nats, averaged over the tokens that it is taught. Lower is better. The training curve is measured on the batch just learnt from, the held-out one on examples that no run ever learns.',
    base: (loss: string, right: string) =>
      `The untouched base has ${loss} on the held-out examples: it gave the right token ${right} on (geometric) average.`,
    byHeart: (run: string, loss: string, step: number, right: string, gap: string, training: string) =>
      `${run}: ${loss} at step ${step}, that is ${right} for the right token. It is ${gap} better on what it has just seen (${training}) than on what it has not: part of what it learnt is by heart.`,
    general: (run: string, loss: string, step: number, right: string, training: string) =>
      `${run}: ${loss} at step ${step}, that is ${right} for the right token. On what it has just seen it has ${training}: it learns little by heart so far.`,
    stopped: (run: string, step: number, best: number, loss: string) =>
      `${run} was ended at step ${step}, because its loss has not been better since step ${best} (${loss}).`,
  },
  gradient: {
    what: 'How steep the loss is for the adapter’s weights: the length of the gradient of A and B together, before it is clipped. Sudden peaks mean a batch the run did not expect; a steady climb means trouble.',
    run: (run: string, now: string, most: string) => `${run}: ${now} now, ${most} at most.`,
    clipped: (run: string, now: string, most: string, share: string, limit: number) =>
      `${run}: ${now} now, ${most} at most. ${share} of its steps were longer than the limit of ${limit} and were shortened to it.`,
  },
  rate: {
    constant: (steps: number, rate: string) =>
      `How far one update goes. It rises over the first ${steps} steps to ${rate} and stays there.`,
    linear: (steps: number, rate: string) =>
      `How far one update goes. It rises over the first ${steps} steps to ${rate} and then falls to 0 along a line.`,
    cosine: (steps: number, rate: string) =>
      `How far one update goes. It rises over the first ${steps} steps to ${rate} and then falls to 0 along a cosine.`,
    now: (rate: string, share: string) => `Now it is ${rate}, ${share} of that.`,
  },
  speed: {
    what: 'Tokens that a run learns from, per second of real time. Runs that share a pass over the base take their steps together. Dips are measurements on held-out data, samples, or other work of this computer.',
    run: (run: string, perSecond: string, ms: number, tokens: string) =>
      `${run}: ${perSecond} tokens/s of late, a step every ${ms} ms, ${tokens} tokens so far.`,
  },
  skipMap: {
    what: 'One cell per adapted module. Its number is the share of tokens, in percent, for which the module’s gate left its update out: with a threshold, because it was too small against the module’s own output (r below τ).',
    now: (step: number, mean: string, most: string, mostShare: string, least: string, leastShare: string) =>
      `At step ${step} the modules skip ${mean} on average: most in ${most} (${mostShare}), least in ${least} (${leastShare}).`,
    use: 'Move the slider to see earlier steps. Choose a cell to see that module’s tokens, sizes and threshold below.',
  },
  histogram: {
    what: {
      tau: 'r is the size of the update against the size of the module’s own output for one token; the axis is logarithmic. The dashed line is the threshold τ: what lies left of it was skipped.',
      cut: 'r is the size of the update against the size of the module’s own output for one token; the axis is logarithmic. This gate learns no threshold: it keeps a fixed share of the tokens of every batch, those with the largest r. The dashed line is the r at which that cut these tokens; what lies left of it was skipped.',
      none: 'r is the size of the update against the size of the module’s own output for one token; the axis is logarithmic. This gate does not choose by r, so there is no threshold to show.',
    },
    at: { tau: (r: string) => `τ is ${r}`, cut: (r: string) => `the cut is ${r}` },
    now: (module: string, at: string | null, kept: string, tokens: string, skipped: string, median: string) =>
      `${module}: ${at ? `${at}; ` : ''}${kept} of ${tokens} tokens were kept, ${skipped} were skipped. Half of them have an r below about ${median}.`,
    start: {
      tau: 'All updates begin at 0, because B does; they grow while the run learns, and τ follows.',
      cut: 'All updates begin at 0, because B does; they grow while the run learns, and the cut follows.',
      none: 'All updates begin at 0, because B does; they grow while the run learns.',
    },
  },
  tokenMap: {
    what: (tokens: number, modules: number) =>
      `One text, as the model is now: a column per token (${tokens}), a row per module (${modules}). A filled cell means that the module’s update was kept for that token.`,
    now: (share: string, updates: string) =>
      `Here ${share} of ${updates} updates were kept. Full columns are tokens that many modules had something to say about; empty rows are modules that this text did not need.`,
  },
  tokens: {
    what: 'The same text to be read: the stronger the colour, the more of the chosen modules kept their update for that token. Point at a token, or move to it with the arrow keys, to see every module’s r, τ and gate.',
    now: (most: string, mostShare: string, least: string, leastShare: string) =>
      `Kept most: “${most}” (${mostShare}). Kept least: “${least}” (${leastShare}).`,
  },
  ranking: {
    what: 'A module that keeps many tokens is one the data asks much of. This is TS-PEFT’s sign of a module’s importance; a weight norm is another, and which of them is better is a question, not a fact.',
    now: (from: number, to: number, module: string, share: string) =>
      `Averaged over steps ${from} to ${to}, ${module} keeps most: ${share}.`,
    unknown: (stability: string) => `Stability: over the second half of the run the order is ${stability}.`,
    stability: (stability: string, correlation: string) =>
      `Stability: over the second half of the run the order is ${stability} (mean rank correlation ${correlation}; 1 = the same order, 0 = none).`,
    equal: (run: string) => `Against ${run}: not comparable, all shares are equal.`,
    against: (run: string, correlation: string, stability: string) =>
      `Against ${run}: rank correlation ${correlation}, ${stability}.`,
  },
  shares: {
    what: 'Skipped share of all tokens over the steps of the run, averaged over the modules of one kind or one layer. It is 0 until the thresholds begin to move.',
    now: (share: string) => `All modules together skip ${share} of the last batch.`,
  },
};
