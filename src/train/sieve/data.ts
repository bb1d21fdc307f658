/** What an adapter is sieved with, of a session's data. */
import { exampleCount, toBatch } from '../../data/batches';
import type { TrainConfig } from '../../shared/config';
import type { TokenBatch, TokenSet } from '../../shared/types';
import type { TrainingData } from '../trainingData';
import type { SieveData } from './sieve';

/** Examples that thresholds are chosen by, at most. */
const CALIBRATION = 64;

/** The first `limit` examples of a set, in batches. */
export function firstBatches(set: TokenSet, limit: number, size: number): TokenBatch[] {
  const n = Math.min(limit, exampleCount(set));
  return Array.from({ length: Math.ceil(n / size) }, (_, i) =>
    toBatch(
      set,
      Array.from({ length: Math.min(size, n - i * size) }, (__, k) => i * size + k),
    ),
  );
}

/**
 * Validation examples as a run's last evaluation takes them; to choose by, the dev split, or what the adapter was
 * trained on.
 */
export function sieveData(
  data: TrainingData,
  validation: TokenSet,
  { devShare, evalExamples, batchSize }: TrainConfig,
): SieveData {
  return {
    dev: devShare > 0,
    calibration: devShare > 0 ? data.dev(CALIBRATION, batchSize) : data.learnt(CALIBRATION, batchSize),
    validation: firstBatches(validation, evalExamples, batchSize),
  };
}
