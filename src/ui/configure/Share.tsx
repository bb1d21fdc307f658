/** Settings out and in: a JSON file, a link, or a command line. None carries data. */
import { useState } from 'react';
import type { SessionConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import { commandLine } from '../../store/configure/commandLine';
import { settingsUrl } from '../../store/pageUrl';
import { TextField } from '../bits';
import { FileButton } from '../FileButton';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';

interface Made {
  of: SessionConfig;
  /** Version of the data set. */
  dataset: number;
  kind: 'link' | 'command';
  text: string;
  /** Whether the command says all that was chosen. */
  whole: boolean;
  /** null: nobody has tried. */
  copied: boolean | null;
}

export function Share() {
  const t = texts().configure.share;
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const wrong = useSel((s) => s.runs.draftError !== null);
  const model = useSel((s) => s.model.source);
  const dataset = useSel((s) => s.dataset);
  const [made, setMade] = useState<Made | null>(null);
  // What was made of other settings is gone; of other data, too, where it names them.
  const shown = made?.of === draft && (made.kind === 'link' || made.dataset === dataset.version) ? made : null;
  const make = (kind: Made['kind']) => {
    const link = configure.link();
    if (link === null) return;
    const { line, whole } = commandLine(link, { model, dataset });
    const text = kind === 'link' ? settingsUrl(location.href, link, { model, data: dataset.origin }) : line;
    setMade({ of: draft, dataset: dataset.version, kind, text, whole, copied: null });
  };
  const copy = async (from: Made) => {
    try {
      await navigator.clipboard.writeText(from.text);
      setMade({ ...from, copied: true });
    } catch {
      // Some browsers forbid it: the text stands there to be taken by hand.
      setMade({ ...from, copied: false });
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
        <FileButton
          label={t.import}
          fileLabel={t.file}
          accept=".json,application/json"
          testId="config-file"
          onFiles={([file]) => void configure.importFile(file)}
        />
        <button type="button" data-testid="config-link" disabled={wrong} onClick={() => make('link')}>
          {t.makeLink}
        </button>
        <button type="button" data-testid="config-command" disabled={wrong} onClick={() => make('command')}>
          {t.makeCommand}
        </button>
      </div>
      <p className="help">{t.help}</p>
      {shown && (
        <div className="stack tight">
          <TextField
            label={shown.kind === 'link' ? t.link : t.command}
            value={shown.text}
            onChange={() => {}}
            mono
            testId={shown.kind === 'link' ? 'config-url' : 'config-line'}
            help={shown.kind === 'link' ? t.linkHelp : t.commandHelp}
          />
          {shown.kind === 'command' && !shown.whole && <p className="help">{t.commandPart}</p>}
          <div className="row">
            <button type="button" className="small" onClick={() => void copy(shown)}>
              {t.copy}
            </button>
            <span className="muted" aria-live="polite">
              {shown.copied === null ? '' : shown.copied ? t.copied : t.forbidden}
            </span>
          </div>
        </div>
      )}
    </div>
  );
}
