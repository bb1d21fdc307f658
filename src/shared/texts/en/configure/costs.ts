/** What training will cost: memory, time, and what needs less. */
export const memory = {
  title: 'Memory',
  planning: 'Planning…',
  unknown: 'Known once a model is open.',
  caption: 'Bytes that training will take, by item',
  item: 'Item',
  bytes: 'Bytes',
  exact: (bytes: number) => `${bytes} bytes`,
  part: {
    weights: 'Frozen weights (one copy for all runs)',
    activations: 'Activations kept for the backward pass',
    inputs: 'Layer inputs, and one layer’s activations (computed anew in the backward pass)',
    head: 'Head and loss',
    gradients: 'Gradients on their way down',
    scratch: 'Gates, lists and low-rank scratch',
    batch: 'Batch',
  },
  run: (run: string) => `${run}: A, B, gradients, moments`,
  together: 'Together',
  limit: 'Aimed to stay under',
  help: 'Planned before anything is allocated. All runs share one copy of the frozen weights.',
  tooMuch: 'This needs more memory than it should.',
  mayFail: 'It may fail, or slow the whole machine down.',
  mildest: 'The mildest change that fits:',
  noFix:
    'A smaller batch, a shorter context and a lower rank do not suffice, or are still being tried: take fewer runs or a smaller model.',
};

/** Changes that need less memory, as buttons. */
export const thriftier = {
  batch: (to: string, from: string) => `Batch ${to} instead of ${from}`,
  context: (to: number, from: number) => `Context ${to} instead of ${from}`,
  rank: (to: number, from: number) => `Rank ${to} instead of ${from}`,
  /** Several at once; null where that stays. */
  together: (batch: string | null, context: number, rank: number | null) =>
    `${batch === null ? 'Context' : `Batch ${batch}, context`} ${context}${rank === null ? '' : `, rank ${rank}`}`,
};

const SCALED = ', of other settings, and scaled by the tokens of a step';
const UNCOUNTED = 'Samples written on the way are not counted.';

export const time = {
  title: 'Expected time',
  measuring: 'Measuring…',
  unknown: (steps: number) =>
    `Not measured yet. ${steps} real steps tell how fast this device is; what they learn is thrown away.`,
  probe: (steps: number, scaled: boolean) => `Measured on ${steps} real steps${scaled ? SCALED : ''}. ${UNCOUNTED}`,
  run: (scaled: boolean) => `Measured on the last steps of the run before${scaled ? SCALED : ''}. ${UNCOUNTED}`,
  cancel: 'Cancel',
  again: 'Measure again',
  measure: (steps: number) => `Measure ${steps} steps`,
};
