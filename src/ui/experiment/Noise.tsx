/** How much noise is in the updates: of active and skipped tokens, how many would have helped. */
import type { Cell, Experiment } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { noiseOf } from '../../store/experiments/results';
import { percent } from '../format';
import { NOISE_LINES, noiseFigure, withInterval } from './figures';
import { VariantFigure } from './VariantFigure';

export function Noise({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.noise;
  return (
    <VariantFigure
      experiment={experiment}
      cells={cells}
      has={(c) => c.noise.length > 0}
      rowsOf={noiseOf}
      words={t}
      figure={noiseFigure}
      csv={(rows) => [
        ['step', ...NOISE_LINES.flatMap((l) => [t.line[l.key], '95 % CI ±'])],
        ...rows.map((r) => [r.step, ...NOISE_LINES.flatMap((l) => [r[l.key]?.mean, r[l.key]?.half])]),
      ]}
      testId="noise"
    >
      {(rows) => (
        <table className="grid" data-testid="noise-table">
          <thead>
            <tr>
              <th scope="col" className="num">
                {t.step}
              </th>
              {NOISE_LINES.map((l) => (
                <th key={l.key} scope="col" className="num">
                  {t.line[l.key]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.step}>
                <th scope="row" className="num">
                  {r.step}
                </th>
                {NOISE_LINES.map((l) => (
                  <td key={l.key} className="num">
                    {withInterval(r[l.key], (v) => percent(v, 1))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </VariantFigure>
  );
}
