/** Learning-rate schedules. */
import type { TrainConfig } from '../../shared/config';

/**
 * Learning rate of optimizer step `step` (from 0): linear warm-up lr·(t+1)/warmup, then constant, linear or
 * cosine down to 0 at `steps`.
 */
export function learningRateAt(
  train: Pick<TrainConfig, 'learningRate' | 'warmupSteps' | 'steps' | 'schedule'>,
  step: number,
): number {
  const { learningRate, warmupSteps, steps, schedule } = train;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  if (schedule === 'linear') return learningRate * (1 - done);
  if (schedule === 'cosine') return (learningRate / 2) * (1 + Math.cos(Math.PI * done));
  return learningRate;
}
