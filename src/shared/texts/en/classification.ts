/** Where rows have labels: accuracy, confusion matrices, classes, mistakes. */
import type { ChosenBy } from '../../classification';

export const classification = {
  title: 'Classification',
  curve: {
    title: 'Accuracy',
    over: 'Accuracy over steps',
    axis: 'accuracy',
    what: 'Share of labelled validation examples whose label a run tells rightly: on the way of the evaluation examples, at the end of all of them.',
    last: (run: string, accuracy: string, count: string, step: number) =>
      `${run}: ${accuracy} (${count}) at step ${step}.`,
  },
  waiting: 'The classification of every validation example comes at the end of the session.',
  measured: (examples: number, classes: number) => `${examples} validation examples, ${classes} classes.`,
  by: {
    likelihood:
      'A label is chosen by likelihood: of all labels, the one whose text is most likely after the prompt (sum of the log probabilities of its tokens).',
    greedy:
      'A label is chosen by constrained greedy decoding: token by token, the most likely one that goes on with one of the labels. With so many labels, all their likelihoods would take too long.',
    head: 'A label is chosen by the class head: the class with the largest logit.',
  } satisfies Record<ChosenBy, string>,
  none: 'None of these runs was measured on labelled examples.',
  others: (names: string[]) => `Measured on other examples, so not shown here: ${names.join(', ')}.`,
  scores: 'Scores',
  run: 'Run',
  accuracy: 'Accuracy (95 % CI)',
  interval: (low: string, high: string) => `${low} to ${high}`,
  right: 'Right',
  ofAll: (right: number, examples: number) => `${right} of ${examples}`,
  macroF1: 'Macro-F1',
  majority: (label: string) => `Always “${label}”`,
  majorityHelp: 'The most frequent label of the train split.',
  matrix: {
    title: 'Confusion matrices',
    what: 'One row per label, one column per predicted label; the diagonal is right. Shades are shares of a row. Choose a cell to see its examples.',
    row: (name: string, accuracy: string) => `${name}: ${accuracy}`,
    right: (label: string, n: number, of: number) => `“${label}”: ${n} of ${of} right`,
    taken: (label: string, predicted: string, n: number, of: number) =>
      `“${label}” taken for “${predicted}”: ${n} of ${of}`,
    rampRight: 'Right: 0 %',
    rampWrong: 'Wrong: 0 %',
    high: '100 % of a row',
  },
  classes: {
    title: 'Per class',
    class: 'Class',
    support: 'Support',
    predicted: 'Predicted',
    precision: 'Precision',
    recall: 'Recall',
    f1: 'F1',
  },
  examples: {
    title: 'Examples',
    mistakes: (n: number) => `Mistakes: ${n}`,
    right: (label: string, n: number) => `“${label}”, told rightly: ${n}`,
    taken: (label: string, predicted: string, n: number) => `“${label}” taken for “${predicted}”: ${n}`,
    all: 'All mistakes',
    none: 'No example.',
    text: 'Text',
    label: 'Label',
    predicted: 'Predicted',
    probability: 'Probability',
    shown: (n: number, of: number) => `The first ${n} of ${of}; the CSV has all.`,
    csv: 'CSV',
    csvOf: (what: string) => `CSV of “${what}”`,
  },
  tile: 'Accuracy',
  verdict: (run: string, accuracy: string, baseline: string, other: string) =>
    `Accuracy: ${run} ${accuracy}, ${baseline} ${other}.`,
};
