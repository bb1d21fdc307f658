/** Precision, recall, F1 and support of every class of one run. */
import type { LabelledSet } from '../../shared/classification';
import type { Graded } from '../../store/graded';
import { RunMark, Scroll } from '../bits';
import { toCsv } from '../charts/saveChart';
import { fixed } from '../format';
import { saveBlob } from '../saveBlob';
import { useTexts } from '../studioContext';

export function ClassTable({ set, graded }: { set: LabelledSet; graded: Graded }) {
  const { classes: t, examples } = useTexts().classification;
  const rows = graded.scores.classes.map((score, i) => ({ name: set.classes[i], ...score }));
  const save = () => {
    const head = ['class', 'support', 'predicted', 'precision', 'recall', 'f1'];
    const lines = rows.map((r) => [r.name, r.support, r.predicted, r.precision, r.recall, r.f1]);
    saveBlob(new Blob([toCsv([head, ...lines])], { type: 'text/csv' }), `sieve-classes-${graded.key}.csv`);
  };
  return (
    <div className="panel stack">
      <div className="chart-head">
        <h3>
          <RunMark index={graded.index} />
          {t.title}
        </h3>
        <span className="spacer" />
        <button type="button" className="small" aria-label={examples.csvOf(t.title)} onClick={save}>
          {examples.csv}
        </button>
      </div>
      <Scroll label={t.title}>
        <table className="grid" data-testid="class-table">
          <thead>
            <tr>
              <th scope="col">{t.class}</th>
              {(['support', 'predicted', 'precision', 'recall', 'f1'] as const).map((column) => (
                <th key={column} scope="col" className="num">
                  {t[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.name}>
                <th scope="row">{r.name}</th>
                <td className="num">{r.support}</td>
                <td className="num">{r.predicted}</td>
                {/* Nothing to divide by: 0 in the averages, no figure here. */}
                <td className="num">{fixed(r.predicted === 0 ? null : r.precision)}</td>
                <td className="num">{fixed(r.support === 0 ? null : r.recall)}</td>
                <td className="num">{fixed(r.support + r.predicted === 0 ? null : r.f1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}
