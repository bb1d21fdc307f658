/** Results: means with confidence intervals, verdicts, figures and tables. */

/** A paired difference as it is written, with its 95 % interval. */
export interface WrittenInterval {
  difference: string;
  low: string;
  high: string;
  seeds: number;
}
const ci = (n: WrittenInterval) => `95 % CI ${n.low} to ${n.high}, n = ${n.seeds}`;

export const results = {
  measure: {
    loss: 'Validation loss',
    best: 'Best validation loss',
    likelihood: 'Accuracy',
    macroF1: 'Macro-F1',
    generated: 'Exact match (greedy)',
    tokenF1: 'Token-F1 (greedy)',
    skipped: 'Skipped',
  },
  /** A paired comparison as a sentence; all numbers are written with their unit. */
  verdict: {
    noSeed: (name: string, other: string) => `${name} and ${other} have no seed in common yet.`,
    oneSeed: (name: string, other: string, what: string, difference: string) =>
      `${what}: ${name} minus ${other} is ${difference}; one seed cannot show a difference.`,
    none: (name: string, other: string, what: string, n: WrittenInterval) =>
      `${what}: no difference shown between ${name} and ${other} (${n.difference}, ${ci(n)}).`,
    better: (name: string, other: string, what: string, n: WrittenInterval) =>
      `${what}: ${name} better by ${n.difference} than ${other} (${ci(n)}).`,
    worse: (name: string, other: string, what: string, n: WrittenInterval) =>
      `${what}: ${name} worse by ${n.difference} than ${other} (${ci(n)}).`,
  },
  sameSetting: (method: string) => `${method}, same setting`,
  figure: 'Validation loss: mean with 95 % CI, every seed as a dot',
  baseLevel: 'base model',
  figureHelp: 'Validation loss. Dots: seeds. Upright: their mean. Line: 95 % CI.',
  bands: 'Validation loss over steps: mean and range over seeds',
  bandsHelp: 'Line: mean over the seeds that finished, at every evaluation. Band: their range.',
  caption: 'Mean ± 95 % CI over seeds',
  variant: 'Variant',
  seeds: 'Seeds',
  parameters: 'Parameters',
  perplexity: 'Perplexity',
  against: (baseline: string) => `Loss minus ${baseline}, paired`,
  base: 'Base model',
  seedsDone: (done: number, failed: number) => `${done}${failed > 0 ? ` (${failed} failed)` : ''}`,
  everySeed: 'Every seed',
  seedFrame: 'Validation loss by seed',
  seed: 'Seed',
  failed: 'failed',
};
