/** What settings are called on the page, so that a mistake can be named in the same words as its field. */
import type { AdaloraConfig, ExperimentConfig, GateConfig, Problem, RunConfig, TrainConfig } from '../../shared/config';

type Named = Exclude<keyof TrainConfig | keyof RunConfig | keyof GateConfig | keyof AdaloraConfig, 'id' | 'gate' | 'adalora'>;

export const SETTING_NAMES: Record<Named, string> = {
  seed: 'Seed', steps: 'Steps', learningRate: 'Learning rate', warmupSteps: 'Warm-up steps', schedule: 'Schedule', beta1: 'Adam β1', beta2: 'Adam β2', epsilon: 'Adam ε',
  weightDecay: 'Weight decay', clipNorm: 'Clip norm', batchSize: 'Batch', accumulation: 'Accumulation', maxTokens: 'Context', evalEvery: 'Evaluate every', evalExamples: 'Evaluation examples',
  sliceShare: 'Slice set aside', keepBest: 'End with the best adapter', patience: 'Patience',
  name: 'Name', method: 'Method', rank: 'Rank', alpha: 'Alpha', rslora: 'rsLoRA scaling', loraPlusRatio: 'LoRA+ ratio', dropout: 'Dropout', modules: 'Adapted layers', only: 'Picked modules',
  rule: 'Rule', lambdaBar: 'Price of a kept token, λ̄', tauStep: 'Step of τ', tauWarmup: 'Steps before τ moves', rhoPer: 'Step from', eta: 'η, size of the step', target: 'Skip', targetPer: 'Share of',
  prices: 'Prices from', pricesEvery: 'Prices every', keep: 'Kept share', follows: 'Follows',
  initRank: 'First rank', tinit: 'First steps without pruning', tfinal: 'Last steps at the final rank', deltaT: 'Prune every', orthRegWeight: 'Orthogonality',
};

const nameOf = (key: string): string => (Object.hasOwn(SETTING_NAMES, key) ? SETTING_NAMES[key as Named] : key);

/** A problem as a sentence's beginning: "TS-LoRA, Kept share: must be at most 1". */
export function describeProblem({ path, message }: Problem, { runs }: ExperimentConfig): string {
  const [part, i, ...rest] = path.split('.');
  if (part === 'train') return `${nameOf(i)}: ${message}`;
  if (part !== 'runs' || i === undefined) return `${path || 'Settings'}: ${message}`;
  const field = rest.findLast((key) => Object.hasOwn(SETTING_NAMES, key));
  return `${runs.at(Number(i))?.name || `Run ${Number(i) + 1}`}${field ? `, ${nameOf(field)}` : ''}: ${message}`;
}
