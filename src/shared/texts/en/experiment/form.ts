/** Starting an experiment: the question, its numbers, what is wrong with them. */
const seedCount = (n: number) => `${n} ${n === 1 ? 'seed' : 'seeds'}`;

interface Size {
  variants: number;
  seeds: number;
  cells: number;
  steps: string;
  sessions: number;
}
const sized = (n: Size) =>
  `${n.variants} variants × ${seedCount(n.seeds)} = ${n.cells} runs of ${n.steps} steps, in ${n.sessions} ${n.sessions === 1 ? 'session' : 'sessions'}`;

export const form = {
  legend: 'Question',
  compare: (methods: string, seeds: number) => `Compare methods: ${methods} over ${seedCount(seeds)}`,
  compareText: 'Which method reaches the lower validation loss, and is the difference more than chance?',
  importance: 'Which modules matter?',
  importanceText:
    'A short probe run ranks the modules by their active share. Then plain LoRA trains only the best modules of that ranking, and of six others, with the same number of parameters.',
  seeds: 'Seeds',
  seedsHelp: 'Each seed repeats everything with another initialization and batch order.',
  probe: 'Probe, steps',
  probeHelp: 'Long enough for the gates to settle.',
  budget: 'Budget, in %',
  budgetHelp: 'Of the adapter parameters of all modules.',
  loadBestCheckpoint:
    'Load best checkpoint at end, by the loss on a dev split of a tenth of the train split (the same for all)',
  start: 'Start the experiment',
  missing: {
    busy: 'A session is already training: wait for it to end, or stop it.',
    configure: (problem: string) => `Correct this under Settings first: ${problem}.`,
    model: 'Waiting for a model.',
    data: 'Choose data first.',
  },
  what: 'What is compared',
  of: { methods: 'Methods, all else equal', runs: 'The runs under Settings' },
  runs: (names: string) => `${names}: each with its own settings, gates and controls included.`,
  methods: 'Methods',
  beside:
    'Beside them, at the same sparsity: token dropout, other gates over the same update (the last four are controls)',
  /** What is offered beside the methods, as it stands in a name. */
  arm: {
    soft: 'soft threshold',
    late: 'late gate',
    coin: 'coins',
    random: 'random',
    quantile: 'quantile',
    oracle: 'by sign',
    tokenDropout: 'token dropout',
  } as Record<string, string>,
  shrink: 'Each a second time, shrunk after training (one scale, chosen on the dev split)',
  shrunk: 'shrunk',
  axis: ['Setting to vary', 'combined with'],
  values: 'Values',
  valuesHelp: 'Comma-separated.',
  remove: 'Remove',
  removeOf: (setting: string) => `Do not vary ${setting}`,
  add: 'Vary a setting',
  addSecond: 'Vary a second setting',
  sizeProbe: (n: Size) => `${sized(n)}; by the measured steps about {time}, without scoring answers and gates.`,
  sizeRun: (n: Size) => `${sized(n)}; by the last session about {time}, without scoring answers and gates.`,
  sizeUnknown: (n: Size) => `${sized(n)}. The time is not known until steps are measured under {configure}.`,
  /** `validation`: number of validation examples; null where it is not known. */
  settings: (
    n: { steps: string; sequences: string; tokens: string; rate: number; rank: number; validation: string | null },
    onData: boolean,
  ) =>
    `From {configure}: ${n.steps} steps, batch size ${n.sequences}, max sequence length ${n.tokens}, learning rate ${n.rate}, rank ${n.rank}${onData ? '; data {data}' : ''}${n.validation === null ? '' : `, ${n.validation} validation examples`}.`,
  /** What an experiment is called when it starts. */
  name: {
    many: { methods: (n: number) => `${n} methods`, runs: (n: number) => `${n} runs` },
    compare: (names: string, seeds: number) => `${names} over ${seedCount(seeds)}`,
    grid: (names: string, by: string, seeds: number) => `${names} by ${by} over ${seedCount(seeds)}`,
    importance: (seeds: number) => `Which modules matter? over ${seedCount(seeds)}`,
  },
};

export const grid = {
  list: (parts: readonly string[]) => parts.join(', '),
};
