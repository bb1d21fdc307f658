/** Gates over the steps: by layer or kind of module, one module alone, and all of them in a table. */
import { useMemo, useState } from 'react';
import { type GateRule, learnsThreshold } from '../../shared/config';
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import type { GateStats, ModuleId } from '../../shared/types';
import { type MetricLog, skippedShare } from '../../store/metricLog';
import { type Grouping, shareData } from '../../store/series';
import { Scroll, Segmented, TableBehind } from '../bits';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { useCursorBus } from '../charts/cursorBus';
import type { Cuts } from '../charts/cuts';
import { explainShares } from '../charts/explain';
import { LineChart } from '../charts/LineChart';
import { dashOfRun, drawLines } from '../charts/lines';
import { shifted } from '../charts/surface';
import { compact, moduleName, percent } from '../format';

export function ShareCurves({
  version,
  metricLog,
  modules,
  planned,
}: {
  version: number;
  metricLog: MetricLog;
  modules: ModuleId[];
  planned: number;
}) {
  const {
    charts,
    inspect: { shares: t },
  } = texts();
  const [grouping, setGrouping] = useState<Grouping>('module');
  const bus = useCursorBus();
  const colors = useChartColors();
  const { keys, data } = useMemo(
    () => shareData(metricLog.skipped!, modules, grouping),
    // The metricLog grows in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
    [version, metricLog, modules, grouping],
  );
  const names = keys.map((k) => (typeof k === 'number' ? charts.layer(k) : kindLabel(k)));
  const lines = names.map((label, i) => ({
    label,
    color: colors.lines[i % 8],
    width: 2,
    dash: dashOfRun(i < 8 ? 0 : 1 + (Math.floor(i / 8) % 7)),
  }));
  return (
    <ChartFrame
      title={t.title}
      name="shares"
      explain={() => explainShares(metricLog)}
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
      <LineChart
        title={t.over}
        lines={lines}
        data={data}
        bus={bus}
        yLabel={t.axis}
        share
        planned={planned}
        height={200}
      />
    </ChartFrame>
  );
}

/** One module over the steps of the run: how much it skipped, and where its threshold was, if it learns one. */
export function ModuleOverTime({
  version,
  metricLog,
  modules,
  module,
  rule,
  planned,
}: {
  version: number;
  metricLog: MetricLog;
  modules: ModuleId[];
  module: number;
  rule: GateRule;
  planned: number;
}) {
  const {
    charts,
    inspect: { overTime: t },
  } = texts();
  const bus = useCursorBus();
  const colors = useChartColors();
  const { skipped, tau } = useMemo(() => {
    const column = (series: NonNullable<MetricLog['tau']>): [number[], number[]] => [
      Array.from(series.steps.subarray(0, series.rows)),
      Array.from({ length: series.rows }, (_, r) => series.row(r)[module]),
    ];
    return { skipped: column(metricLog.skipped!), tau: column(metricLog.tau!) };
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, metricLog, module]);
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
      <LineChart title={t.skippedOf(name)} {...share} bus={bus} planned={planned} height={110} />
      {learns && (
        <LineChart title={t.tauOf(name)} {...threshold} bus={bus} planned={planned} height={110} format={compact} />
      )}
    </ChartFrame>
  );
}

/** Threshold, shares and gate gradients of every module. */
export function ModuleTable({
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
