/** What the page knows of what a session's updates are worth. */
import { type Attribution, canAttribute } from '../../shared/attribution';
import type { RunConfig } from '../../shared/config';
import type { MetricLog } from '../../store/metricLog';
import { sameText } from '../../store/sieve/attribution';
import { type SessionView, isLive } from '../../store/slices';
import { useSel } from '../studioContext';

type Watch = NonNullable<MetricLog['watch']>;

/** The runs whose updates can be attributed, as far as their adapters are there. */
export const attributable = ({ config, failed, gone }: SessionView): RunConfig[] =>
  config.runs.filter((r) => canAttribute(r) && !failed.has(r.id) && !gone?.has(r.id));

/** Whether the session has ended, so that its updates stay what they are. */
export const useEnded = (): boolean => useSel((s) => !isLive(s.runs.phase) && s.runs.phase !== 'failed');

/** What was found of a run; null where nothing was yet. */
export function useAttribution(
  session: SessionView,
  what: 'texts' | 'modules',
  runId: string | undefined,
): Attribution | null {
  return useSel(({ attribution: a }) =>
    runId !== undefined && a.of === session.metricLogs ? (a[what][runId] ?? null) : null,
  );
}

/** The same of the text that is watched: of an earlier one it is not shown. */
export function useTextWorth(
  session: SessionView,
  runId: string | undefined,
  watch: Watch | null,
): { found: Attribution; worth: Float32Array; watch: Watch } | null {
  const found = useAttribution(session, 'texts', runId);
  if (!found?.text || (watch && !sameText(found.text, watch))) return null;
  const { tokens, picture, ratio, active, worth } = found.text;
  const own = session.metricLogs.get(runId!);
  const step = own && own.step.length > 0 ? own.step.at(-1) : 0;
  const { modules } = found;
  return {
    found,
    worth,
    watch: {
      type: 'watch',
      runId: runId!,
      step,
      tokens,
      ...(picture && { picture }),
      modules,
      ratio,
      active,
      tau: null,
    },
  };
}
