/** What each chart is, in sentences with the user's own numbers. */
export const explain = {
  loss: {
    what: (classes: boolean) =>
      `Cross-entropy: −log of the probability that the model gives to the correct ${classes ? 'class, in nats, averaged over the examples' : 'next token, in nats, averaged over the loss tokens'}. Lower is better. The train loss is that of the current batch; the validation loss is that of examples that no run trains on.`,
    base: (loss: string, right: string, classes: boolean) =>
      `The base model has a validation loss of ${loss}: it gives the correct ${classes ? 'class' : 'token'} a (geometric) mean probability of ${right}.`,
    overfitting: ({
      run,
      loss,
      step,
      right,
      gap,
      training,
      classes,
    }: {
      run: string;
      loss: string;
      step: number;
      right: string;
      gap: string;
      training: string;
      classes: boolean;
    }) =>
      `${run}: ${loss} at step ${step}, a probability of ${right} for the correct ${classes ? 'class' : 'token'}. Its train loss (${training}) is lower by ${gap}: this gap between train and validation loss means overfitting.`,
    general: ({
      run,
      loss,
      step,
      right,
      training,
      classes,
    }: {
      run: string;
      loss: string;
      step: number;
      right: string;
      training: string;
      classes: boolean;
    }) =>
      `${run}: ${loss} at step ${step}, a probability of ${right} for the correct ${classes ? 'class' : 'token'}. Its train loss is ${training}: little overfitting so far.`,
    stopped: (run: string, step: number, best: number, loss: string) =>
      `${run} was stopped early at step ${step}, because its loss has not improved since step ${best} (${loss}).`,
  },
  gradient: {
    what: 'The norm of the gradient of all trainable parameters together, before clipping. Single peaks come from unusual batches; a steady rise is a sign of divergence.',
    run: (run: string, now: string, most: string) => `${run}: ${now} now, ${most} at most.`,
    clipped: ({
      run,
      now,
      most,
      share,
      limit,
    }: {
      run: string;
      now: string;
      most: string;
      share: string;
      limit: number;
    }) =>
      `${run}: ${now} now, ${most} at most. In ${share} of its steps the norm was above the max gradient norm of ${limit}, and the gradient was clipped.`,
  },
  rate: {
    constant: (steps: number, rate: string) =>
      `The step size of an update. It rises over ${steps} warm-up steps to ${rate} and stays there.`,
    linear: (steps: number, rate: string) =>
      `The step size of an update. It rises over ${steps} warm-up steps to ${rate} and then falls linearly to 0.`,
    cosine: (steps: number, rate: string) =>
      `The step size of an update. It rises over ${steps} warm-up steps to ${rate} and then falls to 0 along a cosine.`,
    now: (rate: string, share: string) => `Now it is ${rate}, ${share} of that.`,
  },
  speed: {
    what: 'Train tokens of a run per second of wall time. Runs that share a pass over the base model take their steps together. Dips are evaluations, samples, or other work of this computer.',
    run: (run: string, perSecond: string, ms: number, tokens: string) =>
      `${run}: ${perSecond} tokens/s lately, ${ms} ms/step, ${tokens} tokens so far.`,
  },
  skipMap: {
    what: 'One cell per target module. Its number is the share of tokens, in percent, that the module’s gate skipped: with a threshold, because the relative update norm r was below τ.',
    now: ({
      step,
      mean,
      most,
      mostShare,
      least,
      leastShare,
    }: {
      step: number;
      mean: string;
      most: string;
      mostShare: string;
      least: string;
      leastShare: string;
    }) =>
      `At step ${step} the modules skip ${mean} on average: most in ${most} (${mostShare}), least in ${least} (${leastShare}).`,
    use: 'Move the slider to see earlier steps. Select a cell to see that module’s tokens, update norms and threshold below.',
  },
  histogram: {
    what: {
      tau: 'The relative update norm r = ‖Δ‖/‖y‖ compares a token’s update with the module’s output; the axis is logarithmic. The dashed line is the threshold τ: tokens left of it were skipped.',
      cut: 'The relative update norm r = ‖Δ‖/‖y‖ compares a token’s update with the module’s output; the axis is logarithmic. This gate learns no threshold: in every batch a fixed share of the tokens is active, those with the largest r. The dashed line is the cutoff in this batch; tokens left of it were skipped.',
      none: 'The relative update norm r = ‖Δ‖/‖y‖ compares a token’s update with the module’s output; the axis is logarithmic. This gate does not go by r, so it has no threshold.',
    },
    at: { tau: (r: string) => `τ is ${r}`, cut: (r: string) => `the cutoff is ${r}` },
    now: ({
      module,
      at,
      active,
      tokens,
      skipped,
      median,
    }: {
      module: string;
      at: string | null;
      active: string;
      tokens: string;
      skipped: string;
      median: string;
    }) =>
      `${module}: ${at ? `${at}; ` : ''}${active} of ${tokens} tokens were active, ${skipped} were skipped. The median r is about ${median}.`,
    start: {
      tau: 'All updates start at 0, because B does; they grow during training, and τ follows.',
      cut: 'All updates start at 0, because B does; they grow during training, and the cutoff follows.',
      none: 'All updates start at 0, because B does; they grow during training.',
    },
  },
  tokenMap: {
    what: (tokens: number, modules: number) =>
      `One text in the current model: a column per token (${tokens}), a row per module (${modules}). A filled cell means that the token is active in that module.`,
    now: (share: string, updates: string) =>
      `Here ${share} of ${updates} updates were applied. Full columns are tokens that are active in many modules; empty rows are modules that skip this whole text.`,
  },
  tokens: {
    what: 'The same text as running text: the stronger the colour, the more of the selected modules apply their update to that token. Point at a token, or move to it with the arrow keys, to see every module’s r, τ and gate.',
    now: (most: string, mostShare: string, least: string, leastShare: string) =>
      `Most active: “${most}” (${mostShare}). Least active: “${least}” (${leastShare}).`,
  },
  ranking: {
    what: 'TS-PEFT takes the active share of a module as a measure of its importance. Weight norms are another measure; which of them is better is an open question.',
    now: (from: number, to: number, module: string, share: string) =>
      `Averaged over steps ${from} to ${to}, ${module} has the largest active share: ${share}.`,
    unknown: 'Rank stability over the second half of the run: not known yet.',
    stability: (correlation: string) =>
      `Rank stability over the second half of the run: Spearman ρ = ${correlation} (mean; 1 = the same order, 0 = unrelated).`,
    equal: (run: string) => `Compared with ${run}: undefined, all shares are equal.`,
    against: (run: string, correlation: string) => `Compared with ${run}: Spearman ρ = ${correlation}.`,
  },
  shares: {
    what: 'Skipped share of all tokens over the steps of the run, averaged over the modules of one kind or one layer. It is 0 until the thresholds start to change.',
    now: (share: string) => `All modules together skip ${share} of the last batch.`,
  },
};
