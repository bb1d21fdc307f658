/** What the model learns from: choosing data, saying what the columns mean, seeing what will be trained. */
import { useRef, useState } from 'react';
import type { PrepareReport } from '../shared/data';
import { texts } from '../shared/texts';
import { type HeaderMode, sampleWords } from '../store/slices';
import { Empty, Later, ProgressLine, Scroll, SectionFrame, SelectField, Skeleton, TextField } from './bits';
import { DataIssues } from './DataIssues';
import { DataLengths } from './DataLengths';
import { DataMapping } from './DataMapping';
import { DataPreview } from './DataPreview';
import { DataSplit } from './DataSplit';
import { DataTable } from './DataTable';
import { bytes, count } from './format';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

export function DataSection() {
  const status = useSel((s) => s.dataset.status);
  const report = useSel((s) => s.dataset.report);
  const waits = useSel((s) => s.dataset.status === 'reading' || s.dataset.preparing || (s.dataset.origin === null && (s.model.status === 'none' || s.model.status === 'opening') && s.dataset.status !== 'failed'));
  const t = texts().data;
  return (
    <SectionFrame id="data" number={2} title={t.title} lead={t.lead}>
      <div className="split">
        <Samples />
        <Upload />
      </div>
      {status === 'ready' && <div className="split"><Found /><DataMapping /></div>}
      <Working />
      {!report && (waits
        ? <div className="split"><Skeleton room="table" /><Skeleton room="table" /></div>
        : status !== 'ready' && <Empty>{t.empty}</Empty>)}
      {status === 'ready' && report && (
        <>
          <Report report={report} />
          <DataIssues />
          <div className="split">
            <DataSplit report={report} />
            {report.examples > 0 && <div className="panel stack"><h3>{t.lengths.title}</h3><DataLengths lengths={report.lengths} /></div>}
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
      <legend>{texts().data.samples}</legend>
      {samples.map((s) => (
        <button key={s.id} type="button" className="choice" data-testid={`sample-${s.id}`} aria-pressed={origin?.kind === 'sample' && origin.id === s.id} onClick={() => void studio.data.openSample(s.id)}>
          <span className="choice-title">{sampleWords(s).title}</span>
          <span className="choice-text">{sampleWords(s).description}</span>
        </button>
      ))}
      {samples.length === 0 && <p className="muted">{texts().data.noSamples}</p>}
    </fieldset>
  );
}

function Upload() {
  const studio = useStudio();
  const origin = useSel((s) => s.dataset.origin);
  const [over, setOver] = useState(false);
  const [pasted, setPasted] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const t = texts().data.upload;
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
        <p>{origin?.kind === 'file' ? <strong>{origin.name}</strong> : t.drop}</p>
        <button type="button" onClick={() => input.current?.click()}>{t.choose}</button>
        <input
          ref={input} type="file" className="sr-only" tabIndex={-1} aria-label={t.file} data-testid="data-file"
          accept=".jsonl,.json,.csv,.tsv,.tab,.txt,.ndjson,.md,.parquet,.gz,.zip,text/*,application/json,application/gzip,application/zip"
          onChange={(e) => {
            const file = e.target.files?.[0];
            if (file) void studio.data.openFile(file);
            e.target.value = '';
          }}
        />
      </div>
      <details>
        <summary>{t.paste}</summary>
        <div className="stack">
          <TextField label={t.pasteLabel} value={pasted} onChange={setPasted} rows={6} mono testId="data-paste" />
          <div><button type="button" disabled={pasted === ''} onClick={() => void studio.data.openPaste(pasted)} data-testid="data-paste-use">{t.use}</button></div>
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
  const t = texts().data.found;
  return (
    <div className="panel stack">
      <h3>{t.title}</h3>
      <p>
        <Phrase of={t.table(rowCount, table.columns.length, t.how(table.format.toUpperCase(), table.format === 'parquet' ? null : table.encoding, table.packed))} rows={<strong>{count(rowCount)}</strong>} />
      </p>
      <ul className="evidence">{detection.evidence.map((line) => <li key={line}>{line}</li>)}</ul>
      {table.header && (
        <SelectField<HeaderMode>
          label={t.header} value={header} onChange={(mode) => void studio.data.setHeader(mode)} help={table.header.used ? t.takenAsHeader(table.header.why) : t.takenAsData(table.header.why)}
          options={(['auto', 'yes', 'no'] as const).map((value) => ({ value, label: t.headerMode[value] }))}
        />
      )}
      <details open>
        <summary>{t.firstRows}</summary>
        <Scroll label={t.firstRowsOf}>
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
  const t = texts().data.working;
  if (!reading && !preparing) {
    const undone = status === 'ready' && !report && progress === null;
    return <div className="row working">{undone && <button type="button" onClick={() => studio.data.prepareSoon(0)}>{t.toTokens}</button>}</div>;
  }
  const bytesRead = progress?.label === texts().errors.data.progress.reading;
  return (
    <div className="row working" data-testid="data-progress">
      {progress ? <ProgressLine label={progress.label} loaded={progress.loaded} total={progress.total} unit={bytesRead ? bytes : count} /> : <p className="muted">{reading ? t.reading : t.preparing}</p>}
      <button type="button" className="quiet" onClick={() => void studio.data.cancel()} data-testid="data-cancel">{t.cancel}</button>
    </div>
  );
}

function Report({ report }: { report: PrepareReport }) {
  const preparing = useSel((s) => s.dataset.preparing);
  const t = texts().data.report;
  const facts: [string, number][] = [
    [t.train, report.train],
    [t.heldOut, report.heldOut],
    [t.tokens, report.tokens],
    [t.supervised, report.supervised],
    [t.longest, report.longest],
    [t.truncated, report.truncated],
    [t.unusable, report.rows - report.usable],
  ];
  return (
    <div data-testid="data-report" aria-busy={preparing}>
      <dl className="tally">{facts.map(([label, n]) => <div key={label}><dt>{label}</dt><dd className="num">{count(n)}</dd></div>)}</dl>
      {report.warnings.length > 0 && <ul className="warnings">{report.warnings.map((w) => <li key={w}>{w}</li>)}</ul>}
    </div>
  );
}
