/** About how long a curve of skip shares takes to draw. */
import { CURVE_SHARES } from '../../store/sieve/sieve';
import type { SessionView } from '../../store/slices';

/** Evaluations besides the points: of base and adapter, and of r on the calibration examples. */
const FIRST = 3;
/** A token's forward pass beside its whole step. */
const FORWARD = 1 / 3;

/** In seconds, by the pace at which the run was trained; null where that is not known. */
export function secondsOfCurve({ config, metricLogs }: SessionView, runId: string): number | null {
  const log = metricLogs.get(runId);
  const pace = log?.speed()?.tokensPerSecond;
  if (!log || !pace || log.step.length === 0) return null;
  const { batchSize, gradientAccumulationSteps, evalExamples } = config.train;
  const tokens = (log.tokens / (log.step.length * batchSize * gradientAccumulationSteps)) * evalExamples;
  return ((CURVE_SHARES.length + FIRST) * tokens * FORWARD) / pace;
}
