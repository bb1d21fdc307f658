/** What the probes found: modules by active share, and how the other rankings agree. */
import { useRef } from 'react';
import { ranks } from '../../shared/stats';
import { type Study, moduleKey } from '../../shared/study';
import type { ModuleRow, RankingRow } from '../../store/studies/results';
import { Scroll, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { count, fixed, percent } from '../format';
import { rankingFigure, withInterval } from './figures';

export function Rankings({ study, seeds, rankings, modules }: { study: Study; seeds: number; rankings: RankingRow[]; modules: ModuleRow[] }) {
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  // 1 is the highest score.
  const places = new Map(rankings.map(({ ranking }) => [ranking, ranks(modules.map((m) => -m.scores[ranking]))]));
  const order = [...modules.keys()].sort((a, b) => (modules[b].active?.mean ?? 0) - (modules[a].active?.mean ?? 0));
  return (
    <div className="panel stack" data-testid="rankings">
      <h3>Modules, ranked</h3>
      <Scroll label="Rankings and their stability">
        <table className="grid" data-testid="ranking-table">
          <caption>Is a ranking the same from seed to seed, and does it agree with the active share?</caption>
          <thead><tr><th scope="col">Ranking</th><th scope="col">goes by</th><th scope="col" className="num">Rank correlation between seeds</th><th scope="col" className="num">with active share</th></tr></thead>
          <tbody>
            {rankings.map((r) => (
              <tr key={r.ranking}>
                <th scope="row">{r.name}</th><td>{r.by}</td>
                <td className="num">{r.ranking === 'weight' ? 'does not depend on it' : fixed(r.stability, 2)}</td><td className="num">{fixed(r.withActive, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="help">1: the same order; 0: no relation; −1: reversed. {seeds === 1 ? 'Between seeds it takes two.' : `Over ${seeds} seeds.`}</p>
      </Scroll>
      <figure ref={host} className="stack tight">
        <div className="tall"><DrawingView drawing={rankingFigure(modules, Math.min(width, 860))} /></div>
        <figcaption className="help">Active share of each module in the probe (layer.kind). Coloured: among those that fit the budget of {percent(study.importance!.share)} in at least one seed.</figcaption>
      </figure>
      <TableBehind summary="All modules, with their place in every ranking">
        {() => (
          <Scroll label="All modules">
            <table className="grid" data-testid="module-ranks">
              <thead>
                <tr>
                  <th scope="col">Module</th><th scope="col" className="num">Parameters</th><th scope="col" className="num">Active share</th>
                  {rankings.map((r) => <th key={r.ranking} scope="col" className="num">{r.name}: place (chosen)</th>)}
                </tr>
              </thead>
              <tbody>
                {order.map((i) => (
                  <tr key={moduleKey(modules[i])}>
                    <th scope="row">{moduleKey(modules[i])}</th><td className="num">{count(modules[i].parameters)}</td>
                    <td className="num">{withInterval(modules[i].active, (v) => percent(v, 1))}</td>
                    {rankings.map((r) => <td key={r.ranking} className="num">{fixed(places.get(r.ranking)![i], 0)} ({modules[i].chosen[r.ranking]}/{seeds})</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </div>
  );
}
