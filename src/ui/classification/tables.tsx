/**
 * Scores of runs on the same labelled examples as a table: for the page, the shared result and the files for a paper.
 */
import { type LabelledSet, type Scores, majorityScores } from '../../shared/classification';
import { texts } from '../../shared/texts';
import type { Graded } from '../../store/graded';
import { RunMark } from '../bits';
import { fixed, percent } from '../format';
import type { ShownCell, ShownTable } from '../ReportTable';

function cellsOf({ accuracy, right, examples, macroF1 }: Scores, testId: string): ShownCell[] {
  const t = texts().classification;
  const share = percent(accuracy?.share ?? null, 1);
  const interval = accuracy && t.interval(percent(accuracy.low, 1), percent(accuracy.high, 1));
  return [
    {
      text: interval ? `${share} (${interval})` : share,
      value: accuracy?.share ?? null,
      node: (
        <span className="metric">
          <span data-testid={testId}>{share}</span>
          {interval && <small> {interval}</small>}
        </span>
      ),
    },
    { text: t.ofAll(right, examples), value: right },
    { text: fixed(macroF1), value: macroF1 },
  ];
}

/** Always the most frequent label first, then the runs. */
export function accuracyTable(set: LabelledSet, graded: readonly Graded[]): ShownTable {
  const t = texts().classification;
  const always = t.majority(set.classes[0]);
  return {
    name: 'accuracy-table',
    caption: t.measured(set.labels.length, set.classes.length),
    columns: [
      { label: t.run, number: false },
      { label: t.accuracy, number: true },
      { label: t.right, number: true },
      { label: t.macroF1, number: true },
    ],
    rows: [
      [
        { text: always, node: <span title={t.majorityHelp}>{always}</span> },
        ...cellsOf(majorityScores(set), 'majority'),
      ],
      ...graded.map((g): ShownCell[] => [
        {
          text: g.name,
          node: (
            <>
              <RunMark index={g.index} />
              {g.name}
            </>
          ),
        },
        ...cellsOf(g.scores, `accuracy-${g.key}`),
      ]),
    ],
  };
}
