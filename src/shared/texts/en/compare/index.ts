/** Compare section: runs side by side, and the blind vote. */
import { settings } from './settings';

/** How many of the decided votes a run won, and its 95 % interval. */
interface Votes {
  name: string;
  votes: number;
  of: number;
  share: string;
  low: string;
  high: string;
}

export const compare = {
  settings,
  lead: 'The same prompt and the same sampling seed: only the adapters differ. You can compare any runs, those of saved sessions too.',
  /** In the place of prompts, answers and samples. */
  classesOnly:
    'What was trained tells classes apart and writes no text: its answers are under “Labels”. For prompts and samples, train a model that writes text, with the task type CAUSAL_LM.',
  name: {
    base: 'Base model',
    baseOf: (session: string) => `Base model · ${session}`,
    imported: (name: string) => `${name} (imported)`,
    /** An adapter whose files do not say what it is called. */
    unnamed: 'Imported adapter',
  },
  points: (n: string) => `${n} points`,
  chooser: {
    compared: 'Runs',
    baseline: 'Baseline',
    base: 'without an adapter',
    baseOf: (model: string) => `${model}, without an adapter`,
    imported: 'an adapter from a file: it can generate, but has no curves',
    failed: (steps: string) => `failed after ${steps} steps`,
    none: 'no steps yet',
    steps: (steps: string) => `${steps} steps`,
    run: (steps: string, seed: number) => `${steps} · seed ${seed}`,
    saved: (steps: string, seed: number, model: string) => `${steps} · seed ${seed} · saved, ${model}`,
    silent: (why: string) => `cannot generate: ${why}`,
    fromSaved: (name: string) => `Saved session: ${name}`,
    remove: 'Remove',
    removeOne: (name: string) => `Remove ${name}`,
    savedSessions: 'Saved sessions',
    reading: 'Reading…',
    add: 'Add',
    addOne: (name: string) => `Add ${name}`,
  },
  answers: {
    eachTemplate: 'Each run gets it in the template that it was trained with.',
    template: 'The run’s prompt template is applied: {template}',
    chatTemplate: 'The model’s own chat template is applied; this is the first user turn.',
    noTemplate: 'No template: the models continue this text.',
    toTry: 'Prompts to try:',
    prompt: 'Prompt',
    sampling: 'Sampling',
    seed: 'Seed',
    seedHelp: 'The same for all.',
    maxNewTokens: 'Max new tokens',
    temperature: 'Temperature',
    temperatureHelp: '0: greedy.',
    topP: 'Top-p',
    topPHelp: 'Sample from the most likely tokens with this total probability.',
    writing: 'Generating…',
    ask: 'Generate',
    cancel: 'Cancel',
    showDiff: (baseline: string) => `Show diff to ${baseline}`,
    added: 'added',
    removed: 'removed',
    same: (baseline: string) => `The same words as ${baseline}.`,
    differs: (baseline: string, same: number, added: number, removed: number) =>
      `Diff to ${baseline}: ${same} words the same, ${added} added, ${removed} removed.`,
    emptyAnswer: '(empty answer)',
    fromFile: 'Prompts from a file',
    fileHelp: 'Up to 100 prompts, one per line, or JSON with a “prompt” each.',
    file: 'File with prompts',
    batch: (done: number, of: number) => `Answers to ${of} prompts${done < of ? `, ${done} done` : ''}`,
  },
  written: {
    measure: 'Measure exact match',
    help: 'Greedy answers to the evaluation examples, compared with the expected ones.',
    none: 'The evaluation examples have no short answers to compare with.',
    caption: (examples: number) => `Written answers, on ${examples} validation examples`,
    run: 'Run',
    exactMatch: 'Exact match (greedy)',
    tokenF1: 'Token-F1 (greedy)',
  },
  curves: {
    smoothing: 'Smoothing of the train loss {weight}',
    validation: 'Validation loss',
    validationOver: 'Validation loss of all compared runs over steps',
    validationWhat:
      'Loss on the validation split at each evaluation; every run starts as the base model. Where the validation splits differ, only the shapes of the lines can be compared.',
    training: 'Train loss',
    trainingOver: 'Train loss of all compared runs over steps',
    trainingWhat:
      'Loss of each training batch. Runs with the same seed and data see the same batches in the same order, so their lines move together.',
    level: (name: string, loss: string) => `${name} stays at ${loss}.`,
    last: (name: string, loss: string, step: number) => `${name}: ${loss} at step ${step}.`,
  },
  metrics: {
    title: 'Metrics',
    titleOn: (examples: number) => `Metrics, on ${examples} validation examples`,
    baseline: 'baseline',
    run: 'Run',
    step: 'Step',
    loss: 'Validation loss',
    difference: 'Δ loss',
    pairedDifference: 'Δ loss, paired by seed',
    perplexity: 'Perplexity',
    bestLoss: 'Best validation loss',
    bestAt: (loss: string, step: number) => `${loss} (step ${step})`,
    skipped: 'Skipped, validation',
    best: { loss: 'lowest', perplexity: 'lowest', parameters: 'fewest' },
    strangers: (reference: string, names: string[]) =>
      `Not compared with ${reference}: ${names.join(', ')}. ${names.length === 1 ? 'Its losses were' : 'Their losses were'} measured with another base model or on another validation split.`,
    cost: 'Cost',
    parameters: 'Trainable parameters',
    tokens: 'Tokens seen',
    time: 'Time',
    timeDifference: 'Δ time',
    seedsTitle: 'Over seeds: mean ± 95 % CI',
    seedList: 'Seeds',
    overSeeds:
      'Runs that differ only in their seed are put together below: the interval there says how much of a difference is chance.',
    saved: 'Adapter FLOPs saved',
    help: 'Time is the sum of all steps, without pauses. Runs of one session share it, so only runs of separate sessions on the same machine can be compared.',
    empty: 'Train a run or add a saved session to see its metrics here.',
    oneSeed: (seed: number) =>
      `All runs have seed ${seed}: one seed cannot tell which is better, because another seed may reverse the order. An experiment trains each of them with several seeds and reports confidence intervals.`,
    seeds: (seeds: number[]) =>
      `The runs have different seeds (${seeds.join(', ')}), so part of every difference is chance; one run of each cannot tell how much. An experiment trains each of them with several seeds and reports confidence intervals.`,
  },
  tradeOff: {
    title: 'Loss against skipped share',
    over: 'Validation loss of each run over the share of updates that it skips',
    skipped: 'skipped, validation',
    base: 'base model',
    what: 'One point per run, or per group of runs that differ only in their seed: how much of the updates it skips, and where its validation loss ended. Lower and further right is better. Small dots are seeds; a line is the 95 % CI of their mean. A run without gates skips nothing.',
    point: (run: string, skipped: string, loss: string) => `${run}: ${skipped} skipped, loss ${loss}.`,
    level: (loss: string) => `The base model has ${loss}.`,
  },
  bands: {
    title: 'Validation loss over seeds',
    over: 'Validation loss over steps: mean and range over seeds',
    what: 'Runs that differ only in their seed, as one line: their mean at every evaluation that all of them have. The band is the range of the seeds.',
    end: (run: string, seeds: number, loss: string, step: number) =>
      `${run}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: ${loss} at step ${step}.`,
  },
  skips: {
    only: (run: string) =>
      `Only ${run} has token gates; its map is under Train. Choose a second gated run to see both here.`,
    title: (step: number) => `Skipped share of each run, step ${step}`,
    minus: (run: string, reference: string) => `${run} minus ${reference}`,
    missing: (module: string) => `${module} is not a target module of all runs`,
    cell: (module: string, share: string, step: number) => `${module}: ${share} skipped at step ${step}`,
    shift: (module: string, points: string) => `${module}: ${points} points skipped`,
    atStep: (run: string, step: number) => `${run}, step ${step}`,
    ownStep: (step: number) => `(step ${step})`,
    what: 'One cell per target module and run: the share of tokens, in percent, that the module’s gate skipped in that training batch. All maps have the same colours and move with the same slider; a run that ended earlier stays at its last step.',
    mean: (run: string, share: string, step: number) =>
      `${run} skips ${share} of a module’s tokens on average at step ${step}.`,
    differences:
      'The lower maps show differences from the baseline: blue, with a plus, where a run skips more; orange, with a minus, where it skips less.',
    table: 'Skipped shares of all modules',
    caption: (step: number) => `Skipped share in percent at step ${step}, differences in percentage points`,
  },
  vote: {
    title: 'Blind vote',
    needsTwo: 'Two models that can generate are needed: the base model and a run, or two runs.',
    help: 'Both answer the same prompt with the sampling settings above. The answers appear in random order, and you see their names only when you ask. Decide beforehand how many votes to give: stopping as soon as the result looks good is not a test.',
    one: 'First',
    other: 'Second',
    prompts: 'Prompts',
    validation: 'validation examples',
    own: 'your own',
    noValidation: 'There are none yet: choose data under Data.',
    validationOf: (n: number, data: string) =>
      `${n} of ${data}, in random order. A run of a saved session may have been trained on another split.`,
    lines: 'Prompts, one per line',
    start: 'Start voting',
    round: (n: number) => `Round ${n}`,
    prompt: 'Prompt: {prompt}',
    writing: 'Generating both answers…',
    noRound: 'No round is open.',
    answer: (n: number) => `Answer ${n}`,
    emptyAnswer: '(empty answer)',
    better: (n: number) => `Answer ${n} is better`,
    tie: 'No difference',
    keys: 'Keys 1, 2 and 0 do the same.',
    ties: 'no difference',
    same: 'same answer',
    allFor: (name: string) => `all for ${name}`,
    hide: 'Hide the names',
    show: 'Show the names',
    next: 'Next round',
    cancel: 'Cancel this round',
    reset: 'Delete the votes',
    outcome: {
      none: 'No vote has preferred one of the two yet.',
      preferred: ({ name, votes, of, share, low, high }: Votes) =>
        `You preferred ${name} in ${votes} of ${of} decided ${of === 1 ? 'vote' : 'votes'} (${share}, 95 % CI ${low} to ${high}). Chance alone would rarely do that.`,
      unclear: ({ name, votes, of, share, low, high }: Votes) =>
        `No clear preference: ${votes} of ${of} decided ${of === 1 ? 'vote' : 'votes'} for ${name} (${share}, 95 % CI ${low} to ${high}; 50 % is a coin toss).`,
    },
  },
  /** The comparison as one HTML file. */
  result: {
    made: (time: string, software: string) =>
      `Written on ${time} UTC by ${software} in a browser. Lower loss is better.`,
    settingsOf: (run: string) => `All settings of ${run}`,
  },
  adapters: {
    title: 'Export and import adapters',
    help: 'Each run can leave as an adapter for PEFT, or as files for other runtimes. What Sieve or PEFT wrote as an adapter can be imported again.',
    import: 'Import an adapter',
    file: 'Adapter zip',
  },
};
