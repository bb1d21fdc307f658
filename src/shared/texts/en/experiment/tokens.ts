/** What gates skip, by class of token, and how noisy the updates are. */
export const noise = {
  title: 'How noisy the updates are',
  arm: 'Arm',
  line: {
    keptOwn: 'kept, same batch',
    keptFresh: 'kept, fresh data',
    skippedOwn: 'skipped, same batch',
    skippedFresh: 'skipped, fresh data',
  },
  figure: 'Share of token updates that would lower the loss, over steps',
  chance: 'as good as chance',
  help: (arm: string) =>
    `${arm}: share of token updates that would lower the loss (μ < 0), over steps. A gate that drops noise keeps tokens whose update helps on fresh data too, and skips those whose update does not. Same batch: the one just learnt from. Fresh: held-out examples.`,
  table: 'As a table',
  frame: 'Share of updates that help, by step',
  step: 'Step',
};

export const classes = {
  title: 'Which tokens are skipped',
  arm: 'Arm',
  figure: 'Share of token updates that are skipped, by class of token',
  help: (arm: string) =>
    `${arm}: share of token updates that the gates skip on held-out examples, over all modules. Bars: mean over seeds; lines: 95 % interval.`,
  table: 'As a table',
  frame: 'Skipped share by class of token',
  by: 'By',
  class: 'Class',
  tokens: 'Tokens, all seeds',
  skipped: 'Skipped',
  /** By the names under which results are kept. */
  group: { Kind: 'Kind', Part: 'Part', 'Place in the text': 'Place in the text', Frequency: 'Frequency' },
  name: {
    whitespace: 'whitespace',
    punctuation: 'punctuation',
    digits: 'digits',
    'function word': 'function word',
    'other word': 'other word',
    'inside a word': 'inside a word',
    mark: 'mark',
    prompt: 'prompt',
    answer: 'answer',
    first: 'first',
    'after 64': 'after 64',
    'the 10 commonest': 'the 10 commonest',
    'the next 90': 'the next 90',
    'the next 900': 'the next 900',
    rarer: 'rarer',
    'not in the training data': 'not in the training data',
  },
};
