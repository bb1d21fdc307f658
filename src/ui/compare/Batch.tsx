/** Answers to the prompts of a file. */
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { provenanceOf } from '../provenance';
import { ReportTable } from '../ReportTable';
import { useSel } from '../studioContext';

/** What all have written to the prompts of a file, as a table that can be taken away. */
export function Batch({ shown }: { shown: readonly Contender[] }) {
  const t = texts().compare.answers;
  const batch = useSel((s) => s.runs.batch);
  if (!batch) return null;
  const { prompts, answers } = batch;
  const columns = shown.flatMap(({ name, voice, run }) =>
    voice.kind === 'ready' && answers.some((a) => Object.hasOwn(a, voice.runId))
      ? [{ name, runId: voice.runId, run }]
      : [],
  );
  const runs = columns.flatMap(({ run }) => (run ? [run] : []));
  return (
    <div className="panel batch" aria-busy={answers.length < prompts.length}>
      <ReportTable
        testId="batch-table"
        table={{
          name: 'answers',
          caption: t.batch(answers.length, prompts.length),
          columns: [t.prompt, ...columns.map((c) => c.name)].map((label) => ({ label, number: false })),
          rows: answers.map((written, i) => [
            { text: prompts[i] },
            ...columns.map(({ runId }) => ({ text: (written[runId] ?? '').trim() })),
          ]),
          provenance: provenanceOf(answers.map(() => runs)),
        }}
      />
    </div>
  );
}
