/** One's own data: chosen, dropped anywhere on the page, or pasted. */
import { useEffect, useState } from 'react';
import type { OwnFile } from '../shared/data';
import { DATA_EXTENSIONS } from '../shared/data';
import { texts } from '../shared/texts';
import { message } from '../shared/message';
import { TextField } from './bits';
import { filesOf, holdsFiles, modelOf, ownFile } from './dropped';
import { FileButton } from './FileButton';
import { goTo } from './frame/router';
import { useSel, useStudio } from './studioContext';

const ACCEPT = [
  ...[...DATA_EXTENSIONS, 'gz', 'tgz', 'tar', 'zip'].map((extension) => `.${extension}`),
  'text/*',
  'application/json',
  'application/gzip',
  'application/zip',
].join();

/** Asks for files of data, from anywhere on the page. */
export function pickDataFiles(take: (files: OwnFile[]) => void): void {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', multiple: true, accept: ACCEPT });
  input.addEventListener('change', () => take([...(input.files ?? [])].map(ownFile)));
  input.click();
}

export function DataUpload() {
  const studio = useStudio();
  const origin = useSel((s) => s.dataset.origin);
  const [pasted, setPasted] = useState('');
  const t = texts().data.upload;
  return (
    <div className="stack">
      <div className="drop" data-testid="data-drop">
        <p>{origin?.kind === 'file' ? <strong>{origin.name}</strong> : t.drop}</p>
        <FileButton
          label={t.choose}
          fileLabel={t.file}
          accept={ACCEPT}
          multiple
          testId="data-file"
          onFiles={(files) => void studio.data.openFiles(files.map(ownFile))}
        />
      </div>
      <details>
        <summary>{t.paste}</summary>
        <div className="stack">
          <TextField label={t.pasteLabel} value={pasted} onChange={setPasted} rows={6} mono testId="data-paste" />
          <div>
            <button
              type="button"
              disabled={pasted === ''}
              onClick={() => void studio.data.openPaste(pasted)}
              data-testid="data-paste-use"
            >
              {t.use}
            </button>
          </div>
        </div>
      </details>
    </div>
  );
}

/**
 * Takes files that are dropped anywhere on the page, where a browser would leave it; says so while some are held over
 * it.
 */
export function DropAnywhere() {
  const studio = useStudio();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (e: DragEvent) => {
      // Text may be dropped into fields, as ever.
      if (!holdsFiles(e.dataTransfer)) return;
      e.preventDefault();
      setOver(true);
    };
    const leave = (e: DragEvent) => {
      if (e.relatedTarget === null) setOver(false);
    };
    const drop = (e: DragEvent) => {
      setOver(false);
      if (!e.dataTransfer || !holdsFiles(e.dataTransfer)) return;
      e.preventDefault();
      void filesOf(e.dataTransfer).then(({ files, folder }) => {
        const model = modelOf({ files, folder });
        if (model) {
          goTo({ place: 'model' });
          void studio.models.dropFolder(model.name, model.files);
          return;
        }
        goTo({ place: 'data' });
        if (files.length > 0) void studio.data.openFiles(files);
        else if (folder !== null) studio.data.refuseDrop(message('store.data.emptyFolder', { folder }));
      });
    };
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [studio]);
  return (
    over && (
      <div className="drop-page" aria-hidden="true">
        <p>{texts().data.upload.anywhere}</p>
      </div>
    )
  );
}
