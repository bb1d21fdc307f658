/** What the model learns from: choosing data, saying what the columns mean, seeing what will be trained. */
import { useRef, useState } from 'react';
import type { PrepareReport } from '../shared/data';
import type { HeaderMode } from '../store/slices';
import { Empty, Later, ProgressLine, Scroll, SectionFrame, SelectField, Skeleton, TextField } from './bits';
import { DataIssues } from './DataIssues';
import { DataLengths } from './DataLengths';
import { DataMapping } from './DataMapping';
import { DataPreview } from './DataPreview';
import { DataSplit } from './DataSplit';
import { DataTable } from './DataTable';
import { bytes, count } from './format';
import { useSel, useStudio } from './studioContext';

export function DataSection() {
  const status = useSel((s) => s.dataset.status);
  const report = useSel((s) => s.dataset.report);
  const waits = useSel((s) => s.dataset.status === 'reading' || s.dataset.preparing || (s.dataset.origin === null && (s.model.status === 'none' || s.model.status === 'opening') && s.dataset.status !== 'failed'));
  return (
    <SectionFrame id="data" number={2} title="Data" lead="Pick a sample set or drop a file: JSONL, JSON, CSV, TSV, Parquet or plain text, also packed with gzip or zip. It never leaves this tab.">
      <div className="split">
        <Samples />
        <Upload />
      </div>
      {status === 'ready' && <div className="split"><Found /><DataMapping /></div>}
      <Working />
      {!report && (waits
        ? <div className="split"><Skeleton room="table" /><Skeleton room="table" /></div>
        : status !== 'ready' && <Empty>No data are open. Choose a sample set, or a file of your own.</Empty>)}
      {status === 'ready' && report && (
        <>
          <Report report={report} />
          <DataIssues />
          <div className="split">
            <DataSplit report={report} />
            {report.examples > 0 && <div className="panel stack"><h3>Lengths</h3><DataLengths lengths={report.lengths} /></div>}
          </div>
          <DataPreview />
          <Later room="table"><DataTable report={report} /></Later>
        </>
      )}
    </SectionFrame>
  );
}

function Samples() {
  const studio = useStudio();
  const samples = useSel((s) => s.dataset.samples);
  const origin = useSel((s) => s.dataset.origin);
  return (
    <fieldset className="choices">
      <legend>Sample sets</legend>
      {samples.map((s) => (
        <button key={s.id} type="button" className="choice" data-testid={`sample-${s.id}`} aria-pressed={origin?.kind === 'sample' && origin.id === s.id} onClick={() => void studio.data.openSample(s.id)}>
          <span className="choice-title">{s.title}</span>
          <span className="choice-text">{s.description}</span>
        </button>
      ))}
      {samples.length === 0 && <p className="muted">None found.</p>}
    </fieldset>
  );
}

function Upload() {
  const studio = useStudio();
  const origin = useSel((s) => s.dataset.origin);
  const [over, setOver] = useState(false);
  const [pasted, setPasted] = useState('');
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="stack">
      <div
        className={`drop${over ? ' drop-over' : ''}`} data-testid="data-drop"
        onDragOver={(e) => { e.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault();
          setOver(false);
          const file = e.dataTransfer.files[0];
          if (file) void studio.data.openFile(file);
          else if (e.dataTransfer.getData('text')) void studio.data.openPaste(e.dataTransfer.getData('text'));
        }}
      >
        <p>{origin?.kind === 'file' ? <strong>{origin.name}</strong> : 'Drop a file here'}</p>
        <button type="button" onClick={() => input.current?.click()}>Choose a file</button>
        <input
          ref={input} type="file" className="sr-only" tabIndex={-1} aria-label="Data file" data-testid="data-file"
          accept=".jsonl,.json,.csv,.tsv,.tab,.txt,.ndjson,.md,.parquet,.gz,.zip,text/*,application/json,application/gzip,application/zip"
          onChange={(e) => {
            const file = e.target.files?.[0];
            if (file) void studio.data.openFile(file);
            e.target.value = '';
          }}
        />
      </div>
      <details>
        <summary>Paste text instead</summary>
        <div className="stack">
          <TextField label="Text, JSONL, JSON or CSV" value={pasted} onChange={setPasted} rows={6} mono testId="data-paste" />
          <div><button type="button" disabled={pasted === ''} onClick={() => void studio.data.openPaste(pasted)} data-testid="data-paste-use">Use this text</button></div>
        </div>
      </details>
    </div>
  );
}

/** What the file turned out to be, with the evidence. */
function Found() {
  const studio = useStudio();
  const parsed = useSel((s) => s.dataset.parsed);
  const header = useSel((s) => s.dataset.header);
  if (!parsed) return null;
  const { table, detection, rowCount, sample } = parsed;
  return (
    <div className="panel stack">
      <h3>What was found</h3>
      <p>
        <strong>{count(rowCount)}</strong> {rowCount === 1 ? 'row' : 'rows'}, {table.columns.length} {table.columns.length === 1 ? 'column' : 'columns'} ({table.format.toUpperCase()}{table.format === 'parquet' ? '' : `, ${table.encoding}`}{table.packed && `; ${table.packed}`}).
      </p>
      <ul className="evidence">{detection.evidence.map((line) => <li key={line}>{line}</li>)}</ul>
      {table.header && (
        <SelectField<HeaderMode>
          label="First line names the columns" value={header} onChange={(mode) => void studio.data.setHeader(mode)} help={`Taken as ${table.header.used ? 'a header' : 'data'}: ${table.header.why}`}
          options={[{ value: 'auto', label: 'Decide for me' }, { value: 'yes', label: 'Yes' }, { value: 'no', label: 'No' }]}
        />
      )}
      <details open>
        <summary>First rows</summary>
        <Scroll label="First rows of the file">
          <table className="grid clip">
            <thead><tr>{table.columns.map((c) => <th key={c} scope="col">{c}</th>)}</tr></thead>
            <tbody>{sample.slice(0, 5).map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}>{cell.slice(0, 200)}</td>)}</tr>)}</tbody>
          </table>
        </Scroll>
      </details>
    </div>
  );
}

/** Reading or preparing, with a way out. */
function Working() {
  const studio = useStudio();
  const status = useSel((s) => s.dataset.status);
  const preparing = useSel((s) => s.dataset.preparing);
  const report = useSel((s) => s.dataset.report);
  const progress = useSel((s) => s.dataset.progress);
  const reading = status === 'reading';
  if (!reading && !preparing) {
    const undone = status === 'ready' && !report && progress === null;
    return <div className="row working">{undone && <button type="button" onClick={() => studio.data.prepareSoon(0)}>Turn the text into tokens</button>}</div>;
  }
  const bytesRead = progress?.label === 'Reading';
  return (
    <div className="row working" data-testid="data-progress">
      {progress ? <ProgressLine label={progress.label} loaded={progress.loaded} total={progress.total} unit={bytesRead ? bytes : count} /> : <p className="muted">{reading ? 'Reading…' : 'Turning text into tokens…'}</p>}
      {progress && <button type="button" className="quiet" onClick={() => void studio.data.cancel()} data-testid="data-cancel">Cancel</button>}
    </div>
  );
}

function Report({ report }: { report: PrepareReport }) {
  const preparing = useSel((s) => s.dataset.preparing);
  const facts: [string, number][] = [
    ['examples to learn from', report.train],
    ['held out', report.heldOut],
    ['tokens', report.tokens],
    ['of them trained', report.supervised],
    ['longest, tokens', report.longest],
    ['cut to fit', report.truncated],
    ['rows that cannot be used', report.rows - report.usable],
  ];
  return (
    <div data-testid="data-report" aria-busy={preparing}>
      <dl className="tally">{facts.map(([label, n]) => <div key={label}><dt>{label}</dt><dd className="num">{count(n)}</dd></div>)}</dl>
      {report.warnings.length > 0 && <ul className="warnings">{report.warnings.map((w) => <li key={w}>{w}</li>)}</ul>}
    </div>
  );
}
