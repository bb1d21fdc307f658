/** Which tokens a gated variant skips, by class. */
import type { Cell, Experiment } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { classesOf } from '../../store/experiments/results';
import { count, percent } from '../format';
import { classFigure, className, groupName, withInterval } from './figures';
import { VariantFigure } from './VariantFigure';

export function Classes({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.classes;
  return (
    <VariantFigure
      experiment={experiment}
      cells={cells}
      has={(c) => c.classes.length > 0}
      rowsOf={classesOf}
      words={t}
      figure={classFigure}
      csv={(rows) => [
        ['kind', 'class', 'tokens', 'skipped share', '95 % CI ±'],
        ...rows.map((r) => [groupName(r), className(r), r.tokens, r.skipped?.mean, r.skipped?.half]),
      ]}
      testId="token-classes"
    >
      {(rows) => (
        <table className="grid" data-testid="class-table">
          <thead>
            <tr>
              <th scope="col">{t.by}</th>
              <th scope="col">{t.class}</th>
              <th scope="col" className="num">
                {t.tokens}
              </th>
              <th scope="col" className="num">
                {t.skipped}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={`${r.group}/${r.name}`}>
                <td>{groupName(r)}</td>
                <th scope="row">{className(r)}</th>
                <td className="num">{count(r.tokens)}</td>
                <td className="num">{withInterval(r.skipped, (v) => percent(v, 1))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </VariantFigure>
  );
}
