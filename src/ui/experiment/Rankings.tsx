/** What the probes found: modules by active share, and how the other rankings agree. */
import { ranks } from '../../shared/stats';
import { type Experiment, moduleKey } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import type { ModuleRow, RankingRow } from '../../store/experiments/results';
import { Scroll } from '../bits';
import { Figure } from '../charts/Figure';
import { count, fixed, percent } from '../format';
import { rankingFigure, withInterval } from './figures';

export function Rankings({
  experiment,
  seeds,
  rankings,
  modules,
}: {
  experiment: Experiment;
  seeds: number;
  rankings: RankingRow[];
  modules: ModuleRow[];
}) {
  const t = texts().experiment.modules;
  // 1 is the highest score.
  const places = new Map(rankings.map(({ ranking }) => [ranking, ranks(modules.map((m) => -m.scores[ranking]))]));
  const order = [...modules.keys()].sort((a, b) => (modules[b].active?.mean ?? 0) - (modules[a].active?.mean ?? 0));
  return (
    <div className="stack" data-testid="rankings">
      <div className="panel stack">
        <h3>{t.title}</h3>
        <Scroll label={t.frame}>
          <table className="grid" data-testid="ranking-table">
            <caption>{t.caption}</caption>
            <thead>
              <tr>
                <th scope="col">{t.rankingHead}</th>
                <th scope="col">{t.by}</th>
                <th scope="col" className="num">
                  {t.stability}
                </th>
                <th scope="col" className="num">
                  {t.withActive}
                </th>
              </tr>
            </thead>
            <tbody>
              {rankings.map((r) => (
                <tr key={r.ranking}>
                  <th scope="row">{t.ranking[r.ranking].name}</th>
                  <td>{t.ranking[r.ranking].by}</td>
                  <td className="num">{r.ranking === 'weight' ? t.seedless : fixed(r.stability, 2)}</td>
                  <td className="num">{fixed(r.withActive, 2)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="help">{t.scale(seeds)}</p>
        </Scroll>
      </div>
      <Figure
        title={t.figure}
        name="experiment-modules"
        tall
        draw={(width) => rankingFigure(modules, width)}
        explain={() => [t.figureHelp(percent(experiment.importance!.share))]}
        rows={() => [
          [
            'module',
            'parameters',
            'active share',
            '95 % CI ±',
            ...rankings.flatMap(({ ranking }) => [`${ranking}: rank`, `${ranking}: selected in`]),
            'seeds',
          ],
          ...order.map((i) => [
            moduleKey(modules[i]),
            modules[i].parameters,
            modules[i].active?.mean,
            modules[i].active?.half,
            ...rankings.flatMap(({ ranking }) => [places.get(ranking)![i], modules[i].chosen[ranking]]),
            seeds,
          ]),
        ]}
        table={
          <table className="grid" data-testid="module-ranks">
            <caption>{t.table}</caption>
            <thead>
              <tr>
                <th scope="col">{t.module}</th>
                <th scope="col" className="num">
                  {t.parameters}
                </th>
                <th scope="col" className="num">
                  {t.active}
                </th>
                {rankings.map((r) => (
                  <th key={r.ranking} scope="col" className="num">
                    {t.place(t.ranking[r.ranking].name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {order.map((i) => (
                <tr key={moduleKey(modules[i])}>
                  <th scope="row">{moduleKey(modules[i])}</th>
                  <td className="num">{count(modules[i].parameters)}</td>
                  <td className="num">{withInterval(modules[i].active, (v) => percent(v, 1))}</td>
                  {rankings.map((r) => (
                    <td key={r.ranking} className="num">
                      {fixed(places.get(r.ranking)![i], 0)} ({modules[i].chosen[r.ranking]}/{seeds})
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </div>
  );
}
