/** Starting an experiment: the question, its numbers, what is wrong with them. */
const seedCount = (n: number) => `${n} ${n === 1 ? 'seed' : 'seeds'}`;

interface Size {
  arms: number;
  seeds: number;
  cells: number;
  steps: string;
  sessions: number;
}
const sized = (n: Size) =>
  `${n.arms} arms × ${seedCount(n.seeds)} = ${n.cells} runs of ${n.steps} steps, in ${n.sessions} ${n.sessions === 1 ? 'session' : 'sessions'}`;

export const form = {
  legend: 'What do you want to know?',
  compare: (methods: string, seeds: number) => `Compare methods: ${methods} over ${seedCount(seeds)}`,
  compareText: 'Which method gets the lower loss on data it has not seen, and is the difference more than chance?',
  importance: 'Which modules matter?',
  importanceText:
    'A short probe ranks the layers by how many tokens their gates keep. Then plain LoRA gets only the best of that ranking, and of six others, at the same number of parameters.',
  seeds: 'Seeds',
  seedsHelp: 'Each one repeats everything with another start and order.',
  probe: 'Probe, steps',
  probeHelp: 'Long enough for the gates to settle.',
  budget: 'Budget, in %',
  budgetHelp: 'Of the parameters of all modules.',
  keepBest:
    'Keep each run’s best adapter, judged on a tenth of the training data set aside (early stopping, the same for all)',
  start: 'Start the experiment',
  missing: {
    busy: 'Something is training already: wait for its end, or stop it.',
    configure: (problem: string) => `Correct this under Configure first: ${problem}.`,
    model: 'Waiting for a model.',
    data: 'Choose data first.',
  },
  what: 'What is compared',
  of: { methods: 'Methods, all else equal', runs: 'The runs under Configure' },
  runs: (names: string) => `${names}: each as it is set there, gates and controls included.`,
  methods: 'Methods',
  axis: ['Setting that varies', 'and with it'],
  values: 'Values',
  valuesHelp: 'Parted by commas.',
  remove: 'Remove',
  removeOf: (setting: string) => `Do not vary ${setting}`,
  add: 'Vary a setting',
  addSecond: 'Vary a second one',
  sizeProbe: (n: Size) => `${sized(n)}; by the steps measured about {time}, answers and gates looked at not counted.`,
  sizeRun: (n: Size) => `${sized(n)}; by the last run about {time}, answers and gates looked at not counted.`,
  sizeUnknown: (n: Size) => `${sized(n)}. How long that takes is known once steps were measured under {configure}.`,
  /** `heldOut`: examples measured on; null where they are not known. */
  settings: (
    n: { steps: string; sequences: string; tokens: string; rate: number; rank: number; heldOut: string | null },
    onData: boolean,
  ) =>
    `As set under {configure}: ${n.steps} steps of ${n.sequences} sequences, up to ${n.tokens} tokens each, learning rate ${n.rate}, rank ${n.rank}${onData ? '; on {data}' : ''}${n.heldOut === null ? '' : `, measured on ${n.heldOut} held-out examples`}.`,
  problem: {
    seeds: (most: number) => `Choose 1 to ${most} seeds.`,
    two: {
      methods: 'Choose at least two methods to compare, or a setting that varies.',
      runs: 'Choose at least two runs to compare, or a setting that varies.',
    },
    none: 'Choose at least one method.',
    oneArm: 'That makes one arm only: give a second value.',
    probe: 'The probe needs at least one step.',
    budget: 'The budget must lie between 1 and 100 %.',
  },
  /** What an experiment is called when it starts. */
  name: {
    many: { methods: (n: number) => `${n} methods`, runs: (n: number) => `${n} runs` },
    compare: (names: string, seeds: number) => `${names} over ${seedCount(seeds)}`,
    grid: (names: string, by: string, seeds: number) => `${names} by ${by} over ${seedCount(seeds)}`,
    importance: (seeds: number) => `Which modules matter? over ${seedCount(seeds)}`,
  },
};

export const grid = {
  /** `short`: inside a sentence; `at`: with a value, as it stands in an arm's name. */
  field: {
    learningRate: { label: 'Learning rate', short: 'learning rate', at: (v: string) => `learning rate ${v}` },
    rank: { label: 'Rank', short: 'rank', at: (v: string) => `rank ${v}` },
    alpha: { label: 'Alpha', short: 'alpha', at: (v: string) => `alpha ${v}` },
    loraPlusRatio: { label: 'LoRA+ ratio', short: 'LoRA+ ratio', at: (v: string) => `LoRA+ ${v}` },
    dropout: { label: 'Dropout, %', short: 'dropout', at: (v: string) => `dropout ${v} %` },
    target: {
      label: 'Skipped share to steer to, %',
      short: 'skipped share to steer to',
      at: (v: string) => `skip ${v} %`,
    },
    lambdaBar: { label: 'Price of a kept token, λ̄', short: 'price of a kept token', at: (v: string) => `λ̄ ${v}` },
    keep: { label: 'Kept share, %', short: 'kept share', at: (v: string) => `keep ${v} %` },
  },
  list: (parts: readonly string[]) => parts.join(', '),
  problem: {
    none: (label: string, example: string) => `${label}: give at least one value, such as ${example}.`,
    many: (label: string, most: number) => `${label}: at most ${most} values.`,
    number: (label: string, value: string) => `${label}: “${value}” is no number.`,
    twice: (label: string) => `${label}: a value stands twice.`,
    same: 'Choose two different settings.',
    unused: (label: string) => `None of the methods chosen has the setting “${label}”.`,
    arms: (n: number, most: number) => `That makes ${n} arms; at most ${most}. Choose fewer values or methods.`,
    setting: (problem: string) => `${problem}.`,
  },
};
