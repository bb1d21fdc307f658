/** Runs that classified the same validation examples: their scores, confusion matrices, classes, and the examples behind them. */
import { useState } from 'react';
import { majorityScores, type Scores } from '../../shared/classification';
import { type Classifying, gradedOf } from '../../store/graded';
import { RunMark, Scroll, SelectField } from '../bits';
import { fixed, percent } from '../format';
import { useTexts } from '../studioContext';
import { ClassTable } from './ClassTable';
import { Examples } from './Examples';
import { type Looked, Matrices } from './Matrices';

interface Props {
  all: readonly Classifying[];
  /** Key of the one whose examples are meant where not all have the same; null = the first. */
  reference?: string | null;
}

export function Classification({ all, reference = null }: Props) {
  const t = useTexts().classification;
  const { set, graded, others } = gradedOf(all, reference);
  const [looked, setLooked] = useState<Looked | null>(null);
  if (!set) return null;
  // The base is the least interesting to begin with.
  const run = graded.find((g) => g.key === looked?.key) ?? graded.find((g) => g.index > 0) ?? graded[0];
  const inside = looked?.cell?.every((c) => c < set.classes.length) ? looked.cell : null;
  return (
    <div className="stack" data-testid="classification">
      <div className="panel stack">
        <Scroll label={t.scores}>
          <table className="grid" data-testid="accuracy-table">
            <caption>{t.measured(set.labels.length, set.classes.length)}</caption>
            <thead>
              <tr>
                <th scope="col">{t.run}</th>
                <th scope="col" className="num">
                  {t.accuracy}
                </th>
                <th scope="col" className="num">
                  {t.right}
                </th>
                <th scope="col" className="num">
                  {t.macroF1}
                </th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row" title={t.majorityHelp}>
                  {t.majority(set.classes[0])}
                </th>
                <Values scores={majorityScores(set)} testId="majority" />
              </tr>
              {graded.map((g) => (
                <tr key={g.key}>
                  <th scope="row">
                    <RunMark index={g.index} />
                    {g.name}
                  </th>
                  <Values scores={g.scores} testId={`accuracy-${g.key}`} />
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        <p className="help">{t.by[set.by]}</p>
        {others.length > 0 && <p className="help">{t.others(others.map((o) => o.name))}</p>}
      </div>
      <Matrices set={set} graded={graded} looked={{ key: run.key, cell: inside }} onLook={setLooked} />
      {graded.length > 1 && (
        <SelectField
          label={t.run}
          value={run.key}
          onChange={(key) => setLooked({ key, cell: inside })}
          options={graded.map((g) => ({ value: g.key, label: g.name }))}
        />
      )}
      <Examples graded={run} cell={inside} onAll={() => setLooked({ key: run.key, cell: null })} />
      <ClassTable set={set} graded={run} />
    </div>
  );
}

function Values({ scores, testId }: { scores: Scores; testId: string }) {
  const t = useTexts().classification;
  const { accuracy, right, examples, macroF1 } = scores;
  return (
    <>
      <td className="num metric">
        <span data-testid={testId}>{percent(accuracy?.share, 1)}</span>
        {accuracy && <small> {t.interval(percent(accuracy.low, 1), percent(accuracy.high, 1))}</small>}
      </td>
      <td className="num">{t.ofAll(right, examples)}</td>
      <td className="num">{fixed(macroF1)}</td>
    </>
  );
}
