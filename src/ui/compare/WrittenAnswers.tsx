/** Exact match and token-F1. */
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { isLive } from '../../store/slices';
import { fixed, percent } from '../format';
import { provenanceOf } from '../provenance';
import { ReportTable } from '../ReportTable';
import { useSel, useStudio } from '../studioContext';
import { useTellsClasses } from '../useTellsClasses';

/** How often the runs of the session on the page write what is expected of them: measured when it is asked for. */
export function WrittenAnswers({ shown }: { shown: readonly Contender[] }) {
  const { written: t, answers } = texts().compare;
  const { comparing } = useStudio();
  const written = useSel((s) => s.runs.written);
  // A session that was opened again has no examples on the device.
  const trained = useSel((s) => s.runs.session !== null && s.runs.session.plan !== null && !isLive(s.runs.phase));
  const writing = useSel((s) => s.compare.writing);
  const ready = useSel((s) => s.model.status === 'ready');
  const writes = !useTellsClasses('session');
  if (!trained || !writes) return null;
  const rows = shown.flatMap((contender) => {
    const found = contender.key === (contender.run?.runId ?? 'base') ? written?.runs?.[contender.key] : undefined;
    return found ? [{ contender, found }] : [];
  });
  return (
    <div className="stack tight">
      <div className="row">
        <button
          type="button"
          data-testid="measure-written"
          disabled={!ready || writing !== null}
          onClick={() => void comparing.measureWritten()}
        >
          {writing === 'written' ? answers.writing : t.measure}
        </button>
        <span className="help">{written && !written.runs ? t.none : t.help}</span>
      </div>
      {rows.length > 0 && (
        <div className="panel">
          <ReportTable
            testId="written-table"
            table={{
              name: 'written',
              caption: t.caption(rows[0].found.examples),
              columns: [
                { label: t.run, number: false },
                { label: t.exactMatch, number: true },
                { label: t.tokenF1, number: true },
              ],
              rows: rows.map(({ contender, found }) => [
                { text: contender.name },
                { text: percent(found.exactMatch, 1), value: found.exactMatch },
                { text: fixed(found.tokenF1), value: found.tokenF1 },
              ]),
              provenance: provenanceOf(rows.map(({ contender: { run } }) => (run ? [run] : []))),
            }}
          />
        </div>
      )}
    </div>
  );
}
