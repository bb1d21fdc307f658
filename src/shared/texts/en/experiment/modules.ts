/** Module importance: rankings, and the probes they come from. */
export const modules = {
  /** What a ranking is called, what it goes by, and its choice inside a sentence. */
  ranking: {
    active: {
      name: 'Active share',
      by: 'tokens that the gate keeps in a TS-LoRA probe',
      choice: 'choosing by active share',
    },
    relative: { name: 'Relative change', by: '‖ΔW‖ / ‖W0‖ of a LoRA probe', choice: 'choosing by relative change' },
    change: { name: 'Change', by: '‖ΔW‖ of a LoRA probe', choice: 'choosing by change' },
    gradient: {
      name: 'Gradient',
      by: 'gradient norm of A and B at the end of a LoRA probe',
      choice: 'choosing by gradient',
    },
    sensitivity: {
      name: 'Sensitivity',
      by: 'AdaLoRA’s sensitivity of its singular triplets, in an AdaLoRA probe',
      choice: 'choosing by sensitivity',
    },
    weight: { name: 'Weight', by: '‖W0‖ of the frozen layer', choice: 'choosing by weight' },
    random: { name: 'Random', by: 'chance, from the seed', choice: 'choosing at random' },
  },
  all: 'All modules',
  allChoice: 'taking all modules',
  probe: { gated: 'Probe with gates', plain: 'Probe, plain LoRA', adalora: 'Probe, AdaLoRA' },
  title: 'Modules, ranked',
  frame: 'Rankings and their stability',
  caption: 'Is a ranking the same from seed to seed, and does it agree with the active share?',
  rankingHead: 'Ranking',
  by: 'goes by',
  stability: 'Rank correlation between seeds',
  withActive: 'with active share',
  seedless: 'does not depend on it',
  scale: (seeds: number) =>
    `1: the same order; 0: no relation; −1: reversed. ${seeds === 1 ? 'Between seeds it takes two.' : `Over ${seeds} seeds.`}`,
  figure: 'Share of tokens that each module’s gate kept, most active first',
  figureHelp: (budget: string) =>
    `Active share of each module in the probe (layer.kind). Coloured: among those that fit the budget of ${budget} in at least one seed.`,
  table: 'All modules, with their place in every ranking',
  module: 'Module',
  parameters: 'Parameters',
  active: 'Active share',
  place: (ranking: string) => `${ranking}: place (chosen)`,
};
