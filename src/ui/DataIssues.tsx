/** The validation report: what is wrong with which lines, and what is done about it, one click each. */
import { useState } from 'react';
import type { Issue, IssueReport, Repairs, RowNote } from '../shared/data';
import { encodingName } from '../shared/encodings';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import type { Action } from '../store/slices';
import { count } from './format';
import { Phrase } from './Phrase';
import { saveBlob } from './saveBlob';
import { useSel, useStudio } from './studioContext';

const isRepair = (issue: Issue, repairs: Repairs): issue is keyof Repairs & Issue => Object.hasOwn(repairs, issue);

/** What a repair does, and what is so once it is made; an encoding is told by its name. */
function repairWords(which: 'fix' | 'fixed', issue: keyof Repairs, encoding: string): string {
  const words = texts().data.issues[which];
  return issue === 'encoding' ? words.encoding(encoding) : words[issue];
}

/** What is taken back when this is undone. */
function undoing({ did, issue }: Action, encoding: string): string {
  const { undo } = texts().data.issues;
  return did === 'repair' || did === 'unrepair' ? undo[did](repairWords('fix', issue, encoding)) : undo[did];
}

export function DataIssues() {
  const studio = useStudio();
  const report = useSel((s) => s.dataset.report);
  const table = useSel((s) => s.dataset.parsed?.table);
  const repairs = useSel((s) => s.dataset.decisions.repairs);
  const past = useSel((s) => s.dataset.past);
  const preparing = useSel((s) => s.dataset.preparing);
  const [saving, setSaving] = useState(false);
  const t = texts().data.issues;
  if (!report || !table) return null;
  const { notes } = table;
  const pictures = table.format === 'pictures';
  const encoding = encodingName(table.legacy?.encoding ?? 'windows-1252');
  // A repair that leaves nothing behind must still be seen, to be taken back.
  const applied = (Object.keys(repairs) as (keyof Repairs)[]).filter(
    (k) => repairs[k] && !report.issues.some((i) => i.issue === k),
  );
  const shown: IssueReport[] = [
    ...report.issues,
    ...applied.map((issue) => ({ issue, rows: 0, examples: [], reasons: [] })),
  ];
  const out = report.rows - report.usable;
  if (shown.length === 0 && notes.length === 0 && past.length === 0 && out === 0) {
    return (
      <p className="all-well" data-testid="data-clean">
        {t.clean(count(report.rows), texts().data.summary.list(report.checked.map((issue) => t.checked[issue])))}
      </p>
    );
  }
  const save = async () => {
    setSaving(true);
    const file = await studio.data.rows.rejected((await studio.data.rows.lost()).map((row) => say(row.why)));
    setSaving(false);
    if (file) saveBlob(file, 'rows-left-out.jsonl');
  };
  return (
    <div className="panel stack" data-testid="data-problems" aria-busy={preparing}>
      <div className="row">
        <h3>{t.title}</h3>
        <span className="muted num">{t.usable(count(report.usable), count(report.rows))}</span>
        <span className="spacer" />
        {past.length > 0 && (
          <button type="button" className="quiet" onClick={() => studio.data.decisions.undo()} data-testid="data-undo">
            {undoing(past.at(-1)!.action, encoding)}
          </button>
        )}
        {out > 0 && (
          <button
            type="button"
            className="quiet"
            disabled={saving || preparing}
            onClick={() => void save()}
            data-testid="data-rejected"
          >
            {t.download(count(out))}
          </button>
        )}
      </div>
      <ul className="issues">
        {shown.map((r) => (
          <IssueLine key={r.issue} report={r} repairs={repairs} encoding={encoding} pictures={pictures} />
        ))}
        {notes.length > 0 && <Notes notes={notes} />}
      </ul>
    </div>
  );
}

function IssueLine({
  report: { issue, rows, examples, reasons },
  repairs,
  encoding,
  pictures,
}: {
  report: IssueReport;
  repairs: Repairs;
  encoding: string;
  pictures: boolean;
}) {
  const studio = useStudio();
  const t = texts().data.issues;
  const key = isRepair(issue, repairs) ? issue : null;
  const on = key !== null && repairs[key];
  return (
    <li className={`issue${on ? ' issue-fixed' : ''}`} data-testid={`issue-${issue}`}>
      <div className="row">
        <p>
          <Phrase
            of={t.line[issue](rows)}
            rows={<strong className="num">{count(rows)}</strong>}
            now={<span className="muted">{on ? repairWords('fixed', key, encoding) : t.now[issue]}</span>}
          />
        </p>
        <span className="spacer" />
        {key && (
          <button
            type="button"
            aria-pressed={on}
            className="fix"
            onClick={() => studio.data.decisions.repair(key, !on)}
          >
            {on ? t.takeBack : repairWords('fix', key, encoding)}
          </button>
        )}
      </div>
      {reasons.length > 0 && (
        <ul className="reasons plain-list help">
          {reasons.map((r) => (
            <li key={say(r.reason)}>{t.reason(say(r.reason), r.rows)}</li>
          ))}
        </ul>
      )}
      {examples.length > 0 && (
        <details open={rows <= 3}>
          <summary>{(pictures ? t.pictures : t.lines)(rows, examples.length)}</summary>
          <ol className="problem-list plain-list">
            {examples.map((e) => (
              <li key={e.row}>
                {!pictures && <span className="num line-number">{t.lineNumber(e.line)} </span>}
                <span className="mono">{say(e.text)}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  );
}

function Notes({ notes }: { notes: RowNote[] }) {
  const t = texts().data.issues;
  return (
    <li className="issue" data-testid="issue-notes">
      <p>
        <Phrase
          of={t.notes(notes.length)}
          rows={<strong className="num">{count(notes.length)}</strong>}
          now={<span className="muted">{t.notesKept}</span>}
        />
      </p>
      <details open={notes.length <= 3}>
        <summary>{t.noteLines}</summary>
        <ol className="problem-list plain-list">
          {notes.slice(0, 50).map((n) => (
            <li key={`${n.line}-${say(n.message)}`}>
              <span className="num line-number">{t.lineNumber(n.line)}</span> {say(n.message)}
            </li>
          ))}
        </ol>
        {notes.length > 50 && <p className="help">{t.more(notes.length - 50)}</p>}
      </details>
    </li>
  );
}
