/** What gates skip, by token class, and how noisy the updates are. */
export const noise = {
  title: 'Update noise',
  variant: 'Variant',
  line: {
    activeOwn: 'active, train batch',
    activeFresh: 'active, validation',
    skippedOwn: 'skipped, train batch',
    skippedFresh: 'skipped, validation',
  },
  figure: 'Share of token updates that would lower the loss, over steps',
  chance: 'chance level',
  help: (variant: string) =>
    `${variant}: share of token updates that would lower the loss (gate gradient μ < 0), over steps. μ of active tokens is measured with the update applied, μ of skipped ones without it, so that the two lines differ for a random gate as well: compare each with the same line of a random gate. Train batch: the batch of that step. Validation: examples that no run trains on.`,
  step: 'Step',
};

export const classes = {
  title: 'Skipped tokens by class',
  variant: 'Variant',
  figure: 'Share of token updates that are skipped, by token class',
  help: (variant: string) =>
    `${variant}: share of token updates that the gates skip on validation examples, over all modules. Bars: mean over seeds; lines: 95 % CI.`,
  frame: 'Skipped share by token class',
  by: 'By',
  class: 'Class',
  tokens: 'Tokens, all seeds',
  skipped: 'Skipped',
  /** By the names under which results are kept. */
  group: {
    Kind: 'Kind',
    Part: 'Part',
    'Place in the text': 'Position in the text',
    Frequency: 'Frequency',
    Picture: 'Part of the picture',
  },
  name: {
    whitespace: 'whitespace',
    punctuation: 'punctuation',
    digits: 'digits',
    'function word': 'function word',
    'other word': 'other word',
    'inside a word': 'inside a word',
    mark: 'special token',
    prompt: 'prompt',
    answer: 'answer',
    first: 'first',
    'after 64': 'after 64',
    'the 10 commonest': 'the 10 most frequent',
    'the next 90': 'the next 90',
    'the next 900': 'the next 900',
    rarer: 'less frequent',
    'not in the training data': 'not in the train split',
    'class token': 'class token',
    'edge patch': 'patches at the edge',
    'inner patch': 'patches inside',
  },
};
