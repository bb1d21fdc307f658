/** What the gates do: skipped share by layer and module, sizes against thresholds, and a text token by token. */
import { memo, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { type GateRule, type RunConfig, isGated, learnsThreshold, tauWarmupSteps } from '../shared/config';
import { kindLabel } from '../shared/settings/names';
import { texts } from '../shared/texts';
import type { GateStats, ModuleId } from '../shared/types';
import { type RunHistory, skippedShare } from '../store/history';
import { type Grouping, shareData } from '../store/series';
import type { SessionView } from '../store/slices';
import { Empty, Later, Scroll, SectionFrame, Segmented, SelectField, Skeleton, TableBehind } from './bits';
import { ChartFrame } from './charts/ChartFrame';
import { useChartColors } from './charts/chartColors';
import { DASHES } from './charts/Curves';
import { CursorBus } from './charts/cursorBus';
import { type Cuts, cutsOf } from './charts/cuts';
import { explainShares } from './charts/explain';
import { LineChart } from './charts/LineChart';
import { drawLines } from './charts/lines';
import { RankingChart } from './charts/RankingChart';
import { RatioHistogram } from './charts/RatioHistogram';
import { SkipMap } from './charts/SkipMap';
import { shifted } from './charts/surface';
import { TokenMap } from './charts/TokenMap';
import { TokenView } from './charts/TokenView';
import { WatchForm } from './WatchForm';
import { compact, moduleName, percent } from './format';
import { Phrase } from './Phrase';
import { useSel, useTexts } from './studioContext';

export function InspectSection() {
  const { inspect, page } = texts();
  const session = useSel((s) => s.runs.session);
  const gated = session?.config.runs.filter(isGated) ?? [];
  return (
    <SectionFrame
      id="inspect"
      title={page.section.inspect}
      lead={<Phrase of={inspect.lead} skipped={<em>{inspect.skippedWord}</em>} />}
    >
      {!session && <Empty>{inspect.empty}</Empty>}
      {session && gated.length === 0 && (
        <Empty>
          <Phrase of={inspect.noGates} configure={<a href="#configure">{page.section.configure}</a>} />
        </Empty>
      )}
      {session && gated.length > 0 && <Gated key={session.startedAt} session={session} />}
    </SectionFrame>
  );
}

/** New data are drawn when the page has a moment, in slices: a store's change alone would be one task. */
function Gated({ session }: { session: SessionView }) {
  return <View session={session} version={useDeferredValue(useSel((s) => s.runs.version))} />;
}

const View = memo(function View({ session, version }: { session: SessionView; version: number }) {
  const t = useTexts().inspect;
  const gated = session.config.runs.filter(isGated);
  const [runId, setRunId] = useState(gated[0].id);
  const [module, setModule] = useState(0);
  const [token, setToken] = useState(0);
  const history = session.histories.get(runId)!;
  const done = history.step.length > 0 ? history.step.at(-1) : 0;
  const rule = gated.find((r) => r.id === runId)!.gate;
  const waits = learnsThreshold(rule) ? tauWarmupSteps(rule, session.config.train) : 0;
  const { watch } = history;
  const choose = useCallback(
    (m: number, t: number) => {
      setModule(m);
      setToken(t);
    },
    [setModule, setToken],
  );
  return (
    <div className="stack">
      {gated.length > 1 && (
        <SelectField
          label={t.run}
          value={runId}
          onChange={setRunId}
          options={gated.map((r) => ({ value: r.id, label: r.name }))}
        />
      )}
      {done <= waits && done > 0 && <p className="muted">{t.stillOpen(waits)}</p>}
      {history.skipped && history.gate ? (
        <Maps
          version={version}
          session={session}
          gated={gated}
          history={history}
          selected={module}
          onSelect={setModule}
        />
      ) : (
        <>
          <p className="muted">{t.waitingStep}</p>
          <Skeleton room="chart" />
        </>
      )}
      <div className="panel stack">
        <WatchForm />
        {!watch && <p className="muted">{t.passes}</p>}
      </div>
      {watch && (
        <Later room="chart">
          <TokenView watch={watch} token={token} onToken={setToken} />
        </Later>
      )}
      {watch && (
        <Later room="chart">
          <TokenMap watch={watch} token={token} module={module} onSelect={choose} />
        </Later>
      )}
    </div>
  );
});

interface MapsProps {
  /** Counts up when the histories have grown. */
  version: number;
  session: SessionView;
  gated: RunConfig[];
  history: RunHistory;
  selected: number;
  onSelect: (module: number) => void;
}

function Maps({ version, session, gated, history, selected, onSelect }: MapsProps) {
  const { charts, inspect: t } = texts();
  const [source, setSource] = useState<'step' | 'eval'>('step');
  const series = history.skipped!;
  const modules = history.modules.length === series.modules ? history.modules : [];
  const evalGate = history.evals.findLast((e) => e.gate !== null)?.gate ?? null;
  const gate = source === 'eval' && evalGate ? evalGate : history.gate!;
  const { rule } = gated.find((r) => r.id === history.runId)!.gate;
  const cuts = cutsOf(gate, rule);
  if (modules.length === 0) return <p className="muted">{t.waitingModules}</p>;
  const chosen = Math.min(selected, modules.length - 1);
  return (
    <>
      <div className="split">
        <div className="stack">
          <SkipMap modules={modules} series={series} selected={chosen} onSelect={onSelect} />
          <div className="fields wide-fields">
            <SelectField
              label={t.module}
              value={String(chosen)}
              onChange={(m) => onSelect(Number(m))}
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
          <Later room="chart">
            <RatioHistogram gate={gate} cuts={cuts} modules={modules} module={chosen} />
          </Later>
        </div>
        <div className="stack">
          <Later room="chart">
            <Lines version={version} history={history} modules={modules} />
          </Later>
          <Later room="chart">
            <OverTime version={version} history={history} modules={modules} module={chosen} rule={rule} />
          </Later>
          <Later room="chart">
            <RankingChart session={session} gated={gated} history={history} selected={chosen} onSelect={onSelect} />
          </Later>
        </div>
      </div>
      <div className="panel stack">
        <ModuleTable modules={modules} gate={gate} cuts={cuts} selected={chosen} />
      </div>
    </>
  );
}

function Lines({ version, history, modules }: { version: number; history: RunHistory; modules: ModuleId[] }) {
  const {
    charts,
    inspect: { shares: t },
  } = texts();
  const [grouping, setGrouping] = useState<Grouping>('module');
  const [bus] = useState(() => new CursorBus());
  const colors = useChartColors();
  const { keys, data } = useMemo(
    () => shareData(history.skipped!, modules, grouping),
    // The history grows in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
    [version, history, modules, grouping],
  );
  const names = keys.map((k) => (typeof k === 'number' ? charts.layer(k) : kindLabel(k)));
  const lines = names.map((label, i) => ({
    label,
    color: colors.lines[i % 8],
    width: 2,
    dash: i < 8 ? undefined : DASHES[1 + (Math.floor(i / 8) % 7)],
  }));
  return (
    <ChartFrame
      title={t.title}
      name="shares"
      explain={() => explainShares(history)}
      picture={() => ({
        width: 720,
        height: 320,
        draw: (to) => drawLines(to, { lines, data, yLabel: t.axis, share: true }, { width: 720, height: 320, colors }),
      })}
      rows={() => [
        ['step', ...keys.map((k) => (typeof k === 'number' ? `layer ${k}` : k))],
        ...data[0].map((s, i) => [s, ...keys.map((_, n) => data[n + 1][i])]),
      ]}
      table={
        <table className="grid" data-testid="share-table">
          <thead>
            <tr>
              <th scope="col">{grouping === 'module' ? t.module : t.layer}</th>
              <th scope="col" className="num">
                {t.now}
              </th>
            </tr>
          </thead>
          <tbody>
            {names.map((n, i) => (
              <tr key={n}>
                <th scope="row">{n}</th>
                <td className="num">{percent(data[i + 1].at(-1), 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
      tools={
        <Segmented
          label={t.grouping}
          value={grouping}
          onChange={setGrouping}
          options={[
            { value: 'module', label: t.byModule },
            { value: 'layer', label: t.byLayer },
          ]}
        />
      }
    >
      <LineChart title={t.over} lines={lines} data={data} bus={bus} yLabel={t.axis} share />
    </ChartFrame>
  );
}

/** One module over the steps of the run: how much it skipped, and where its threshold was, if it learns one. */
function OverTime({
  version,
  history,
  modules,
  module,
  rule,
}: {
  version: number;
  history: RunHistory;
  modules: ModuleId[];
  module: number;
  rule: GateRule;
}) {
  const {
    charts,
    inspect: { overTime: t },
  } = texts();
  const [bus] = useState(() => new CursorBus());
  const colors = useChartColors();
  const { skipped, tau } = useMemo(() => {
    const column = (series: NonNullable<RunHistory['tau']>): [number[], number[]] => [
      Array.from(series.steps.subarray(0, series.rows)),
      Array.from({ length: series.rows }, (_, r) => series.row(r)[module]),
    ];
    return { skipped: column(history.skipped!), tau: column(history.tau!) };
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, history, module]);
  const { layer, kind } = modules[module];
  const name = charts.module(layer, kind);
  const line = (label: string, i: number) => [{ label, color: colors.lines[i], width: 2 }];
  const learns = learnsThreshold({ rule });
  const share = { lines: line(t.skipped, 0), data: skipped, yLabel: t.skipped, share: true };
  const threshold = { lines: line(t.tau, 1), data: tau, yLabel: t.tauAxis };
  const shown = learns ? [share, threshold] : [share];
  return (
    <ChartFrame
      title={t.title(layer, kind)}
      name="module"
      rows={() => [
        ['step', 'skipped share', 'tau'],
        ...skipped[0].map((s, i) => [s, skipped[1][i], learns ? tau[1][i] : null]),
      ]}
      explain={() => [
        learns ? t.what : t.whatShare,
        t.now({
          step: skipped[0].at(-1)!,
          module: name,
          share: percent(skipped[1].at(-1), 1),
          tau: learns ? compact(tau[1].at(-1)) : null,
          most: percent(
            skipped[1].reduce((a, b) => Math.max(a, b), 0),
            1,
          ),
        }),
      ]}
      picture={() => ({
        width: 720,
        height: 230 * shown.length,
        draw: (to) =>
          shown.forEach((p, i) => drawLines(shifted(to, 0, 230 * i), p, { width: 720, height: 220, colors })),
      })}
    >
      <LineChart title={t.skippedOf(name)} {...share} bus={bus} height={130} />
      {learns && <LineChart title={t.tauOf(name)} {...threshold} bus={bus} height={130} format={compact} />}
    </ChartFrame>
  );
}

function ModuleTable({
  modules,
  gate,
  cuts,
  selected,
}: {
  modules: ModuleId[];
  gate: GateStats;
  cuts: Cuts | null;
  selected: number;
}) {
  const {
    charts,
    inspect: { table: t },
  } = texts();
  return (
    <TableBehind summary={t.summary(cuts && charts.cut[cuts.name])}>
      {() => (
        <>
          <p className="help">{t.help}</p>
          <Scroll label={t.label}>
            <table className="grid" data-testid="module-table">
              <thead>
                <tr>
                  <th scope="col">{t.module}</th>
                  {cuts && (
                    <th scope="col" className="num">
                      {charts.cut[cuts.name]}
                    </th>
                  )}
                  <th scope="col" className="num">
                    {t.active}
                  </th>
                  <th scope="col" className="num">
                    {t.skipped}
                  </th>
                  <th scope="col" className="num">
                    {t.muActive}
                  </th>
                  <th scope="col" className="num">
                    {t.muSkipped}
                  </th>
                </tr>
              </thead>
              <tbody>
                {modules.map((m, i) => {
                  const skipped = gate.tokens[i] - gate.active[i];
                  return (
                    <tr key={moduleName(m)} className={i === selected ? 'row-selected' : undefined}>
                      <th scope="row">{moduleName(m)}</th>
                      {cuts && <td className="num">{compact(cuts.at[i])}</td>}
                      <td className="num">{percent(1 - skippedShare(gate, i), 1)}</td>
                      <td className="num">{percent(skippedShare(gate, i), 1)}</td>
                      <td className="num">{gate.active[i] > 0 ? compact(gate.muActive[i] / gate.active[i]) : '–'}</td>
                      <td className="num">{skipped > 0 ? compact(gate.muSkipped[i] / skipped) : '–'}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </TableBehind>
  );
}
