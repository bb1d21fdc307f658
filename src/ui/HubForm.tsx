/** Models that do not come with the page: by Hugging Face id, from a folder, and those that were downloaded before. */
import { useEffect, useId, useRef, useState } from 'react';
import { texts } from '../shared/texts';
import type { KeptModel, ModelFile } from '../shared/types';
import type { Kept } from '../store/downloads';
import { SelectField, TextField } from './bits';
import { bytes } from './format';
import { useStudio } from './studioContext';

export function HubForm({ disabled }: { disabled: boolean }) {
  const studio = useStudio();
  const [id, setId] = useState('');
  const [revision, setRevision] = useState('main');
  const [files, setFiles] = useState<ModelFile[] | null>(null);
  const [file, setFile] = useState('');
  const [kept, setKept] = useState<Kept | null>(null);
  const folder = useId();
  const t = texts().model.hub;
  /** Counts up wherever a list that is still on its way is not wanted any more. */
  const asked = useRef(0);
  /** Another model has other files. */
  const forgetFiles = () => {
    asked.current++;
    setFiles(null);
    setFile('');
  };
  const list = async () => {
    const turn = ++asked.current;
    const found = await studio.downloads.list(id, revision);
    if (turn === asked.current) setFiles(found);
  };
  const look = async () => setKept(await studio.downloads.kept());
  return (
    <details onToggle={(e) => e.currentTarget.open && void look()}>
      <summary>{t.summary}</summary>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault();
          if (id.trim()) void studio.models.openFromHub(id, revision, file || null).then(look);
        }}
      >
        <div className="fields">
          <TextField
            label={t.id}
            value={id}
            onChange={(text) => {
              setId(text);
              forgetFiles();
            }}
            placeholder={t.idPlaceholder}
            mono
            testId="hub-id"
            help={t.idHelp}
          />
          <TextField
            label={t.revision}
            value={revision}
            onChange={(text) => {
              setRevision(text);
              forgetFiles();
            }}
            mono
            help={t.revisionHelp}
          />
        </div>
        {files && (
          <SelectField
            label={t.file}
            help={t.fileHelp}
            value={file}
            onChange={setFile}
            options={[{ value: '', label: t.automatic }, ...files.map((f) => ({ value: f.path, label: fileLabel(f) }))]}
          />
        )}
        <div className="row">
          <button type="submit" disabled={disabled || !id.trim()} data-testid="hub-open">
            {t.open}
          </button>
          <button
            type="button"
            className="quiet"
            disabled={!id.trim()}
            data-testid="hub-list"
            onClick={() => void list()}
          >
            {t.list}
          </button>
        </div>
        <div className="field">
          <label htmlFor={folder}>{t.folder}</label>
          <input
            id={folder}
            type="file"
            multiple
            disabled={disabled}
            data-testid="model-folder"
            aria-describedby={`${folder}-help`}
            {...{ webkitdirectory: '' }}
            onChange={(e) => {
              const chosen = [...(e.currentTarget.files ?? [])];
              e.currentTarget.value = '';
              const name = chosen[0]?.webkitRelativePath.split('/')[0];
              if (name)
                void studio.models.openFolder(name, new Map(chosen.map((f) => [below(f.webkitRelativePath), f])));
            }}
          />
          <p className="help" id={`${folder}-help`}>
            {t.folderHelp}
          </p>
        </div>
        {kept && (
          <KeptModels
            kept={kept}
            disabled={disabled}
            onOpen={(m) => void studio.models.openFromHub(m.id, m.revision, m.file)}
            onDrop={(m) => void studio.downloads.drop(m).then(look)}
          />
        )}
      </form>
    </details>
  );
}

/** The path below the folder that was chosen. */
const below = (path: string) => path.slice(path.indexOf('/') + 1);

/** A form of the model, as the list names it. */
function fileLabel({ path, dtype, bytes: size, readable, fits }: ModelFile): string {
  const t = texts().model.hub;
  const name = t.fileIs(path, dtype, size === null ? null : bytes(size));
  return name + (readable ? (fits ? '' : t.tooLarge) : t.unreadable);
}

interface KeptProps {
  kept: Kept;
  disabled: boolean;
  onOpen: (model: KeptModel) => void;
  onDrop: (model: KeptModel) => void;
}

const nameOf = ({ id, revision }: KeptModel) => (revision === 'main' ? id : `${id} @ ${revision}`);

function KeptModels({ kept: { models, usage, quota }, disabled, onOpen, onDrop }: KeptProps) {
  const frame = useRef<HTMLDivElement>(null);
  /** The place in the list of the model that was deleted last. */
  const dropped = useRef<number | null>(null);
  useEffect(() => {
    const place = dropped.current;
    dropped.current = null;
    // The focus was on a button that is gone. Whoever went elsewhere meanwhile stays there.
    if (place === null || document.activeElement !== document.body) return;
    const buttons = frame.current!.querySelectorAll<HTMLElement>('[data-drop]');
    (buttons[Math.min(place, models.length - 1)] ?? frame.current!.querySelector<HTMLElement>('strong'))?.focus();
  }, [models]);
  const t = texts().model.hub;
  return (
    <div ref={frame} className="stack" data-testid="kept-models">
      <strong tabIndex={-1}>{t.kept}</strong>
      <p className="help">{models.length === 0 ? t.keptNone : t.keptHelp}</p>
      <ul className="evidence">
        {models.map((m, place) => (
          <li key={`${m.host} ${m.id} ${m.revision}`} className="row">
            <span>{t.keptIs(nameOf(m), m.file, bytes(m.bytes))}</span>
            <button
              type="button"
              className="quiet"
              disabled={disabled}
              aria-label={t.openName(nameOf(m))}
              onClick={() => onOpen(m)}
            >
              {t.open}
            </button>
            <button
              type="button"
              className="quiet"
              data-drop
              aria-label={t.dropName(nameOf(m))}
              onClick={() => {
                dropped.current = place;
                onDrop(m);
              }}
            >
              {t.drop}
            </button>
          </li>
        ))}
      </ul>
      {quota > 0 && <p className="help">{t.room(bytes(usage), bytes(quota))}</p>}
    </div>
  );
}
