/** Modules by how many tokens they keep, and how steady that order is over time and between runs. */
import { useState } from 'react';
import type { RunConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { type ActiveShareRanking, ranking } from '../../store/importance';
import type { SessionView } from '../../store/slices';
import { Scroll } from '../bits';
import { fixed, moduleName, percent } from '../format';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { explainRanking } from './explain';
import type { Surface } from './surface';

const SHORT = 12;
const ROW = 18;
const WIDTH = 560;

interface Props {
  session: SessionView;
  gated: RunConfig[];
  metricLog: MetricLog;
  selected: number;
  onSelect: (module: number) => void;
}

export function RankingChart({ session, gated, metricLog, selected, onSelect }: Props) {
  const { module: moduleSaid, ranking: t } = texts().charts;
  const colors = useChartColors();
  const [all, setAll] = useState(false);
  const r = ranking(
    metricLog,
    gated.map((g) => session.metricLogs.get(g.id)!),
  );
  if (!r) return null;
  const { modules } = metricLog;
  const names = new Map(session.config.runs.map((x) => [x.id, x.name]));
  const shown = all ? r.modules : r.modules.slice(0, SHORT);
  const rows = () => [
    ['rank', 'module', 'active share', 'spread between windows'],
    ...r.modules.map((m) => [m.rank, moduleName(modules[m.module]), m.share, m.spread]),
  ];
  return (
    <ChartFrame
      title={t.title}
      name="ranking"
      explain={() => explainRanking(r, modules, names)}
      rows={rows}
      picture={() => picture(r, modules.map(moduleName), colors)}
    >
      <Stability r={r} names={names} />
      <Scroll label={t.title}>
        <table className="grid ranking" data-testid="ranking">
          <thead>
            <tr>
              <th scope="col" className="num">
                #
              </th>
              <th scope="col">{t.module}</th>
              <th scope="col">{t.active(r.from, r.to)}</th>
              <th scope="col" className="num">
                ±
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((m) => (
              <tr key={m.module} className={m.module === selected ? 'row-selected' : undefined}>
                <td className="num">{m.rank}</td>
                <th scope="row">
                  <button type="button" className="quiet small" onClick={() => onSelect(m.module)}>
                    {moduleSaid(modules[m.module].layer, modules[m.module].kind)}
                  </button>
                </th>
                <td>
                  <span className="share-bar" aria-hidden="true">
                    <span style={{ width: `${m.share * 100}%`, backgroundColor: colors.keep(0.85).fill }} />
                  </span>
                  <span className="num">{percent(m.share, 1)}</span>
                </td>
                <td className="num">{m.spread === null ? '–' : percent(m.spread, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {r.modules.length > SHORT && (
        <button type="button" className="quiet small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t.first(SHORT) : t.all(r.modules.length)}
        </button>
      )}
    </ChartFrame>
  );
}

function Stability({ r, names }: { r: ActiveShareRanking; names: Map<string, string> }) {
  const t = texts().charts.ranking;
  const correlation = (c: number | null) => (c === null ? t.unknown : t.rho(fixed(c, 2)));
  return (
    <dl className="facts" data-testid="stability">
      <dt>{t.overTime}</dt>
      <dd className="num">{correlation(r.overTime)}</dd>
      {r.withRuns.map((w) => [
        <dt key={`${w.runId}-t`}>{t.against(names.get(w.runId) ?? w.runId)}</dt>,
        <dd key={w.runId} className="num">
          {correlation(w.correlation)}
        </dd>,
      ])}
    </dl>
  );
}

function picture(
  r: ActiveShareRanking,
  names: string[],
  colors: ReturnType<typeof useChartColors>,
): { width: number; height: number; draw: (to: Surface) => void } {
  return {
    width: WIDTH,
    height: ROW * r.modules.length,
    draw: (to) =>
      r.modules.forEach((m, i) => {
        const y = ROW * i + ROW / 2;
        to.text(30, y, String(m.rank), { fill: colors.ink2, align: 'end', size: 11 });
        to.text(40, y, names[m.module], { fill: colors.ink });
        to.rect({ x: 110, y: y - 6, width: m.share * 380, height: 12, fill: colors.keep(0.85).fill });
        if (m.spread !== null)
          to.line(
            [
              [110 + Math.max(0, m.share - m.spread) * 380, y],
              [110 + Math.min(1, m.share + m.spread) * 380, y],
            ],
            colors.ink,
            1.25,
          );
        to.text(WIDTH, y, percent(m.share, 1), { fill: colors.ink, align: 'end', size: 11 });
      }),
  };
}
