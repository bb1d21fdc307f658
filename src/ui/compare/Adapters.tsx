/** Adapters leave the page as files, and come back. */
import { useState } from 'react';
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { canSieve } from '../../store/sieve/sieve';
import { RunMark } from '../bits';
import { FileButton } from '../FileButton';
import { SievePanel } from '../sieve/SievePanel';
import { useSel, useStudio } from '../studioContext';

export function Adapters({ all }: { all: Contender[] }) {
  const t = texts().compare.adapters;
  const studio = useStudio();
  const ready = useSel((s) => s.model.status === 'ready');
  return (
    <div className="panel stack">
      <h3>{t.title}</h3>
      <p className="help">{t.help}</p>
      <div className="row">
        {all
          .filter((c) => c.kind === 'imported' || (c.kind === 'run' && c.run?.saved === null))
          .map(({ key, name, index, voice }) => (
            <button
              key={key}
              type="button"
              data-testid={`export-${key}`}
              disabled={voice.kind !== 'ready'}
              aria-haspopup="dialog"
              onClick={() => studio.exports.ask(key)}
            >
              <RunMark index={index} />
              {texts().exports.open(name)}
            </button>
          ))}
        <FileButton
          label={t.import}
          fileLabel={t.file}
          accept=".zip,application/zip"
          disabled={!ready}
          testId="import-file"
          onFiles={([file]) => void studio.importRun(file)}
        />
      </div>
      <SieveImported />
    </div>
  );
}

/** Adapters that came as files and have no gates are given some, as finished runs are. */
function SieveImported() {
  const t = texts();
  const imported = useSel((s) => s.runs.imported);
  const [open, setOpen] = useState(false);
  const adapters = imported.filter(canSieve).map(({ runId, name }) => ({ id: runId, name }));
  if (adapters.length === 0) return null;
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)} data-testid="sieve-imported">
      <summary>{t.frame.live.detailTab.sieve}</summary>
      {open && <SievePanel adapters={adapters} session={null} shown />}
    </details>
  );
}
