/** How long an experiment will take, from steps that were really timed. Pure. */
import { type SessionConfig, rankOf } from '../../shared/config';
import type { PrepareReport } from '../../shared/data';
import { tokensPerStep } from './estimate';

/** Timed steps and what they were timed with. */
export interface Timing {
  /** Settings that bear on a step's time, see `timingKey`. */
  key: string;
  /** Tokens × runs of a step. */
  load: number;
  /** Of each timed step, all runs together, in ms. */
  stepMs: number[];
  /** Of one evaluation batch of all runs, in ms; null where it was not timed on its own. */
  evalMs: number | null;
  /** Steps timed for this, or those of the last run. */
  from: 'probe' | 'run';
}

export interface Expected {
  low: number;
  high: number;
  /** Whether the steps were timed with other settings, so that they had to be scaled by the tokens. */
  scaled: boolean;
  from: Timing['from'];
}

type Lengths = Pick<PrepareReport, 'tokens' | 'examples' | 'validation'> | null;

/** Evaluation costs this share of a step's time per batch where it was not timed: a forward pass of three. */
const EVAL_SHARE = 1 / 3;

/** What changes a step's time, besides its tokens. */
export function timingKey({ train, runs }: SessionConfig): string {
  return JSON.stringify([
    train.batchSize,
    train.gradientAccumulationSteps,
    train.maxSequenceLength,
    ...runs.map((r) => [
      r.method,
      rankOf(r),
      r.modules,
      r.only,
      r.dropout > 0 || r.tokenDropout > 0,
      r.gate.rule,
      r.gate.gradientFrom,
      r.gate.gradientInterval,
    ]),
  ]);
}

export const stepLoad = ({ train, runs }: SessionConfig, data: Lengths): number =>
  tokensPerStep(train, data) * runs.length;

/** Evaluations of a run: on the way and at the end. */
const evaluations = ({ steps, evalInterval }: SessionConfig['train']): number => Math.ceil(steps / evalInterval);

/** A range, from the fastest and the slowest step that was timed; null without any. */
export function expectedTime(config: SessionConfig, timing: Timing | null, data: Lengths): Expected | null {
  if (!timing || timing.stepMs.length === 0 || !(timing.load > 0)) return null;
  const { train } = config;
  const scale = stepLoad(config, data) / timing.load;
  const exact = timing.key === timingKey(config) && Math.abs(scale - 1) < 0.01;
  const batches =
    Math.ceil(Math.min(train.evalExamples, data?.validation ?? train.evalExamples) / train.batchSize) *
    evaluations(train);
  const total = (step: number) => {
    const evalMs = timing.evalMs ?? (step * EVAL_SHARE) / train.gradientAccumulationSteps;
    return (train.steps * step + batches * evalMs) * (exact ? 1 : scale);
  };
  // Steps of another shape do not scale by their tokens alone: the range says so.
  const doubt = exact ? 1 : 1.4;
  return {
    low: total(Math.min(...timing.stepMs)) / doubt,
    high: total(Math.max(...timing.stepMs)) * doubt,
    scaled: !exact,
    from: timing.from,
  };
}

/** The better of two measurements for an experiment: one of the very settings, else the probe. */
export function bestTiming(config: SessionConfig, probe: Timing | null, run: Timing | null): Timing | null {
  const key = timingKey(config);
  if (run && run.key === key && probe?.key !== key) return run;
  return probe ?? run;
}
