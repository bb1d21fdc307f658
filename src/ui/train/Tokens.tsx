/**
 * The watched text of a session at the step that is shown: what its gates do with each token, and what the updates of
 * each token are worth.
 */
import { type ReactNode, memo, useState } from 'react';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import type { SessionView } from '../../store/slices';
import { Measure } from '../attribution/Measure';
import { attributable, useEnded, useTextWorth } from '../attribution/useAttribution';
import { Empty } from '../bits';
import { useCursor, useCursorBus } from '../charts/cursorBus';
import { type TokenMode, TokenView } from '../charts/TokenView';
import { useTexts } from '../studioContext';

interface Props {
  session: SessionView;
  /** Of the run with gates that is looked at; null where there is none. */
  metricLog: MetricLog | null;
  /** Its watched text as it is now; null where nothing was evaluated yet. */
  latest: MetricLog['watch'];
  runId: string | undefined;
  token: number;
  onToken: (token: number) => void;
  onPoint: (token: number | null) => void;
  tools: ReactNode;
  recorded: boolean;
}

/** Redrawn only when the watched text has passed through again. */
export const Tokens = memo(function Tokens({ session, metricLog, latest, runId, recorded, ...view }: Props) {
  const t = useTexts();
  const step = useCursor(useCursorBus());
  const watch = step === null ? latest : (metricLog?.watchAt(step) ?? null);
  const [asked, setMode] = useState<TokenMode>('gate');
  const [chosen, choose] = useState<string | null>(null);
  const runs = recorded ? [] : attributable(session);
  const ended = useEnded();
  const run = runs.find((r) => r.id === (chosen ?? runId)) ?? runs.at(0);
  const worth = useTextWorth(session, run?.id, watch);
  const measure = run && (
    <Measure
      what="text"
      runs={runs}
      run={run}
      onRun={choose}
      found={worth?.found ?? null}
      ask={texts().attribution.ask}
    />
  );
  // Without gates there is nothing to watch before that is asked for.
  const shown = asked === 'worth' || !watch ? (worth?.watch ?? watch) : watch;
  if (!shown)
    return <div className="panel stack tight">{ended && measure ? measure : <Empty>{t.frame.live.noText}</Empty>}</div>;
  const modes: TokenMode[] = [...(watch ? (['gate'] as const) : []), 'r', ...(run ? (['worth'] as const) : [])];
  const mode = modes.includes(asked) ? asked : 'worth';
  return (
    <TokenView
      {...view}
      watch={shown}
      worth={mode === 'worth' ? (worth?.worth ?? null) : null}
      modes={modes}
      mode={mode}
      onMode={setMode}
      head={mode === 'worth' ? measure : undefined}
    />
  );
});
