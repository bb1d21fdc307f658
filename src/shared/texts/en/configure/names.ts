/** What settings are called, at their fields and where a mistake is named. */
export const name = {
  seed: 'Seed', steps: 'Steps', learningRate: 'Learning rate', warmupSteps: 'Warm-up steps', schedule: 'Schedule', beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε',
  weightDecay: 'Weight decay', clipNorm: 'Clip norm', batchSize: 'Batch', accumulation: 'Accumulation', maxTokens: 'Context', evalEvery: 'Evaluate every', evalExamples: 'Evaluation examples',
  sliceShare: 'Slice set aside', keepBest: 'End with the best adapter', patience: 'Patience',
  name: 'Name', method: 'Method', rank: 'Rank', alpha: 'Alpha', rslora: 'rsLoRA scaling', loraPlusRatio: 'LoRA+ ratio', dropout: 'Dropout', modules: 'Adapted layers', only: 'Picked modules',
  rule: 'Rule', lambdaBar: 'Price of a kept token, λ̄', tauStep: 'Step of τ', tauWarmup: 'Steps before τ moves', rhoPer: 'Step from', eta: 'η, size of the step', target: 'Skip', targetPer: 'Share of',
  prices: 'Prices from', pricesEvery: 'Prices every', keep: 'Kept share', follows: 'Follows',
  initRank: 'First rank', tinit: 'First steps without pruning', tfinal: 'Last steps at the final rank', deltaT: 'Prune every', orthRegWeight: 'Orthogonality',
};

/** A field's label with its unit. */
export const inPercent = (label: string) => `${label}, %`;
export const inTokens = (label: string) => `${label}, tokens`;
export const inSteps = (label: string) => `${label}, steps`;
