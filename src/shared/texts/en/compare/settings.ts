/** What the settings are called where runs are compared. In the order in which they are listed. */

export const settings = {
  differ: 'Settings that differ',
  same: 'The settings of these runs are the same, the seed included.',
  setting: 'Setting',
  notApplying: 'does not apply',
  help: 'Everything else is equal. Settings of the token gates are compared among runs that have them.',
  model: 'Model',
  data: 'Data',
  unknown: 'unknown',
  promptTemplate: 'Prompt template',
  completionTemplate: 'Completion template',
  chatTemplate: 'Chat template',
  own: (name: string) => `the model’s own (${name})`,
  none: 'none',
  automatic: 'automatic',
  yes: 'yes',
  no: 'no',
  off: 'off',
  run: {
    method: 'Method', rank: 'Rank', alpha: 'Alpha', rslora: 'Scaled by √rank (rsLoRA)', loraPlusRatio: 'B learns faster than A by (LoRA+)',
    dropout: 'Dropout', learningRate: 'Learning rate of its own', modules: 'Adapted modules', only: 'Only these modules',
  },
  gate: {
    rule: 'Rule that moves τ', lambdaBar: 'Price of a kept token, λ̄', tauStep: 'Step of τ', tauWarmup: 'Steps before τ moves',
    rhoPer: 'Step of τ measured on', eta: 'Proximal step η', target: 'Skipped share aimed at', targetPer: 'Aimed at for',
    prices: 'Prices come from', pricesEvery: 'Steps between held-out prices', keep: 'Share kept', follows: 'Keeps as many as',
  },
  adalora: {
    initRank: 'Rank at the start', tinit: 'Steps before pruning', tfinal: 'Last steps at the final rank', deltaT: 'Steps between prunings',
    beta1: 'Smoothing of sensitivity', beta2: 'Smoothing of uncertainty', orthRegWeight: 'Weight of orthogonality',
  },
  train: {
    seed: 'Seed', steps: 'Steps', learningRate: 'Learning rate', warmupSteps: 'Warm-up steps', schedule: 'Learning-rate schedule',
    beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε', weightDecay: 'Weight decay', clipNorm: 'Gradient clipping at norm',
    batchSize: 'Batch, sequences', accumulation: 'Batches added up before an update', maxTokens: 'Context, tokens',
    evalEvery: 'Steps between evaluations', evalExamples: 'Evaluation examples', sliceShare: 'Share of the training data set aside',
    keepBest: 'Ends with its best adapter', patience: 'Early stopping after evaluations without gain',
  },
  /** By path: where null is a setting. */
  unset: {
    'train.patience': 'never', 'run.learningRate': 'that of all runs', 'run.only': 'in every layer', 'run.gate.target': 'left to the rule', 'run.gate.follows': 'nobody',
  },
  /** By path: where a value is one of a few. */
  value: {
    'train.schedule': { constant: 'constant', linear: 'linear', cosine: 'cosine' },
    'run.gate.rule': { reconstructed: 'reconstructed', literal: 'literal', exact: 'exact', averaged: 'averaged', quantile: 'quantile', random: 'random', oracle: 'oracle' },
    'run.gate.rhoPer': { run: 'run', module: 'module' },
    'run.gate.targetPer': { run: 'run', module: 'module' },
    'run.gate.prices': { own: 'own', 'held-out': 'held-out' },
  },
};
