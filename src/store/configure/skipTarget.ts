/** The share of tokens that gated runs are to skip, as one number for all of them. Pure. */
import { type RunConfig, followedBy, isGated } from '../../shared/config';
import { usesSetting } from '../../shared/rules';

export interface SkipTarget {
  /** What they are to skip, 0–1; null where a rule finds it by itself, or none can be told. */
  share: number | null;
  /** Whether a run goes by such a share. */
  settable: boolean;
  /** Whether a run's rule can find it by itself. */
  automatic: boolean;
}

/** The setting of a run's gate that says what it skips; null where none does. */
function settingOf(run: RunConfig): 'targetSparsity' | 'activeShare' | null {
  if (!isGated(run)) return null;
  if (usesSetting(run.gate.rule, 'targetSparsity')) return 'targetSparsity';
  return usesSetting(run.gate.rule, 'activeShare') && followedBy(run) === null ? 'activeShare' : null;
}

/** Of several runs the first that can find the share by itself counts, else the first that goes by one. */
export function skipTargetOf(runs: readonly RunConfig[]): SkipTarget {
  const finds = runs.find((run) => settingOf(run) === 'targetSparsity');
  if (finds) return { share: finds.gate.targetSparsity, settable: true, automatic: true };
  const fixed = runs.find((run) => settingOf(run) === 'activeShare');
  return { share: fixed ? 1 - fixed.gate.activeShare : null, settable: fixed !== undefined, automatic: false };
}

/** All gated runs with `share` as their target; null leaves those to their rule that can find it by themselves. */
export function withSkipTarget(runs: readonly RunConfig[], share: number | null): RunConfig[] {
  return runs.map((run) => {
    const setting = settingOf(run);
    if (setting === 'targetSparsity') return { ...run, gate: { ...run.gate, targetSparsity: share } };
    if (setting === 'activeShare' && share !== null) return { ...run, gate: { ...run.gate, activeShare: 1 - share } };
    return run;
  });
}
