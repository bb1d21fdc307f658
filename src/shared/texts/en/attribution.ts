/** Path attribution: what single updates are worth, by token and module. */
export const attribution = {
  /** Beside "active or skipped" and r. */
  mode: 'path attribution',
  run: 'Run',
  measure: 'Measure',
  measuring: 'Measuring',
  cancel: 'Cancel',
  more: (points: number) => `Measure at ${points} points`,
  ask: 'What each update is worth: nats that add up to base loss − run’s loss.',
  waiting: 'Once the session has ended, the loss can be attributed to single updates.',
  none: 'For LoRA, and for TS-LoRA whose rule learns thresholds, is late or goes by sign. There is no such run here.',
  raises: 'raises the loss',
  lowers: 'lowers the loss',
  /** What is said of one token, of all modules that are shown. */
  token: (nats: string, modules: number) => `${nats} nats over ${modules} modules`,
  cell: (module: string, token: string, nats: string) => `${module}, “${token}”: ${nats} nats`,
  sum: ({ sum, measured, error, points }: { sum: string; measured: string; error: string; points: number }) =>
    `Sum ${sum}, measured ${measured} nats/token (base − run): off by ${error} at ${points} points.`,
  explain: {
    what: 'On the way from no adapter to the adapter (Δ·t, t from 0 to 1) each update lowers the loss a little at every t. The integral of that is what the update is worth, together with all others, in nats per loss token: above 0 it lowers the loss, below 0 it raises it. With gates, the same tokens are skipped all the way; with the late gate, the constant that a skipped token gets counts as its update.',
    error: (points: number) =>
      `The integral is taken at ${points} Gauss–Legendre points, so the sum is a little off; the difference is stated.`,
    not: 'It is not what would happen if that update alone were taken away: updates depend on one another.',
  },
  ranking: {
    by: 'Order by',
    share: 'active share',
    title: 'Modules by path attribution',
    column: 'Nats per loss token',
    ofAll: 'of all',
    examples: (examples: number) => `Over ${examples} validation examples.`,
    ask: 'Which modules lower the validation loss, and by how much?',
  },
};
