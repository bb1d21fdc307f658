/**
 * Runs that classified the same validation examples: their scores, confusion matrices, classes, and the examples behind
 * them.
 */
import { useState } from 'react';
import { type Classifying, gradedOf } from '../../store/graded';
import { SelectField } from '../bits';
import { ReportTable } from '../ReportTable';
import { useTexts } from '../studioContext';
import { ClassTable } from './ClassTable';
import { Examples } from './Examples';
import { type Looked, Matrices } from './Matrices';
import { accuracyTable } from './tables';

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
    <div className="stack classification" data-testid="classification">
      <div className="panel stack">
        <ReportTable table={accuracyTable(set, graded)} testId="accuracy-table" />
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
