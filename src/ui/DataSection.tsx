/** What the model learns from: choosing data, saying what the columns mean, seeing what will be trained. */
import { useRef, useState } from 'react';
import type { DataKind } from '../shared/data';
import { DATA_ROLES } from '../shared/template';
import type { HeaderMode } from '../store/slices';
import { KIND_LABELS } from '../store/template';
import { Check, NumberField, Scroll, SectionFrame, SelectField, TextField } from './bits';
import { DataPreview } from './DataPreview';
import { count } from './format';
import { useSel, useStudio } from './studioContext';

export function DataSection() {
  const status = useSel((s) => s.dataset.status);
  return (
    <SectionFrame id="data" number={2} title="Data" lead="Pick a sample set or drop a file: JSONL, JSON, CSV, TSV or plain text. It never leaves this tab.">
      <div className="split">
        <Samples />
        <Upload />
      </div>
      {status === 'reading' && <p className="muted" aria-live="polite">Reading…</p>}
      {status === 'ready' && <Meaning />}
      {status === 'ready' && <Report />}
      {status === 'ready' && <DataPreview />}
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
          accept=".jsonl,.json,.csv,.tsv,.txt,.ndjson,.md,text/*,application/json"
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

function Meaning() {
  const studio = useStudio();
  const d = useSel((s) => s.dataset);
  if (!d.parsed || !d.mapping) return null;
  const { table, detection, rowCount, sample } = d.parsed;
  const prompted = d.template.prompt !== '';
  return (
    <div className="split">
      <div className="panel stack">
        <h3>What was found</h3>
        <p>
          <strong>{count(rowCount)}</strong> rows, {table.columns.length} {table.columns.length === 1 ? 'column' : 'columns'} ({table.format.toUpperCase()}, {table.encoding}).
        </p>
        <ul className="evidence">{detection.evidence.map((line) => <li key={line}>{line}</li>)}</ul>
        {table.header && (
          <SelectField<HeaderMode>
            label="First line names the columns" value={d.header} onChange={(mode) => void studio.data.setHeader(mode)} help={`Taken as ${table.header.used ? 'a header' : 'data'}: ${table.header.why}`}
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
        {table.problems.length > 0 && <Problems problems={table.problems} />}
      </div>
      <div className="panel stack">
        <h3>What it means</h3>
        <div className="fields">
          <SelectField<DataKind>
            label="Kind" value={d.mapping.kind} onChange={(kind) => studio.data.setKind(kind)}
            options={(Object.keys(KIND_LABELS) as DataKind[]).map((kind) => ({ value: kind, label: KIND_LABELS[kind] }))}
          />
          {DATA_ROLES[d.mapping.kind].map(({ role, required }) => (
            <SelectField
              key={role} label={`Column with the ${role}`} value={d.mapping!.roles[role] ?? ''} onChange={(column) => studio.data.setRole(role, column === '' ? null : column)}
              problem={required && !d.mapping!.roles[role] ? 'Choose a column.' : null}
              options={[{ value: '', label: required ? 'choose…' : 'none' }, ...table.columns.map((c) => ({ value: c, label: c }))]}
            />
          ))}
        </div>
        {d.mapping.kind !== 'text' && (
          <>
            <TextField label="Prompt template" value={d.template.prompt} onChange={(prompt) => studio.data.setTemplate({ prompt })} rows={3} mono help="{name} stands for the row’s text in that role." />
            <TextField label="Completion template" value={d.template.completion} onChange={(completion) => studio.data.setTemplate({ completion })} rows={2} mono />
          </>
        )}
        {prompted && <Check checked={d.completionOnly} onChange={(completionOnly) => studio.data.setPreparation({ completionOnly })}>Learn the completion only, not the prompt</Check>}
        <div className="fields">
          <NumberField label="Held out, in %" value={Math.round(d.heldOutShare * 1000) / 10} min={0} max={50} initial={10} onChange={(p) => { if (p >= 0 && p <= 50) studio.data.setPreparation({ heldOutShare: p / 100 }); }} help="Kept aside to measure; never trained on." />
          <NumberField label="Split seed" value={d.seed} min={0} initial={1} onChange={(seed) => { if (Number.isInteger(seed) && seed >= 0) studio.data.setPreparation({ seed }); }} help="Picks which ones." />
        </div>
      </div>
    </div>
  );
}

function Problems({ problems }: { problems: { line: number; message: string }[] }) {
  return (
    <details open={problems.length <= 5}>
      <summary>{problems.length} {problems.length === 1 ? 'line needs' : 'lines need'} a look</summary>
      <ul className="problem-list" data-testid="data-problems">
        {problems.slice(0, 50).map((p) => <li key={`${p.line}-${p.message}`}><span className="num">line {p.line}</span> {p.message}</li>)}
      </ul>
      {problems.length > 50 && <p className="help">and {problems.length - 50} more</p>}
    </details>
  );
}

function Report() {
  const report = useSel((s) => s.dataset.report);
  const preparing = useSel((s) => s.dataset.preparing);
  if (!report) return preparing ? <p className="muted" aria-live="polite">Turning text into tokens…</p> : null;
  const facts: [string, number][] = [
    ['examples to learn from', report.train],
    ['held out', report.heldOut],
    ['tokens', report.tokens],
    ['of them trained', report.supervised],
    ['longest, tokens', report.longest],
    ['cut to fit', report.truncated],
    ['left out', report.allMasked + report.empty],
  ];
  return (
    <div data-testid="data-report" aria-busy={preparing}>
      <dl className="tally">{facts.map(([label, n]) => <div key={label}><dt>{label}</dt><dd className="num">{count(n)}</dd></div>)}</dl>
      {report.warnings.length > 0 && <ul className="warnings">{report.warnings.map((w) => <li key={w}>{w}</li>)}</ul>}
    </div>
  );
}
