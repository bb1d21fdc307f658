/** The examples of one cell of a confusion matrix, or all that a run got wrong. */
import { type Graded, answersOf } from '../../store/graded';
import { RunMark, Scroll } from '../bits';
import { toCsv } from '../charts/saveChart';
import { percent } from '../format';
import { saveBlob } from '../saveBlob';
import { useTexts } from '../studioContext';

/** Rows on the page. */
const SHOWN = 50;

export function Examples({
  graded,
  cell,
  onAll,
}: {
  graded: Graded;
  cell: readonly [number, number] | null;
  onAll: () => void;
}) {
  const { examples: t } = useTexts().classification;
  const { classes } = graded.classified.set;
  const found = answersOf(graded, cell);
  const n = found.length;
  const title = !cell
    ? t.mistakes(n)
    : cell[0] === cell[1]
      ? t.right(classes[cell[0]], n)
      : t.taken(classes[cell[0]], classes[cell[1]], n);
  const save = () => {
    const head = ['example', 'text', 'label', 'predicted', 'probability'];
    const rows = found.map((a) => [a.example + 1, a.text, a.label, a.predicted, a.probability]);
    saveBlob(new Blob([toCsv([head, ...rows])], { type: 'text/csv' }), `sieve-examples-${graded.key}.csv`);
  };
  return (
    <div className="panel stack" data-testid="examples">
      <div className="chart-head">
        <h3>
          <RunMark index={graded.index} />
          {title}
        </h3>
        <span className="spacer" />
        {cell && (
          <button type="button" className="small" onClick={onAll}>
            {t.all}
          </button>
        )}
        <button
          type="button"
          className="small"
          disabled={n === 0}
          aria-label={t.csvOf(title)}
          data-testid="save-examples"
          onClick={save}
        >
          {t.csv}
        </button>
      </div>
      {n === 0 && <p className="muted">{t.none}</p>}
      {n > 0 && (
        <Scroll label={title}>
          <table className="grid" data-testid="examples-table">
            {n > SHOWN && <caption>{t.shown(SHOWN, n)}</caption>}
            <thead>
              <tr>
                <th scope="col">{t.text}</th>
                <th scope="col">{t.label}</th>
                <th scope="col">{t.predicted}</th>
                <th scope="col" className="num">
                  {t.probability}
                </th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, SHOWN).map((a) => (
                <tr key={a.example}>
                  <td className="example-text">{a.text}</td>
                  <td>{a.label}</td>
                  <td>{a.predicted}</td>
                  <td className="num">{percent(a.probability, 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}
