/** Settings out and in: a JSON file, or a link. Neither carries data. */
import { useRef, useState } from 'react';
import type { SessionConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import { settingsUrl } from '../../store/pageUrl';
import { TextField } from '../bits';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';

export function Share() {
  const t = texts().configure.share;
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const wrong = useSel((s) => s.runs.draftError !== null);
  const model = useSel((s) => s.model.source);
  const data = useSel((s) => s.dataset.origin);
  const file = useRef<HTMLInputElement>(null);
  const [made, setMade] = useState<{ of: SessionConfig; url: string; copied: boolean | null } | null>(null);
  const link = made?.of === draft ? made : null;
  const copy = async (url: string) => {
    try {
      await navigator.clipboard.writeText(url);
      setMade({ of: draft, url, copied: true });
    } catch {
      // Some browsers forbid it: the address stands there to be taken by hand.
      setMade({ of: draft, url, copied: false });
    }
  };
  return (
    <div className="stack tight">
      <div className="row">
        <button
          type="button"
          data-testid="config-export"
          disabled={wrong}
          onClick={() => saveBlob(configure.exported(), 'sieve-config.json')}
        >
          {t.export}
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          {t.import}
        </button>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          className="sr-only"
          tabIndex={-1}
          aria-label={t.file}
          data-testid="config-file"
          onChange={(e) => {
            const [chosen] = e.target.files ?? [];
            e.target.value = '';
            if (chosen) void configure.importFile(chosen);
          }}
        />
        <button
          type="button"
          data-testid="config-link"
          disabled={wrong}
          onClick={() => {
            const text = configure.link();
            if (text !== null)
              setMade({ of: draft, url: settingsUrl(location.href, text, { model, data }), copied: null });
          }}
        >
          {t.makeLink}
        </button>
      </div>
      <p className="help">{t.help}</p>
      {link && (
        <div className="stack tight">
          <TextField label={t.link} value={link.url} onChange={() => {}} mono testId="config-url" help={t.linkHelp} />
          <div className="row">
            <button type="button" className="small" onClick={() => void copy(link.url)}>
              {t.copy}
            </button>
            <span className="muted" aria-live="polite">
              {link.copied === null ? '' : link.copied ? t.copied : t.forbidden}
            </span>
          </div>
        </div>
      )}
    </div>
  );
}
