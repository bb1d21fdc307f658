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
    weights: 'Base model (one copy for all runs)',
    activations: 'Saved activations',
    inputs: 'Layer inputs, and one layer’s activations (recomputed in the backward pass)',
    head: 'Head and loss',
    gradients: 'Gradients of activations',
    scratch: 'Gates, lists and low-rank scratch',
    batch: 'Batch',
    samples: 'Samples during training',
    points: 'States that runs go back to after failed steps',
    checkpoint: 'A checkpoint while it is written',
    tokens: 'Tokens of the data set (data worker, page and train worker)',
    tokenizer: 'Tokenizer (data worker and train worker)',
  },
  run: (run: string) => `${run}: A, B, gradients, moments`,
  together: 'Total',
  opening: {
    onnxruntime:
      'Before that, while the model was opened: its file, its weights, and ONNX Runtime, which proved it (freed since)',
    plain: 'Before that, while the model was opened: its weights, and the plain forward, which proved it (freed since)',
  },
  limit: 'Target limit',
  help: 'Planned before anything is allocated, from sizes and counts. All runs share one copy of the base model. What the browser takes for the page itself is not counted.',
  tooMuch: 'This needs more memory than the target limit.',
  mayFail: 'Training may fail, or slow the whole machine down.',
  mildest: 'The smallest change that fits:',
  noFix:
    'A smaller batch, a shorter max sequence length and a lower rank are not enough, or are still being tried. Use fewer runs or a smaller model.',
};

/** Changes that need less memory, as buttons. */
const SCALED = ' with other settings, scaled by the tokens of a step';
const UNCOUNTED = 'Samples during training are not counted.';

export const time = {
  title: 'Expected time',
  measuring: 'Measuring…',
  unknown: (steps: number) =>
    `Not measured yet. ${steps} real steps show how fast this device is. What they learn is discarded.`,
  probe: (steps: number, scaled: boolean) => `Measured on ${steps} real steps${scaled ? SCALED : ''}. ${UNCOUNTED}`,
  run: (scaled: boolean) => `Measured on the last steps of the previous run${scaled ? SCALED : ''}. ${UNCOUNTED}`,
  cancel: 'Cancel',
  again: 'Measure again',
  measure: (steps: number) => `Measure ${steps} steps`,
};
