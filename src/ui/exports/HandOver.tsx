/** The whole session leaves the page, to go on under Python on other machines. */
import { useState } from 'react';
import { texts } from '../../shared/texts';
import { isLive } from '../../store/slices';
import { saveBlob } from '../saveBlob';
import { useSel, useStudio } from '../studioContext';

export function HandOver() {
  const t = texts().exports.handOver;
  const studio = useStudio();
  const moving = useSel((s) => isLive(s.runs.phase) && s.runs.phase !== 'paused');
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const made = await studio.exports.handOver();
    setBusy(false);
    if (made) saveBlob(made.blob, made.name);
  };
  return (
    <section className="stack tight">
      <h3>{t.title}</h3>
      <p className="help">{moving ? t.pause : t.help}</p>
      <div className="row">
        <button type="button" data-testid="export-hand-over" disabled={busy || moving} onClick={() => void save()}>
          {t.save}
        </button>
      </div>
    </section>
  );
}
