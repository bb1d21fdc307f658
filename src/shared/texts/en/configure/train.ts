/** Training settings that all runs share: what is not the words of a single setting. */
export const train = {
  title: 'Training, for all runs',
  more: 'More settings',
  onValidation:
    'Early stopping looks at the validation split itself, so the best losses are better than they would be on new data. For a comparison to be believed, {button}.',
  setDev: 'set 10 % of the train split aside as the dev split',
  /** `batch`: sequences of an update; `epochs`: null where the data is not known. */
  effective: (batch: number, epochs: string | null) =>
    `Effective batch size: ${batch}${epochs === null ? '' : `; about ${epochs} epochs`}.`,
  warmup: (warmup: number, steps: number, rate: string, set: string) =>
    warmup === steps
      ? `The warm-up is as long as the run (${steps} steps): the learning rate reaches ${set} at the last step only.`
      : `The warm-up (${warmup} steps) is longer than the run (${steps}): the learning rate reaches ${rate}, not ${set}.`,
  atRest: (run: string, rest: number, steps: number) =>
    `${run}: its thresholds rest for ${rest} steps, and the run has ${steps}. They never move, so it ends as the same method without gates.`,
};
