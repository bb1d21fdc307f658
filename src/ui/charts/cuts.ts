/** Where a gate cuts the sizes r of the updates, if it goes by them. */
import type { GateRule } from '../../shared/config';
import { ratioQuantile } from '../../shared/ratio';
import { ruleOf } from '../../shared/rules';
import { type GateStats, RATIO_BINS } from '../../shared/types';
import { skippedShare } from '../../store/metricLog';

export interface Cuts {
  /** A threshold that is learnt, or what a fixed share comes to in these tokens (to within a bin of r). */
  name: 'tau' | 'cut';
  /** Per module. */
  at: ArrayLike<number>;
}

/** Null where the gate does not go by r: tokens are drawn at random, or chosen by μ. */
export function cutsOf(gate: GateStats, rule: GateRule): Cuts | null {
  const { cut } = ruleOf({ rule });
  if (cut === 'learned') return { name: 'tau', at: gate.tau };
  if (cut === null) return null;
  return {
    name: 'cut',
    at: Float64Array.from(gate.tau, (_, m) =>
      ratioQuantile(gate.histogram.subarray(m * RATIO_BINS, (m + 1) * RATIO_BINS), skippedShare(gate, m)),
    ),
  };
}
