/** Means with intervals, as a picture and a table; and behind them every cell. */
import { Fragment, useRef } from 'react';
import type { Cell, Experiment } from '../../shared/experiment';
import { contestants } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import type { Results } from '../../store/experiments/results';
import { RunMark, Scroll, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { count, fixed, percent, signed } from '../format';
import { lossFigure, withInterval } from './figures';
import { referenceName } from './verdicts';

export function ResultTable({ results }: { results: Results }) {
  const t = texts().experiment.results;
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const { rows, measures, base } = results;
  return (
    <>
      <figure ref={host} className="stack tight" data-testid="loss-figure">
        <DrawingView drawing={lossFigure(results, Math.min(width, 860))} />
        <figcaption className="help">{t.figureHelp}</figcaption>
      </figure>
      <Scroll label={t.frame}>
        <table className="grid" data-testid="result-table">
          <caption>{t.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.variant}</th>
              <th scope="col" className="num">
                {t.seeds}
              </th>
              <th scope="col" className="num">
                {t.parameters}
              </th>
              {measures.map((m) => (
                <th key={m.id} scope="col" className="num">
                  {t.measure[m.id]}
                </th>
              ))}
              <th scope="col" className="num">
                {t.perplexity}
              </th>
              <th scope="col" className="num">
                {t.against(referenceName(results))}
              </th>
            </tr>
          </thead>
          <tbody>
            {base !== null && (
              <tr>
                <th scope="row">
                  <RunMark index={0} />
                  {t.base}
                </th>
                <td className="num">–</td>
                <td className="num">–</td>
                <td className="num">{fixed(base)}</td>
                {measures.slice(1).map((m) => (
                  <td key={m.id} className="num">
                    –
                  </td>
                ))}
                <td className="num">{fixed(Math.exp(base), 1)}</td>
                <td className="num">–</td>
              </tr>
            )}
            {rows.map((r, i) => (
              <Fragment key={r.id}>
                {r.setting !== null && r.setting !== rows[i - 1]?.setting && (
                  <tr className="setting">
                    <th scope="rowgroup" colSpan={measures.length + 5}>
                      {r.setting}
                    </th>
                  </tr>
                )}
                <tr>
                  <th scope="row">
                    <RunMark index={(i % 8) + 1} />
                    {r.name}
                  </th>
                  <td className="num" data-testid={`seeds-${r.id}`}>
                    {t.seedsDone(r.done, r.failed)}
                  </td>
                  <td className="num">{count(r.parameters)}</td>
                  {r.values.map((v, k) => (
                    <td key={measures[k].id} className="num" data-testid={`${measures[k].id}-${r.id}`}>
                      {withInterval(v, (x) => (measures[k].share ? percent(x, 1) : fixed(x)))}
                    </td>
                  ))}
                  <td className="num">{r.values[0] ? fixed(Math.exp(r.values[0].mean), 1) : '–'}</td>
                  <td className="num">
                    {r.difference
                      ? `${signed(r.difference.mean)}${r.difference.half === null ? '' : ` ± ${fixed(r.difference.half)}`}`
                      : '–'}
                  </td>
                </tr>
              </Fragment>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** Every variant and seed: what stands behind the means. */
export function SeedTable({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.results;
  const variants = contestants(experiment, names.ranking);
  const cell = (variant: string, seed: number) =>
    cells.find((c) => c.stage === 'train' && c.variant === variant && c.seed === seed);
  return (
    <TableBehind summary={t.everySeed}>
      {() => (
        <Scroll label={t.seedFrame}>
          <table className="grid" data-testid="seed-table">
            <thead>
              <tr>
                <th scope="col">{t.seed}</th>
                {variants.map((a) => (
                  <th key={a.id} scope="col" className="num">
                    {a.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {experiment.seeds.map((seed) => (
                <tr key={seed}>
                  <th scope="row" className="num">
                    {seed}
                  </th>
                  {variants.map((a) => {
                    const c = cell(a.id, seed);
                    return (
                      <td key={a.id} className="num" title={c?.failed ? say(c.failed) : undefined}>
                        {c ? (c.failed === null ? fixed(c.loss, 4) : t.failed) : '–'}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </TableBehind>
  );
}
