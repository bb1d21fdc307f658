/** Sizes of a step that follow from the settings and the data. Pure. */
import type { TrainConfig } from '../../shared/config';
import type { PrepareReport } from '../../shared/data';

/** Tokens of an example as it is trained on, cut to the context; a guess of half the context where no data are there. */
function tokensPerExample(report: Pick<PrepareReport, 'tokens' | 'examples'> | null, maxTokens: number): number {
  return report && report.examples > 0 ? Math.min(maxTokens, report.tokens / report.examples) : maxTokens / 2;
}

/** Tokens of one optimizer step, accumulated batches together. */
export function tokensPerStep(
  { batchSize, accumulation, maxTokens }: Pick<TrainConfig, 'batchSize' | 'accumulation' | 'maxTokens'>,
  report: Pick<PrepareReport, 'tokens' | 'examples'> | null,
): number {
  return batchSize * accumulation * tokensPerExample(report, maxTokens);
}
