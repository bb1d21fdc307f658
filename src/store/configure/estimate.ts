/** Sizes of a step that follow from the settings and the data. Pure. */
import type { TrainConfig } from '../../shared/config';
import type { PrepareReport } from '../../shared/data';

/**
 * Tokens of an example as it is trained on, cut to the context; a guess of half the context where no data are there.
 */
function tokensPerExample(
  report: Pick<PrepareReport, 'tokens' | 'examples'> | null,
  maxSequenceLength: number,
): number {
  return report && report.examples > 0
    ? Math.min(maxSequenceLength, report.tokens / report.examples)
    : maxSequenceLength / 2;
}

/** Tokens of one optimizer step, accumulated batches together. */
export function tokensPerStep(
  {
    batchSize,
    gradientAccumulationSteps,
    maxSequenceLength,
  }: Pick<TrainConfig, 'batchSize' | 'gradientAccumulationSteps' | 'maxSequenceLength'>,
  report: Pick<PrepareReport, 'tokens' | 'examples'> | null,
): number {
  return batchSize * gradientAccumulationSteps * tokensPerExample(report, maxSequenceLength);
}
