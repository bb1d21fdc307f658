/** The share of tokens that gated runs are to skip, as one number for all of them. Pure. */
import { type RunConfig, isGated } from '../../shared/config';
import { usesSetting } from '../../shared/rules';

/** What the first gated run is to skip, 0–1; null where its rule finds the share by itself, or no run has gates. */
export function skipTargetOf(runs: readonly RunConfig[]): number | null {
  const gate = runs.find(isGated)?.gate;
  if (!gate) return null;
  if (usesSetting(gate.rule, 'targetSparsity')) return gate.targetSparsity;
  return usesSetting(gate.rule, 'activeShare') ? 1 - gate.activeShare : null;
}

/** All gated runs with `share` as their target; null leaves those to their rule that can find it by themselves. */
export function withSkipTarget(runs: readonly RunConfig[], share: number | null): RunConfig[] {
  return runs.map((run) => {
    const { gate } = run;
    if (!isGated(run)) return run;
    if (usesSetting(gate.rule, 'targetSparsity')) return { ...run, gate: { ...gate, targetSparsity: share } };
    if (usesSetting(gate.rule, 'activeShare') && share !== null)
      return { ...run, gate: { ...gate, activeShare: 1 - share } };
    return run;
  });
}
