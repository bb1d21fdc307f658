/** Means with intervals, as a picture and a table; and behind them every cell. */
import type { Cell, Experiment } from '../../shared/experiment';
import { contestants } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import type { Results } from '../../store/experiments/results';
import { RunMark, Scroll, TableBehind } from '../bits';
import { Figure } from '../charts/Figure';
import { tradeOffFigure } from '../charts/lossFigures';
import { fixed } from '../format';
import { ReportTable, type ShownTable } from '../ReportTable';
import { type Evidence, evidenceFigure } from './evidence';
import { bandFigure, bandsOf, lossFigure, tradeOffPoints } from './figures';
import { resultTable } from './tables';

interface Props {
  experiment: Experiment;
  cells: Cell[];
}

export function ResultTable({ experiment, cells, results }: Props & { results: Results }) {
  return <ReportTable table={shownResults(experiment, cells, results)} testId="result-table" />;
}

export function ResultFigures({ experiment, cells, results }: Props & { results: Results }) {
  const t = texts().experiment.results;
  const bands = bandsOf(experiment, cells);
  return (
    <div className="pair" data-testid="loss-figure">
      <Figure
        title={t.figure}
        name="experiment-loss"
        draw={(width) => lossFigure(results, width)}
        explain={() => [t.figureHelp]}
        rows={() => [
          ['variant', 'seed', 'validation loss'],
          ...results.rows.flatMap((r) => r.losses.map((loss, i) => [r.name, experiment.seeds[i], loss])),
        ]}
      />
      {bands.length > 0 && (
        <Figure
          title={t.bands}
          name="experiment-curves"
          draw={(width) => bandFigure(bands, width)}
          explain={() => [t.bandsHelp]}
          rows={() => [
            ['variant', 'step', 'mean', 'lowest', 'highest', 'seeds'],
            ...bands.flatMap(({ label, seeds, points }) =>
              points.map((p) => [label, p.step, p.mean, p.low, p.high, seeds]),
            ),
          ]}
        />
      )}
      <TradeOffOver results={results} />
    </div>
  );
}

/** Loss against the share that is skipped, where any variant skips. */
function TradeOffOver({ results }: { results: Results }) {
  const t = texts().compare.tradeOff;
  const points = tradeOffPoints(results);
  if (points.length < 2) return null;
  return (
    <Figure
      title={t.title}
      name="experiment-tradeoff"
      draw={(width) => tradeOffFigure(points, results.base, width)}
      explain={() => [t.what]}
      rows={() => [
        ['variant', 'skipped share', 'validation loss', '95 % CI ±'],
        ...points.map((p) => [p.label, p.x, p.y.mean, p.y.half]),
      ]}
    />
  );
}

/** The figure that docs/claims.md has of the planned runs, of one's own. */
export function EvidenceFigure({ evidence }: { evidence: Evidence }) {
  const t = texts().experiment.evidence;
  const { signs, against } = evidence;
  return (
    <Figure
      title={t.title}
      name="experiment-evidence"
      draw={(width) => evidenceFigure(evidence, width)}
      explain={() => [t.help]}
      rows={() => [
        ['panel', 'variant', 'difference', '95 % CI ±', 'seeds'],
        ...[
          ...signs.map((row) => ({ panel: t.signs, row })),
          ...against.rows.map((row) => ({ panel: t.against(against.baseline), row })),
        ].map(({ panel, row: { label, interval } }) => [panel, label, interval?.mean, interval?.half, interval?.n]),
      ]}
    />
  );
}

/** The table with the looks of the page: its marks, and what tests go by. */
function shownResults(experiment: Experiment, cells: readonly Cell[], results: Results): ShownTable {
  const table = resultTable(experiment, cells, results);
  const ahead = results.base === null ? 0 : 1;
  const groups = new Map<number, string>();
  results.rows.forEach(({ setting }, i) => {
    if (setting !== null && setting !== results.rows[i - 1]?.setting) groups.set(i + ahead, setting);
  });
  const ids = (id: string) =>
    [null, 'seeds', null, 'loss', null, ...results.measures.slice(1).map((m) => m.id), null].map((what) =>
      what === null ? undefined : `${what}-${id}`,
    );
  return {
    ...table,
    groups,
    rows: table.rows.map((row, i) => {
      const at = i - ahead;
      const testIds = at < 0 ? [] : ids(results.rows[at].id);
      return row.map((cell, k) => ({
        ...cell,
        testId: testIds[k],
        node:
          k > 0 ? undefined : (
            <>
              <RunMark index={at < 0 ? 0 : (at % 8) + 1} />
              {cell.text}
            </>
          ),
      }));
    }),
  };
}

/** Every variant and seed: what stands behind the means. */
export function SeedTable({ experiment, cells }: Props) {
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
