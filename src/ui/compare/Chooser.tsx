/** Which models are compared, and against which of them. saved sessions are added here. */
import { useState } from 'react';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import type { Contender } from '../../store/compare/contenders';
import { RunMark, SelectField } from '../bits';
import { count } from '../format';
import { useSel, useStudio } from '../studioContext';
import type { Compared } from './useContenders';

export function Chooser({ all, shown, reference }: Compared) {
  const t = texts().compare.chooser;
  const studio = useStudio();
  return (
    <div className="panel stack" data-testid="chooser">
      <fieldset>
        <legend>{t.compared}</legend>
        <ul className="contenders">
          {all.map((c) => (
            <Row key={c.key} contender={c} on={shown.includes(c)} />
          ))}
        </ul>
      </fieldset>
      <div className="fields wide-fields">
        {reference && (
          <SelectField
            label={t.baseline}
            value={reference.key}
            onChange={(key) => studio.comparing.setReference(key)}
            options={shown.map((c) => ({ value: c.key, label: c.name }))}
            help={t.help}
          />
        )}
      </div>
      <Kept />
    </div>
  );
}

/** What it is, in a few words. */
function about({ kind, run, measured }: Contender): string {
  const t = texts().compare.chooser;
  if (kind === 'base') return measured ? t.baseOf(measured.model) : t.base;
  if (!run) return t.imported;
  if (run.failed !== null) return t.failed(count(run.final.steps));
  const steps = run.final.steps === 0 ? t.none : t.steps(count(run.final.steps));
  return run.saved === null ? t.run(steps, run.train.seed) : t.saved(steps, run.train.seed, run.model.id);
}

function Row({ contender, on }: { contender: Contender; on: boolean }) {
  const studio = useStudio();
  const { key, name, index, voice } = contender;
  return (
    <li>
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(e) => studio.comparing.setShown(key, e.target.checked)}
          data-testid={`contender-${key}`}
        />
        <span>
          <RunMark index={index} />
          {name}
        </span>
      </label>
      <span className="help">
        {about(contender)}
        {on && voice.kind === 'none' && (
          <>
            {' '}
            · <span data-testid={`silent-${key}`}>{texts().compare.chooser.silent(say(voice.why))}</span>
          </>
        )}
      </span>
    </li>
  );
}

/** saved sessions that are in, and those that could be. */
function Kept() {
  const t = texts().compare.chooser;
  const studio = useStudio();
  const runs = useSel((s) => s.keep.runs);
  const added = useSel((s) => s.compare.added);
  const reading = useSel((s) => s.compare.reading !== null);
  const startedAt = useSel((s) => s.runs.session?.startedAt);
  const [wanted, setWanted] = useState('');
  const inside = added.flatMap(({ record }) => runs.filter((r) => r.id === record.id));
  // The run on the page was kept when it ended: it is here already.
  const free = runs.filter((r) => r.startedAt !== startedAt && !inside.includes(r));
  const pick = free.find((r) => r.id === wanted) ?? free[0];
  return (
    <div className="stack tight">
      {inside.map((r) => (
        <div key={r.id} className="row">
          <span>{t.fromSaved(r.name)}</span>
          <button
            type="button"
            className="quiet small"
            onClick={() => void studio.comparing.remove(r.id)}
            aria-label={t.removeOne(r.name)}
          >
            {t.remove}
          </button>
        </div>
      ))}
      {pick && (
        <form
          className="history-bar"
          onSubmit={(e) => {
            e.preventDefault();
            void studio.comparing.add(pick.id);
          }}
        >
          <SelectField
            label={t.savedSession}
            value={pick.id}
            onChange={setWanted}
            options={free.map((r) => ({ value: r.id, label: r.name }))}
          />
          <button type="submit" disabled={reading} data-testid="compare-add">
            {reading ? t.reading : t.add}
          </button>
        </form>
      )}
    </div>
  );
}
