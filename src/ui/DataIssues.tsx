/** The validation report: what is wrong with which lines, and what is done about it, one click each. */
import { useState } from 'react';
import type { Issue, IssueReport, Repairs, RowNote } from '../shared/data';
import { count } from './format';
import { saveBlob } from './saveBlob';
import { useSel, useStudio } from './studioContext';

interface Words {
  /** "3 rows …" / "1 row …" */
  many: string;
  one: string;
  /** What happens by itself. */
  now: string;
  /** What the repair is called, and what happens once it is applied. */
  fix?: { label: string; done: string };
}

const WORDS: Record<Issue, Words> = {
  syntax: { many: 'rows are not valid JSON', one: 'row is not valid JSON', now: 'left out' },
  huge: { many: 'rows are too long to read', one: 'row is too long to read', now: 'left out' },
  quote: { many: 'rows have a quote that does not close', one: 'row has a quote that does not close', now: 'left out', fix: { label: 'Read the quotes as letters', done: 'quotes are read as letters' } },
  ragged: { many: 'rows have too few or too many fields', one: 'row has too few or too many fields', now: 'left out', fix: { label: 'Fill up and join', done: 'missing fields are empty, surplus ones go to the last column' } },
  encoding: { many: 'rows are not valid UTF-8', one: 'row is not valid UTF-8', now: 'left out', fix: { label: 'Read as Windows-1252', done: 'read as Windows-1252 (Latin-1)' } },
  template: { many: 'chats are not taken by the template', one: 'chat is not taken by the template', now: 'left out' },
  empty: { many: 'rows have nothing to learn', one: 'row has nothing to learn', now: 'left out' },
  duplicate: { many: 'rows are copies of an earlier one', one: 'row is a copy of an earlier one', now: 'kept, on the same side of the split', fix: { label: 'Keep only the first', done: 'only the first of each is kept' } },
  long: { many: 'examples are longer than the context', one: 'example is longer than the context', now: 'cut to fit', fix: { label: 'Leave them out', done: 'left out' } },
  masked: { many: 'examples have no token to learn', one: 'example has no token to learn', now: 'left out' },
  leak: { many: 'held-out examples ask what is also trained on', one: 'held-out example asks what is also trained on', now: 'left as they are: the measured loss may flatter', fix: { label: 'Keep the same question on one side', done: 'kept on one side' } },
};

const isRepair = (issue: Issue, repairs: Repairs): issue is keyof Repairs & Issue => Object.hasOwn(repairs, issue);

export function DataIssues() {
  const studio = useStudio();
  const report = useSel((s) => s.dataset.report);
  const notes = useSel((s) => s.dataset.parsed?.table.notes);
  const repairs = useSel((s) => s.dataset.decisions.repairs);
  const past = useSel((s) => s.dataset.past);
  const preparing = useSel((s) => s.dataset.preparing);
  const [saving, setSaving] = useState(false);
  if (!report || !notes) return null;
  // A repair that leaves nothing behind must still be seen, to be taken back.
  const applied = (Object.keys(repairs) as (keyof Repairs)[]).filter((k) => repairs[k] && !report.issues.some((i) => i.issue === k));
  const shown: IssueReport[] = [...report.issues, ...applied.map((issue) => ({ issue, rows: 0, examples: [] }))];
  const out = report.rows - report.usable;
  if (shown.length === 0 && notes.length === 0 && past.length === 0 && out === 0) {
    return <p className="all-well" data-testid="data-clean">✓ Every row can be used: none is empty, broken or a copy.</p>;
  }
  const save = async () => {
    setSaving(true);
    const file = await studio.data.rejected();
    setSaving(false);
    if (file) saveBlob(file, 'rows-left-out.jsonl');
  };
  return (
    <div className="panel stack" data-testid="data-problems" aria-busy={preparing}>
      <div className="row">
        <h3>What needs a look</h3>
        <span className="muted num">{count(report.usable)} of {count(report.rows)} rows can be used</span>
        <span className="spacer" />
        {past.length > 0 && <button type="button" className="quiet" onClick={() => studio.data.undo()} data-testid="data-undo">Undo {past.at(-1)!.what}</button>}
        {out > 0 && <button type="button" className="quiet" disabled={saving || preparing} onClick={() => void save()} data-testid="data-rejected">Download the {count(out)} left out</button>}
      </div>
      <ul className="issues">
        {shown.map((r) => <IssueLine key={r.issue} report={r} repairs={repairs} />)}
        {notes.length > 0 && <Notes notes={notes} />}
      </ul>
    </div>
  );
}

function IssueLine({ report: { issue, rows, examples }, repairs }: { report: IssueReport; repairs: Repairs }) {
  const studio = useStudio();
  const words = WORDS[issue];
  const key = isRepair(issue, repairs) ? issue : null;
  const on = key !== null && repairs[key];
  return (
    <li className={`issue${on ? ' issue-fixed' : ''}`} data-testid={`issue-${issue}`}>
      <div className="row">
        <p><strong className="num">{count(rows)}</strong> {rows === 1 ? words.one : words.many} <span className="muted">— {on ? words.fix!.done : words.now}</span></p>
        <span className="spacer" />
        {key && words.fix && (
          <button type="button" aria-pressed={on} className="fix" onClick={() => studio.data.repair(key, !on, on ? `taking back “${words.fix!.label}”` : `“${words.fix!.label}”`)}>
            {on ? 'Take back' : words.fix.label}
          </button>
        )}
      </div>
      {examples.length > 0 && (
        <details open={rows <= 3}>
          <summary>{rows === 1 ? 'The line' : rows <= examples.length ? `All ${rows} lines` : `The first ${examples.length} lines`}</summary>
          <ol className="problem-list plain-list">
            {examples.map((e) => <li key={e.row}><span className="num line-number">line {e.line}</span> <span className="mono">{e.text}</span></li>)}
          </ol>
        </details>
      )}
    </li>
  );
}

function Notes({ notes }: { notes: RowNote[] }) {
  return (
    <li className="issue" data-testid="issue-notes">
      <p><strong className="num">{count(notes.length)}</strong> {notes.length === 1 ? 'note' : 'notes'} <span className="muted">— these rows are kept</span></p>
      <details open={notes.length <= 3}>
        <summary>Lines</summary>
        <ol className="problem-list plain-list">
          {notes.slice(0, 50).map((n) => <li key={`${n.line}-${n.message}`}><span className="num line-number">line {n.line}</span> {n.message}</li>)}
        </ol>
        {notes.length > 50 && <p className="help">and {notes.length - 50} more</p>}
      </details>
    </li>
  );
}
