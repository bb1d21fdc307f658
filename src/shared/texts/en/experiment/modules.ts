/** Module importance: rankings, and the probes they come from. */
export const modules = {
  /** A ranking's name, its criterion, and the selection by it inside a sentence. */
  ranking: {
    active: {
      name: 'Active share',
      by: 'share of active tokens in a TS-LoRA probe',
      choice: 'selection by active share',
    },
    relative: { name: 'Relative change', by: '‖ΔW‖ / ‖W0‖ of a LoRA probe', choice: 'selection by relative change' },
    change: { name: 'Change', by: '‖ΔW‖ of a LoRA probe', choice: 'selection by change' },
    gradient: {
      name: 'Gradient',
      by: 'gradient norm of A and B at the end of a LoRA probe',
      choice: 'selection by gradient',
    },
    sensitivity: {
      name: 'Sensitivity',
      by: 'AdaLoRA’s sensitivity of its singular triplets, in an AdaLoRA probe',
      choice: 'selection by sensitivity',
    },
    weight: { name: 'Weight', by: '‖W0‖ of the frozen layer', choice: 'selection by weight' },
    random: { name: 'Random', by: 'random order, from the seed', choice: 'random selection' },
  },
  all: 'All modules',
  allChoice: 'all modules',
  probe: { gated: 'Probe with gates', plain: 'Probe, plain LoRA', adalora: 'Probe, AdaLoRA' },
  title: 'Modules, ranked',
  frame: 'Rankings and their stability',
  caption: 'Is a ranking the same from seed to seed, and does it agree with the active share?',
  rankingHead: 'Ranking',
  by: 'criterion',
  stability: 'Rank stability between seeds (Spearman ρ)',
  withActive: 'Spearman ρ with active share',
  seedless: 'does not depend on the seed',
  scale: (seeds: number) =>
    `1: the same order; 0: unrelated; −1: reversed. ${seeds === 1 ? 'Stability needs at least two seeds.' : `Over ${seeds} seeds.`}`,
  figure: 'Active share of each module, most active first',
  figureHelp: (budget: string) =>
    `Active share of each module in the probe (layer.kind). Coloured: selected within the budget of ${budget} in at least one seed.`,
  table: 'All modules, with their rank in every ranking',
  module: 'Module',
  parameters: 'Parameters',
  active: 'Active share',
  place: (ranking: string) => `${ranking}: rank (selected)`,
};
