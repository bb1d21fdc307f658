/** Runs that this browser keeps: found, named, opened again, taken away, brought back, deleted. */
import { useEffect, useRef, useState } from 'react';
import type { SavedSession } from '../shared/savedSession';
import { texts } from '../shared/texts';
import { say, sayError } from '../shared/texts/say';
import { deviceNames } from './deviceWords';
import { matches } from '../store/savedSessions';
import { isLive } from '../store/slices';
import { RunMark, SectionFrame, TextField } from './bits';
import { bytes, count, fixed, percent, signed, when } from './format';
import { FileButton } from './FileButton';
import { Phrase } from './Phrase';
import { ResumeOffer } from './ResumeOffer';
import { mainPlace } from './sections';
import { saveBlob } from './saveBlob';
import { useSel, useStudio } from './studioContext';

export function HistorySection() {
  const mode = useSel((s) => s.keep.mode);
  const t = texts().history;
  return (
    <SectionFrame id="history" title={t.title} lead={t.lead}>
      {mode === 'off' ? (
        <p className="empty" data-testid="history-off">
          {t.off}
        </p>
      ) : (
        <Kept />
      )}
    </SectionFrame>
  );
}

function Kept() {
  const studio = useStudio();
  const runs = useSel((s) => s.keep.runs);
  const unreadable = useSel((s) => s.keep.unreadable);
  const reader = useSel((s) => s.keep.mode === 'reader');
  const unlisted = useSel((s) => s.keep.unlisted);
  // Elsewhere it floats.
  const here = useSel((s) => mainPlace(s.ui.route.place) === 'history');
  const [query, setQuery] = useState('');
  const frame = useRef<HTMLDivElement>(null);
  /** The run that is being deleted: its place in the list, and how long that is. */
  const [leaving, setLeaving] = useState<{ place: number; of: number } | null>(null);
  const found = runs.filter((r) => matches(r, query));
  const shown = found.length;
  useEffect(() => {
    if (!leaving || shown >= leaving.of) return;
    // It is gone: the focus goes to the run that comes after, or to the search.
    const rows = frame.current!.querySelectorAll('[data-testid="saved-session"]');
    (
      rows[Math.min(leaving.place, shown - 1)]?.querySelector<HTMLElement>('.saved-actions button') ??
      frame.current!.querySelector('input')
    )?.focus();
  }, [leaving, shown]);
  const remove = async (id: string, place: number) => {
    setLeaving({ place, of: shown });
    await studio.savedSessions.remove(id);
    setLeaving(null);
  };
  const t = texts().history;
  return (
    <div className="stack" ref={frame}>
      {here && <ResumeOffer />}
      {reader && (
        <div className="notice" aria-live="polite" data-testid="reader-note">
          <p>
            <Phrase of={t.reader} head={<strong>{t.readOnly}</strong>} />
          </p>
        </div>
      )}
      <div className="history-bar">
        <TextField
          label={t.search}
          value={query}
          onChange={setQuery}
          placeholder={t.searchPlaceholder}
          testId="history-search"
        />
        <FileButton
          label={t.import}
          fileLabel={t.file}
          accept=".zip,application/zip"
          disabled={reader}
          testId="history-import"
          onFiles={([file]) => void studio.savedSessions.importFile(file)}
        />
      </div>
      {found.length > 0 && (
        <ul className="saved-list" data-testid="history-list">
          {found.map((r, i) => (
            <Row key={r.id} run={r} reader={reader} onTag={setQuery} onDelete={() => void remove(r.id, i)} />
          ))}
        </ul>
      )}
      {unlisted && (
        <div className="notice notice-error" role="alert">
          <p>
            <strong>{t.unlisted}</strong> {say(unlisted)} {sayError(unlisted).hint}
          </p>
        </div>
      )}
      {found.length === 0 && !unlisted && (
        <p className="empty" aria-live="polite" data-testid="history-empty">
          {runs.length === 0 ? t.empty : t.noMatch}
        </p>
      )}
      {unreadable > 0 && <p className="help">{t.unreadable(unreadable, count(unreadable))}</p>}
      <Room />
    </div>
  );
}

function Row({
  run,
  reader,
  onTag,
  onDelete,
}: {
  run: SavedSession;
  reader: boolean;
  onTag: (tag: string) => void;
  onDelete: () => void;
}) {
  const studio = useStudio();
  const busy = useSel((s) => s.keep.busy === run.id);
  const live = useSel((s) => isLive(s.runs.phase) || s.experiments.running !== null);
  const shown = useSel((s) => s.runs.session?.startedAt === run.startedAt);
  const [mode, setMode] = useState<'view' | 'edit' | 'delete'>('view');
  const item = useRef<HTMLLIElement>(null);
  const before = useRef(mode);
  const t = texts().history.run;
  useEffect(() => {
    if (mode === before.current) return;
    // The focus goes to what was opened, and back to the button that opened it.
    const wanted = mode === 'edit' ? 'saved-name' : mode === 'delete' ? 'saved-delete-no' : `saved-${before.current}`;
    before.current = mode;
    item.current?.querySelector<HTMLElement>(`[data-testid="${wanted}"]`)?.focus();
  }, [mode]);
  return (
    // Escape leaves what the buttons inside have opened.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      ref={item}
      className={`saved${shown ? ' saved-shown' : ''}`}
      data-testid="saved-session"
      aria-busy={busy}
      onKeyDown={(e) => {
        if (e.key === 'Escape') setMode('view');
      }}
    >
      <div className="saved-head">
        <h3>
          {run.name}
          {shown && <span className="tag">{t.shown}</span>}
          {run.ended !== 'finished' && <span className="tag">{t.ended[run.ended]}</span>}
        </h3>
        <p className="help">
          <Phrase
            of={t.facts({
              model: run.model.id,
              data: run.data || '–',
              steps: count(Math.max(...run.finals.map((f) => f.steps))),
              seed: run.config.train.seed,
              device: deviceNames(run.devices),
              bytes: bytes(run.bytes),
            })}
            when={<time dateTime={new Date(run.endedAt).toISOString()}>{when(run.endedAt)}</time>}
          />
        </p>
        {run.tags.length > 0 && (
          <p className="row tags">
            {run.tags.map((t) => (
              <button key={t} type="button" className="suggestion" onClick={() => onTag(t)}>
                {t}
              </button>
            ))}
          </p>
        )}
      </div>
      <dl className="saved-finals">
        {run.base !== null && (
          <div>
            <dt>
              <RunMark index={0} />
              {t.base}
            </dt>
            <dd className="num">{fixed(run.base)}</dd>
          </div>
        )}
        {run.config.runs.map((r, i) => {
          const { loss, skipped, failed } = run.finals[i];
          return (
            <div key={r.id}>
              <dt>
                <RunMark index={i + 1} />
                {r.name}
              </dt>
              <dd className="num">
                {failed !== null ? t.failed : fixed(loss)}
                {loss !== null && run.base !== null && <span className="muted"> {signed(loss - run.base)}</span>}
                {skipped !== null && <span className="muted"> · {t.skipped(percent(skipped))}</span>}
              </dd>
            </div>
          );
        })}
      </dl>
      {mode === 'edit' ? (
        <Edit run={run} onDone={() => setMode('view')} />
      ) : mode === 'delete' ? (
        <div className="row">
          <p>{t.deleteAsk}</p>
          <button type="button" className="danger" data-testid="saved-delete-yes" onClick={onDelete}>
            {t.delete}
          </button>
          <button type="button" data-testid="saved-delete-no" onClick={() => setMode('view')}>
            {t.keep}
          </button>
        </div>
      ) : (
        <div className="row saved-actions">
          <button
            type="button"
            disabled={busy || live}
            data-testid="saved-open"
            onClick={() => void studio.savedSessions.open(run.id)}
          >
            {t.open}
          </button>
          <button
            type="button"
            disabled={busy || shown}
            data-testid="saved-compare"
            onClick={() => void studio.comparing.add(run.id)}
          >
            {t.compare}
          </button>
          <button
            type="button"
            disabled={busy}
            data-testid="saved-export"
            onClick={() =>
              void studio.savedSessions.exportFile(run.id).then((file) => file && saveBlob(file.blob, file.name))
            }
          >
            {t.export}
          </button>
          <button
            type="button"
            className="quiet"
            disabled={busy || reader}
            data-testid="saved-edit"
            onClick={() => setMode('edit')}
          >
            {t.edit}
          </button>
          <button
            type="button"
            className="quiet"
            disabled={busy || reader}
            data-testid="saved-delete"
            onClick={() => setMode('delete')}
          >
            {t.delete}
          </button>
        </div>
      )}
    </li>
  );
}

function Edit({ run, onDone }: { run: SavedSession; onDone: () => void }) {
  const studio = useStudio();
  const [name, setName] = useState(run.name);
  const [tags, setTags] = useState(run.tags.join(', '));
  const t = texts().history.run;
  return (
    <form
      className="stack tight"
      onSubmit={(e) => {
        e.preventDefault();
        void studio.savedSessions.edit(run.id, { name, tags: tags.split(/[,，、]/) }).then((done) => {
          if (done) onDone();
        });
      }}
    >
      <div className="fields wide-fields">
        <TextField label={t.name} value={name} onChange={setName} testId="saved-name" />
        <TextField label={t.tags} value={tags} onChange={setTags} testId="saved-tags" help={t.tagsHelp} />
      </div>
      <div className="row">
        <button type="submit" data-testid="saved-save">
          {t.save}
        </button>
        <button type="button" onClick={onDone}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}

/** How full the browser's storage is, and whether it may be cleared. */
function Room() {
  const studio = useStudio();
  const room = useSel((s) => s.keep.quota);
  const writer = useSel((s) => s.keep.mode === 'writer');
  const t = texts().history.room;
  if (!room) return null;
  return (
    <div className="row room" data-testid="room">
      <meter min={0} max={1} value={room.quota > 0 ? room.usage / room.quota : 0} aria-label={t.used} />
      <span className="help num">{t.of(bytes(room.usage), bytes(room.quota))}</span>
      {room.persisted ? (
        <span className="help">{t.persisted}</span>
      ) : (
        <button type="button" className="quiet" disabled={!writer} onClick={() => void studio.savedSessions.persist()}>
          {t.ask}
        </button>
      )}
    </div>
  );
}
