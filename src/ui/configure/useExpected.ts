/** The expected time of an experiment, from whatever was timed. */
import { useMemo } from 'react';
import type { SessionConfig } from '../../shared/config';
import { runTiming } from '../../store/configure/commands';
import { type Expected, bestTiming, expectedTime } from '../../store/configure/timing';
import { useSel } from '../studioContext';

/** A function that tells how long an experiment will take; null where nothing was timed yet. */
export function useExpected(): (config: SessionConfig) => Expected | null {
  const probe = useSel((s) => s.runs.timing);
  const session = useSel((s) => s.runs.session);
  const report = useSel((s) => s.dataset.report);
  const info = useSel((s) => s.model.info);
  // While a run moves its times change with every step; what is expected of the next one can wait for its end.
  const phase = useSel((s) => s.runs.phase);
  // oxlint-disable-next-line react/exhaustive-deps
  const run = useMemo(() => runTiming({ session }, report, info), [session, report, info, phase]);
  return (config) => expectedTime(config, bestTiming(config, probe, run), report);
}
