/** What came out: means with intervals, verdicts, the pictures and tables behind them. */
export const results = {
  /** `phrase`: inside a sentence. */
  measure: {
    loss: { label: 'Held-out loss', phrase: 'held-out loss' },
    best: { label: 'Best on the way', phrase: 'best held-out loss on the way' },
    likelihood: { label: 'Right, by likelihood', phrase: 'share of right answers by likelihood' },
    generated: { label: 'Right, written', phrase: 'share of right answers written' },
    skipped: { label: 'Skipped', phrase: 'skipped share' },
  },
  /** A paired comparison as a sentence; `size` and `half` are written numbers. */
  verdict: {
    noSeed: (name: string, other: string) => `${name} and ${other} have no seed in common yet.`,
    oneSeed: (name: string, other: string, what: string, size: string) =>
      `${name} against ${other}: one seed cannot show a difference in ${what} (here ${size}).`,
    none: (name: string, other: string, what: string, seeds: number, size: string, half: string) =>
      `${name} against ${other}: no difference in ${what} that ${seeds} seeds can show (${size} ± ${half}).`,
    lower: (name: string, other: string, what: string, size: string, half: string) =>
      `${name} is lower by ${size} ± ${half} in ${what} than ${other}.`,
    higher: (name: string, other: string, what: string, size: string, half: string) =>
      `${name} is higher by ${size} ± ${half} in ${what} than ${other}.`,
  },
  sameSetting: (method: string) => `${method}, same setting`,
  figure: 'Held-out loss: mean with 95 % interval, every seed as a dot',
  untouchedLevel: 'untouched model',
  figureHelp: 'Held-out loss. Dots: seeds. Upright: their mean. Line: its 95 % interval.',
  frame: 'Results, mean and interval',
  caption: 'Mean ± 95 % interval over seeds',
  arm: 'Arm',
  seeds: 'Seeds',
  parameters: 'Parameters',
  perplexity: 'Perplexity',
  against: (reference: string) => `Loss against ${reference}, paired`,
  untouched: 'Untouched model',
  seedsDone: (done: number, failed: number) => `${done}${failed > 0 ? ` (${failed} failed)` : ''}`,
  everySeed: 'Every seed',
  seedFrame: 'Held-out loss by seed',
  seed: 'Seed',
  failed: 'failed',
};
