/** Loss of all runs: training thin, held-out thick with dots, the untouched base as a level line. */
import type { Session } from '../../store/slices';
import { lossData, lossRows } from '../../store/series';
import { RunMark, Scroll, TableBehind } from '../bits';
import { fixed, signed } from '../format';
import { useSel } from '../studioContext';
import { LineChart, type LineSpec } from './LineChart';

/** Dash of run i, so that lines differ without colour. */
export const DASHES: (number[] | undefined)[] = [undefined, [8, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 4], [1, 3], [12, 3, 2, 3, 2, 3]];

export function LossChart({ session }: { session: Session }) {
  useSel((s) => s.runs.version);
  const { experiment, histories } = session;
  const runs = experiment.runs.map((r) => histories.get(r.id)!);
  const base = histories.get('base');
  const data = lossData(runs, base);
  const lines = experiment.runs.flatMap((run, i): LineSpec[] => [
    { label: `${run.name}, training`, color: `--run-${i + 1}-soft`, width: 1, dash: DASHES[i] },
    { label: `${run.name}, held out`, color: `--run-${i + 1}`, width: 2.5, dash: DASHES[i], points: true },
  ]);
  const withBase = data.length - 1 > lines.length;
  if (withBase) lines.push({ label: 'base, held out', color: '--ink-2', width: 1.5, dash: [3, 4] });
  const rows = lossRows(runs);
  const level = base?.evals.at(-1)?.loss;
  return (
    <figure className="stack">
      <LineChart title="Loss of all runs over steps; the table below has the numbers" lines={lines} data={data} yLabel="loss, nats per token" />
      <figcaption className="help">
        Thin: loss on the batch just learnt from. Thick, with dots: loss on held-out examples{withBase ? '. Dotted level: the untouched base there' : ''}.
      </figcaption>
      <TableBehind summary="As a table">
        {() => (
          <Scroll label="Loss by step">
            <table className="grid" data-testid="loss-table">
              <thead>
                <tr>
                  <th scope="col" className="num">Step</th>
                  {experiment.runs.map((r, i) => [
                    <th key={`${r.id}-t`} scope="col" className="num"><RunMark index={i + 1} />{r.name}, training</th>,
                    <th key={`${r.id}-h`} scope="col" className="num">held out</th>,
                    <th key={`${r.id}-d`} scope="col" className="num">against base</th>,
                  ])}
                </tr>
              </thead>
              <tbody>
                {level !== undefined && <tr><th scope="row">base</th>{experiment.runs.map((r) => [<td key={`${r.id}-t`} className="num">–</td>, <td key={`${r.id}-h`} className="num">{fixed(level)}</td>, <td key={`${r.id}-d`} className="num">–</td>])}</tr>}
                {rows.map((row) => (
                  <tr key={row.step}>
                    <th scope="row" className="num">{row.step}</th>
                    {experiment.runs.map((r, i) => [
                      <td key={`${r.id}-t`} className="num">{fixed(row.train[i])}</td>,
                      <td key={`${r.id}-h`} className="num" data-testid={`held-${r.id}-${row.step}`}>{fixed(row.held[i])}</td>,
                      <td key={`${r.id}-d`} className="num">{row.held[i] === null || level === undefined ? '–' : signed(row.held[i]! - level)}</td>,
                    ])}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </figure>
  );
}
