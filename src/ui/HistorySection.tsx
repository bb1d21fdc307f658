/** Runs that this browser keeps: found, named, opened again, taken away, brought back, deleted. */
import { useRef, useState } from 'react';
import type { KeptRun } from '../shared/keptRun';
import { matches } from '../store/keptRuns';
import { isLive } from '../store/slices';
import { RunMark, SectionFrame, TextField } from './bits';
import { bytes, count, fixed, percent, signed } from './format';
import { saveBlob } from './saveBlob';
import { useSel, useStudio } from './studioContext';

export function HistorySection() {
  const mode = useSel((s) => s.keep.mode);
  return (
    <SectionFrame id="history" number={8} title="History" lead="Every run that ends is kept in this browser, with its curves and adapters. It stays here until you delete it, unless the browser runs out of room.">
      {mode === 'off' ? <p className="empty" data-testid="history-off">This browser lets the page keep nothing (a private window, perhaps). Export adapters under Compare before you leave.</p> : <Kept />}
    </SectionFrame>
  );
}

function Kept() {
  const studio = useStudio();
  const runs = useSel((s) => s.keep.runs);
  const unreadable = useSel((s) => s.keep.unreadable);
  const reader = useSel((s) => s.keep.mode === 'reader');
  const [query, setQuery] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const found = runs.filter((r) => matches(r, query));
  return (
    <div className="stack">
      {reader && (
        <div className="notice" aria-live="polite" data-testid="reader-note">
          <p><strong>Read only.</strong> Sieve is open in another tab, and only one tab writes. You can look, open and export here; runs of this tab are not kept. When the other tab closes, this one takes over.</p>
        </div>
      )}
      <div className="history-bar">
        <TextField label="Search" value={query} onChange={setQuery} placeholder="name, tag, model, data, method" testId="history-search" />
        <button type="button" disabled={reader} onClick={() => input.current?.click()}>Import a run</button>
        <input
          ref={input} type="file" accept=".zip,application/zip" className="sr-only" tabIndex={-1} aria-label="Run file" data-testid="history-import"
          onChange={(e) => {
            const file = e.target.files?.[0];
            if (file) void studio.kept.importFile(file);
            e.target.value = '';
          }}
        />
      </div>
      {found.length > 0 && (
        <ul className="kept-list" data-testid="history-list">
          {found.map((r) => <Row key={r.id} run={r} reader={reader} onTag={setQuery} />)}
        </ul>
      )}
      {found.length === 0 && <p className="empty" data-testid="history-empty">{runs.length === 0 ? 'Nothing yet. The first run that ends appears here.' : 'No kept run matches.'}</p>}
      {unreadable > 0 && <p className="help">{count(unreadable)} {unreadable === 1 ? 'entry' : 'entries'} of another version of Sieve cannot be read, and {unreadable === 1 ? 'is' : 'are'} left alone.</p>}
      <Room />
    </div>
  );
}

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function Row({ run, reader, onTag }: { run: KeptRun; reader: boolean; onTag: (tag: string) => void }) {
  const studio = useStudio();
  const busy = useSel((s) => s.keep.busy === run.id);
  const live = useSel((s) => isLive(s.runs.phase) || s.studies.running !== null);
  const shown = useSel((s) => s.runs.session?.startedAt === run.startedAt);
  const noGpu = useSel((s) => s.model.gpu === 'no-webgpu' || s.model.gpu === 'no-adapter');
  const [mode, setMode] = useState<'view' | 'edit' | 'delete'>('view');
  return (
    <li className={`kept${shown ? ' kept-shown' : ''}`} data-testid="kept-run" aria-busy={busy}>
      <div className="kept-head">
        <h3>{run.name}{shown && <span className="tag">shown above</span>}{run.ended !== 'finished' && <span className="tag">{run.ended}</span>}</h3>
        <p className="help">
          <time dateTime={new Date(run.endedAt).toISOString()}>{when.format(run.endedAt)}</time> · {run.model.id} · {count(Math.max(...run.finals.map((f) => f.steps)))} steps · seed {run.experiment.train.seed} · {bytes(run.bytes)}
        </p>
        {run.tags.length > 0 && <p className="row tags">{run.tags.map((t) => <button key={t} type="button" className="suggestion" onClick={() => onTag(t)}>{t}</button>)}</p>}
      </div>
      <dl className="kept-finals">
        {run.base !== null && <div><dt><RunMark index={0} />Base</dt><dd className="num">{fixed(run.base)}</dd></div>}
        {run.experiment.runs.map((r, i) => {
          const { loss, skipped, failed } = run.finals[i];
          return (
            <div key={r.id}>
              <dt><RunMark index={i + 1} />{r.name}</dt>
              <dd className="num">{failed !== null ? 'failed' : fixed(loss)}{loss !== null && run.base !== null && <span className="muted"> {signed(loss - run.base)}</span>}{skipped !== null && <span className="muted"> · {percent(skipped)} skipped</span>}</dd>
            </div>
          );
        })}
      </dl>
      {mode === 'edit' ? <Edit run={run} onDone={() => setMode('view')} />
        : mode === 'delete' ? (
          <div className="row">
            <p>Delete this run and its adapters? This cannot be undone.</p>
            <button type="button" className="danger" data-testid="kept-delete-yes" onClick={() => void studio.kept.remove(run.id)}>Delete</button>
            <button type="button" onClick={() => setMode('view')}>Keep it</button>
          </div>
        ) : (
          <div className="row kept-actions">
            <button type="button" disabled={busy || live || noGpu} data-testid="kept-open" onClick={() => void studio.kept.open(run.id)}>Open</button>
            <button type="button" disabled={busy || noGpu} data-testid="kept-compare" onClick={() => void studio.kept.addToCompare(run.id)}>Add to Compare</button>
            <button type="button" disabled={busy} data-testid="kept-export" onClick={() => void studio.kept.exportFile(run.id).then((file) => file && saveBlob(file.blob, file.name))}>Export</button>
            <button type="button" className="quiet" disabled={busy || reader} data-testid="kept-edit" onClick={() => setMode('edit')}>Rename, tag</button>
            <button type="button" className="quiet" disabled={busy || reader} data-testid="kept-delete" onClick={() => setMode('delete')}>Delete</button>
          </div>
        )}
    </li>
  );
}

function Edit({ run, onDone }: { run: KeptRun; onDone: () => void }) {
  const studio = useStudio();
  const [name, setName] = useState(run.name);
  const [tags, setTags] = useState(run.tags.join(', '));
  return (
    <form
      className="stack tight"
      onSubmit={(e) => {
        e.preventDefault();
        void studio.kept.edit(run.id, { name, tags: tags.split(',') });
        onDone();
      }}
    >
      <div className="fields wide-fields">
        <TextField label="Name" value={name} onChange={setName} testId="kept-name" />
        <TextField label="Tags" value={tags} onChange={setTags} testId="kept-tags" help="Separated by commas." />
      </div>
      <div className="row">
        <button type="submit" data-testid="kept-save">Save</button>
        <button type="button" onClick={onDone}>Cancel</button>
      </div>
    </form>
  );
}

/** How full the browser's storage is, and whether it may be cleared. */
function Room() {
  const studio = useStudio();
  const room = useSel((s) => s.keep.quota);
  const problem = useSel((s) => s.keep.problem);
  const writer = useSel((s) => s.keep.mode === 'writer');
  if (!room) return problem && <p className="help" role="alert">{problem.message} {problem.hint}</p>;
  return (
    <div className="row room" data-testid="room">
      <meter min={0} max={1} value={room.quota > 0 ? room.usage / room.quota : 0} aria-label="Storage used" />
      <span className="help num">{bytes(room.usage)} of {bytes(room.quota)} that the browser gives this page (models for offline use among them)</span>
      {room.persisted
        ? <span className="help">The browser will not clear it by itself.</span>
        : <button type="button" className="quiet" disabled={!writer} onClick={() => void studio.kept.persist()}>Ask the browser not to clear it</button>}
    </div>
  );
}
