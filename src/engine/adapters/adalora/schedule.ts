/** AdaLoRA's budget over a run, as PEFT's RankAllocator has it; `step` counts optimizer steps from 0. */
import type { RunConfig, TrainConfig } from '../../../shared/config';
import { ConfigError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import { adaloraWindow } from '../../../shared/methods/adalora';

export interface AdaloraSchedule {
  steps: number;
  /** Steps before pruning starts, and final ones at the target. */
  tinit: number;
  tfinal: number;
}

/** @throws {ConfigError} when nothing is left to prune in, or nothing to prune */
export function adaloraSchedule(run: RunConfig, { steps }: Pick<TrainConfig, 'steps'>): AdaloraSchedule {
  const { initRank } = run.adalora;
  const schedule = { steps, ...adaloraWindow(run.adalora, steps) };
  if (schedule.tinit >= steps - schedule.tfinal)
    throw new ConfigError(
      message('engine.adapter.adaloraWindow', { run: run.name, first: schedule.tinit, last: schedule.tfinal, steps }),
    );
  if (initRank < run.rank)
    throw new ConfigError(message('engine.adapter.adaloraRank', { run: run.name, start: initRank, target: run.rank }));
  return schedule;
}

/** What AdaLoRA does after a step. */
export interface AdaloraStep {
  /** Sensitivity is measured. */
  learn: boolean;
  /** Triplets that the budget drops, of `initial`; null where none is chosen. */
  drop: number | null;
  /** What was dropped is held at 0. */
  mask: boolean;
}

export interface Budget {
  /** Steps between two prunings. */
  deltaT: number;
  /** Triplets of all modules together, at the start and in the end. */
  initial: number;
  target: number;
}

export function adaloraStep(
  { steps, tinit, tfinal }: AdaloraSchedule,
  step: number,
  { deltaT, initial, target }: Budget,
): AdaloraStep {
  const last = steps - tfinal;
  // The choice of the last pruning step is held from there on.
  if (step > last) return { learn: false, drop: null, mask: true };
  const learn = step < last;
  if (step <= tinit) return { learn, drop: null, mask: false };
  const left = 1 - (step - tinit) / (last - tinit);
  const budget = Math.trunc((initial - target) * left ** 3 + target);
  const chosen = step % deltaT === 0 || step === last;
  return { learn, drop: chosen ? initial - budget : null, mask: chosen };
}
