/**
 * A session as it goes on, on one screen: what it has come to, losses, the map of what is skipped, a text token by
 * token, samples, and the chosen module or token in detail. All of it shows the same run, module, token and step.
 */
import { type ReactNode, memo, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import { type RunConfig, isGated, stepsBeforeGate } from '../../shared/config';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import type { SessionView } from '../../store/slices';
import { Empty } from '../bits';
import { type Look, LossCurve, PLAIN_LOOK } from '../charts/Curves';
import { SkipMap } from '../charts/SkipMap';
import { Menu } from '../frame/Menu';
import { hashOf } from '../../store/route';
import { kindLabel } from '../../shared/settings/names';
import type { ModuleId } from '../../shared/types';
import { Phrase } from '../Phrase';
import { KeepNote } from '../ResumeOffer';
import { RunData } from '../RunData';
import { Samples } from '../Samples';
import { useTellsClasses } from '../useTellsClasses';
import { useSel, useStudio, useTexts } from '../studioContext';
import { WatchForm } from '../WatchForm';
import { WatchPicture } from '../WatchPicture';
import { Detail, type DetailTab } from './Detail';
import { Tiles, Verdict } from './Tiles';
import { Tokens } from './Tokens';

/** A module in the page's address: `2.k`. */
const addressOf = ({ layer, kind }: ModuleId) => `${layer}.${kindLabel(kind)}`;

/** New data are drawn when the page has a moment, in slices: a store's change alone would be one task. */
export function LiveView({ session, note }: Pick<Props, 'session' | 'note'>) {
  return <View session={session} note={note} version={useDeferredValue(useSel((s) => s.runs.version))} />;
}

interface Props {
  session: SessionView;
  /** In the place of what is said of a session: it is played back, and nothing of it can be changed. */
  note?: ReactNode;
  /** Counts up when the metricLogs have grown. */
  version: number;
}

const View = memo(function View({ session, note, version }: Props) {
  const recorded = note !== undefined;
  const t = useTexts();
  const studio = useStudio();
  const [look, setLook] = useState<Look>(PLAIN_LOOK);
  const onLook = useCallback((patch: Partial<Look>) => setLook((before) => ({ ...before, ...patch })), []);
  const wantedRun = useSel((s) => s.selection.run);
  const wantedModule = useSel((s) => s.selection.module);
  const wantedToken = useSel((s) => s.selection.token);
  const gated = session.config.runs.filter(isGated);
  const chosen = gated.find((r) => r.id === wantedRun) ?? gated[0];
  const metricLog = chosen && session.metricLogs.get(chosen.id);
  const modules = modulesOf(metricLog);
  const module = Math.max(
    0,
    modules.findIndex((m) => addressOf(m) === wantedModule),
  );
  const onModule = useCallback(
    (next: number) => studio.select({ module: modules[next] ? addressOf(modules[next]) : null }),
    [studio, modules],
  );
  const [tab, setTab] = useState<DetailTab | null>(null);
  const detail = useRef<HTMLDivElement>(null);
  const onCurve = useCallback(() => {
    setTab('sieve');
    detail.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const onToken = useCallback((token: number) => studio.select({ token }), [studio]);
  const onPoint = useCallback((token: number | null) => studio.point({ token }), [studio]);
  // What tells classes apart writes nothing.
  const writes = !useTellsClasses('session') || recorded;
  const watch = metricLog?.watch ?? null;
  const watched = watch?.picture ?? null;
  const watchLabel = t.inspect.watch.text;
  // One element for as long as it says the same: a new one would redraw all tokens with every step.
  const tools = useMemo(
    () =>
      !recorded &&
      (watched ? (
        <WatchPicture picture={watched} />
      ) : (
        <Menu label={watchLabel}>
          <WatchForm />
        </Menu>
      )),
    [recorded, watched, watchLabel],
  );
  return (
    <div className={writes ? 'live' : 'live live-silent'}>
      <Tiles session={session} version={version} gated={metricLog ?? null} />
      <div className="live-notes">{note ?? <Notes session={session} onCurve={onCurve} />}</div>
      <div className="live-loss">
        <LossCurve session={session} version={version} look={look} onLook={onLook} classes={!writes} />
      </div>
      <div className="live-map" id="inspect">
        {!chosen && (
          <Empty>
            <Phrase
              of={t.inspect.noGates}
              configure={<a href={hashOf({ place: 'settings', tab: 'source' })}>{t.frame.place.settings}</a>}
            />
          </Empty>
        )}
        {chosen && metricLog?.skipped && modules.length > 0 && (
          <SkipMap
            modules={modules}
            series={metricLog.skipped}
            selected={module}
            onSelect={onModule}
            note={stillOpen(session, chosen, metricLog)}
          />
        )}
        {chosen && !(metricLog?.skipped && modules.length > 0) && <Empty>{t.frame.live.waiting}</Empty>}
      </div>
      <div className="live-tokens">
        <Tokens
          session={session}
          metricLog={metricLog ?? null}
          latest={watch}
          runId={chosen?.id}
          token={wantedToken ?? 0}
          onToken={onToken}
          onPoint={onPoint}
          tools={tools}
          recorded={recorded}
        />
      </div>
      {writes && (
        <div className="live-samples">
          <Samples session={session} fixed={recorded} />
        </div>
      )}
      <Detail
        place={detail}
        tab={tab}
        onTab={setTab}
        session={session}
        version={version}
        look={look}
        onLook={onLook}
        gated={gated}
        run={chosen ?? null}
        metricLog={metricLog ?? null}
        module={module}
        onModule={onModule}
        recorded={recorded}
      />
    </div>
  );
});

/** While it goes on: its data, and how far it is saved. Afterwards: what was gained. */
function Notes({ session, onCurve }: { session: SessionView; onCurve: () => void }) {
  return (
    <>
      <Verdict session={session} onCurve={onCurve} />
      <RunData />
      <KeepNote />
    </>
  );
}

/** The modules of a run with gates, once its steps and they are of the same number. */
function modulesOf(metricLog: MetricLog | undefined): MetricLog['modules'] {
  return metricLog?.skipped && metricLog.modules.length === metricLog.skipped.modules ? metricLog.modules : NONE;
}

const NONE: MetricLog['modules'] = [];

/** Said while thresholds rest: the map is empty then, and not for good. */
function stillOpen({ config: { train } }: SessionView, run: RunConfig, { step }: MetricLog): string | null {
  const done = step.length > 0 ? step.at(-1) : 0;
  const waits = stepsBeforeGate(run, train);
  return done > 0 && done <= waits ? texts().inspect.stillOpen(waits) : null;
}
