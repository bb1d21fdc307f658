/** The chosen module or token in detail, and what else a session has shown: one tab at a time. */
import { type ReactNode, type Ref, useCallback, useId, useRef, useState } from 'react';
import { type RunConfig, isGated } from '../../shared/config';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { canSieve, sievable } from '../../store/sieve/sieve';
import type { SessionView } from '../../store/slices';
import { attributable, useTextWorth } from '../attribution/useAttribution';
import { WorthRanking } from '../attribution/WorthRanking';
import { Empty, Segmented, SelectField } from '../bits';
import { type Look, TrainingCurves } from '../charts/Curves';
import { useCursor, useCursorBus } from '../charts/cursorBus';
import { cutsOf } from '../charts/cuts';
import { RankingChart } from '../charts/RankingChart';
import { RatioHistogram } from '../charts/RatioHistogram';
import { TokenMap } from '../charts/TokenMap';
import { TokenGates } from '../charts/TokenView';
import { AccuracyCurve } from '../classification/AccuracyCurve';
import { Classification } from '../classification/Classification';
import { SievePanel } from '../sieve/SievePanel';
import { useSel, useStudio } from '../studioContext';
import { Costs } from './Costs';
import { tellsLabels } from './tellsLabels';
import { ModuleOverTime, ModuleTable, ShareCurves } from './GatesOverTime';

export type DetailTab = keyof ReturnType<typeof texts>['frame']['live']['detailTab'];

interface Props {
  session: SessionView;
  version: number;
  look: Look;
  onLook: (patch: Partial<Look>) => void;
  /** Runs with gates. */
  gated: RunConfig[];
  /** The one that is looked at, with what it has shown; null where there is none. */
  run: RunConfig | null;
  metricLog: MetricLog | null;
  module: number;
  onModule: (module: number) => void;
  recorded: boolean;
}

interface Tabs {
  /** The one that was chosen; null = whichever says most. */
  tab: DetailTab | null;
  onTab: (tab: DetailTab) => void;
  place: Ref<HTMLDivElement>;
}

export function Detail({ tab: chosen, onTab: setTab, place, ...props }: Props & Tabs) {
  const t = texts().frame.live;
  const { session, version, look, onLook, metricLog, recorded } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const modules =
    metricLog?.skipped && metricLog.modules.length === metricLog.skipped.modules ? metricLog.modules : null;
  const gated = props.gated.length > 0;
  const waiting = <Empty>{t.waiting}</Empty>;
  const planned = session.config.train.steps;
  const labelled = tellsLabels(session);
  const panels: Record<DetailTab, ReactNode> = {
    labels: <Labels {...props} />,
    module:
      modules && metricLog ? <Module {...props} metricLog={metricLog} modules={modules} planned={planned} /> : waiting,
    token: <Token {...props} />,
    shares: modules ? (
      <ShareCurves version={version} metricLog={metricLog!} modules={modules} planned={planned} />
    ) : (
      waiting
    ),
    ranking: <Ranking {...props} modules={modules} />,
    sieve: <SievePanel adapters={sievable(session)} session={session} shown={chosen === 'sieve'} />,
    training: <TrainingCurves session={session} version={version} look={look} onLook={onLook} />,
    costs: <Costs session={session} recorded={recorded} />,
  };
  const offered: Partial<Record<DetailTab, boolean>> = {
    labels: labelled,
    sieve: !recorded && session.config.runs.some(canSieve),
  };
  const tabs = (Object.keys(panels) as DetailTab[]).filter((name) => offered[name] ?? true);
  // Without gates there is nothing to say of modules.
  const tab = chosen && tabs.includes(chosen) ? chosen : labelled && !gated ? 'labels' : 'module';
  const move = (key: string, at: number) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[key];
    if (to === undefined) return false;
    const next = tabs[(to + tabs.length) % tabs.length];
    setTab(next);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
    return true;
  };
  return (
    <div className="live-detail" ref={place}>
      <div ref={list} className="tabs" role="tablist" aria-label={t.detail}>
        {tabs.map((name, i) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            data-tab={name}
            aria-selected={tab === name}
            aria-controls={`${id}-${name}-panel`}
            tabIndex={tab === name ? 0 : -1}
            onClick={() => setTab(name)}
            onKeyDown={(e) => {
              if (move(e.key, i)) e.preventDefault();
            }}
          >
            {t.detailTab[name]}
          </button>
        ))}
      </div>
      {tabs.map((name) => (
        <div
          key={name}
          role="tabpanel"
          id={`${id}-${name}-panel`}
          aria-labelledby={`${id}-${name}`}
          className="live-panel stack"
          // A panel that scrolls must be reachable by keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          hidden={tab !== name}
        >
          {panels[name]}
        </div>
      ))}
    </div>
  );
}

/** Where rows have labels: accuracy over steps, and at the end what each run made of every example. */
function Labels({ session, version, look, onLook }: Props) {
  const {
    classification: t,
    charts: { curves },
  } = texts();
  const all = [
    { key: 'base', name: curves.base, index: 0, classified: session.metricLogs.get('base')?.classified ?? null },
    ...session.config.runs.map((r, i) => ({
      key: r.id,
      name: r.name,
      index: i + 1,
      classified: session.metricLogs.get(r.id)?.classified ?? null,
    })),
  ];
  return (
    <>
      <AccuracyCurve session={session} version={version} look={look} onLook={onLook} />
      {all.every((c) => c.classified === null) && <p className="help">{t.waiting}</p>}
      <Classification all={all} />
    </>
  );
}

/** One module: how much it skipped over time, how large its updates are, and all modules in a table. */
function Module({
  version,
  gated,
  run,
  metricLog,
  module,
  modules,
  onModule,
  planned,
}: Props & { metricLog: MetricLog; modules: MetricLog['modules']; planned: number }) {
  const { charts, inspect: t } = texts();
  const studio = useStudio();
  const [source, setSource] = useState<'step' | 'eval'>('step');
  const evalGate = metricLog.evals.findLast((e) => e.gate !== null)?.gate ?? null;
  const gate = source === 'eval' && evalGate ? evalGate : metricLog.gate;
  const { rule } = run!.gate;
  const cuts = gate && cutsOf(gate, rule);
  return (
    <>
      <div className="fields">
        {gated.length > 1 && (
          <SelectField
            label={t.run}
            value={run!.id}
            onChange={(id) => studio.select({ run: id })}
            options={gated.map((r) => ({ value: r.id, label: r.name }))}
          />
        )}
        <SelectField
          label={t.module}
          value={String(module)}
          onChange={(m) => onModule(Number(m))}
          options={modules.map((m, i) => ({ value: String(i), label: charts.module(m.layer, m.kind) }))}
        />
        <SelectField
          label={t.source}
          value={source}
          onChange={setSource}
          options={[
            { value: 'step', label: t.ofStep },
            { value: 'eval', label: evalGate ? t.ofEval : t.notMeasured },
          ]}
        />
      </div>
      <ModuleOverTime
        version={version}
        metricLog={metricLog}
        modules={modules}
        module={module}
        rule={rule}
        planned={planned}
      />
      {gate && cuts && <RatioHistogram gate={gate} cuts={cuts} modules={modules} module={module} />}
      {gate && cuts && (
        <div className="panel">
          <ModuleTable modules={modules} gate={gate} cuts={cuts} selected={module} />
        </div>
      )}
    </>
  );
}

/** One token of the text in every module, and every token beside it. */
function Token({ session, run, metricLog, module, onModule, recorded }: Props) {
  const studio = useStudio();
  const token = useSel(({ selection: { pointed, token: chosen } }) => pointed.token ?? chosen ?? 0);
  const onSelect = useCallback(
    (m: number, chosen: number) => {
      onModule(m);
      studio.select({ token: chosen });
    },
    [studio, onModule],
  );
  const own = run?.id ?? attributable(session).at(0)?.id;
  const worth = useTextWorth(session, recorded ? undefined : own, metricLog?.watch ?? null);
  const step = useCursor(useCursorBus());
  const watch = metricLog?.watchAt(step) ?? worth?.watch;
  if (!watch) return <Empty>{texts().frame.live.noText}</Empty>;
  return (
    <>
      <TokenGates watch={watch} token={token} />
      <TokenMap watch={watch} worth={worth?.worth ?? null} token={token} module={module} onSelect={onSelect} />
    </>
  );
}

/** Modules in order: by how many tokens are active in them, or by what their updates are worth. */
function Ranking({
  session,
  gated,
  run,
  metricLog,
  modules,
  module,
  onModule,
  recorded,
}: Props & { modules: MetricLog['modules'] | null }) {
  const t = texts().attribution;
  const [by, setBy] = useState<'share' | 'worth'>('share');
  const offered = !recorded && attributable(session).length > 0;
  // Without gates no share is active.
  const shown = offered && (by === 'worth' || gated.length === 0) ? 'worth' : 'share';
  return (
    <>
      {offered && gated.length > 0 && (
        <Segmented
          label={t.ranking.by}
          value={shown}
          onChange={setBy}
          options={[
            { value: 'share', label: t.ranking.share },
            { value: 'worth', label: t.mode },
          ]}
        />
      )}
      {shown === 'worth' ? (
        <WorthRanking session={session} first={run?.id} selected={modules?.[module] ?? null} onSelect={onModule} />
      ) : modules ? (
        <RankingChart
          session={session}
          gated={gated.filter(isGated)}
          metricLog={metricLog!}
          selected={module}
          onSelect={onModule}
        />
      ) : (
        <Empty>{texts().frame.live.waiting}</Empty>
      )}
    </>
  );
}
