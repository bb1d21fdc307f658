/** Sieve afterwards: gates for an adapter that is finished. */
export const sieve = {
  title: 'Validation loss against skipped share',
  axis: 'skipped token updates',
  what: (examples: number, calibration: number, dev: boolean) =>
    `Nothing is trained: each module gets a threshold τ, and token updates with r below it are skipped. Thresholds are chosen on ${calibration} ${dev ? 'dev' : 'train'} examples, and measured on ${examples} validation examples.`,
  /** Of adapters whose own data are not here. */
  of: (name: string) => `They are of the data set that is open: ${name}.`,
  /** Of a small curve. */
  half: (run: string, skipped: string, difference: string) =>
    `${run} with ${skipped} of its updates skipped afterwards: validation loss ${difference}.`,
  open: 'Show the whole curve.',
  run: 'Run',
  way: 'Skip by',
  ways: { ratio: 'r', path: 'path attribution', joint: 'joint search' },
  does: {
    ratio: 'The same share of every module: half of the updates is what each module’s median r says.',
    path: 'What each update is worth along the path from no adapter to the adapter: modules whose small updates are worth little skip more.',
    joint:
      'From the same share of every module, an eighth of the modules at a time moves by its gate gradients, as far as the loss on the calibration examples falls. Each point takes several seconds.',
  },
  none: 'For LoRA and DoRA without gates. There is no such run here.',
  waiting: 'Once the session has ended, its LoRA and DoRA runs can be given gates here, without training.',
  opening: 'Measuring r…',
  drawing: (done: number, all: number) => `${done} of ${all} points`,
  explain:
    'Each point is the adapter with that share of its token updates skipped; at 0 % it is the adapter as it was trained.',
  explainRuns: 'Dots with names are runs that were trained with gates, as they ended.',
  slider: (share: string) => `Skip ${share} of the token updates`,
  move: 'Move the slider to see what it does.',
  preview: (loss: string, skipped: string) => `About ${loss} on a third of the examples; ${skipped} skipped.`,
  at: (loss: string, difference: string, skipped: string) =>
    `Validation loss ${loss} (${difference} against every update applied); ${skipped} skipped.`,
  save: 'Export with these thresholds',
  /** What the exported adapter is called. */
  sieved: (run: string, percent: number) => `${run}, ${percent} % skipped`,
};
