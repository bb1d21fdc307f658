/** Which models are compared, and against which of them; saved sessions are added here. */
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
    <aside className="panel stack beside-list chooser" aria-label={t.compared} data-testid="chooser">
      <fieldset>
        <legend>{t.compared}</legend>
        <ul className="contenders">
          {all.map((c) => (
            <Row key={c.key} contender={c} on={shown.includes(c)} />
          ))}
        </ul>
      </fieldset>
      {reference && (
        <SelectField
          label={t.baseline}
          value={reference.key}
          onChange={(key) => studio.comparing.setReference(key)}
          options={shown.map((c) => ({ value: c.key, label: c.name }))}
        />
      )}
      <Saved />
    </aside>
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

/** All saved sessions: those whose runs are listed above, and those that can be added. */
function Saved() {
  const t = texts().compare.chooser;
  const studio = useStudio();
  const runs = useSel((s) => s.keep.runs);
  const added = useSel((s) => s.compare.added);
  const reading = useSel((s) => s.compare.reading);
  const startedAt = useSel((s) => s.runs.session?.startedAt);
  // The run on the page was kept when it ended: it is here already.
  const others = runs.filter((r) => r.startedAt !== startedAt);
  if (others.length === 0) return null;
  return (
    <section className="stack tight" aria-label={t.savedSessions}>
      <h3>{t.savedSessions}</h3>
      <ul className="plain-list saved-choices">
        {others.map((r) => {
          const inside = added.some(({ record }) => record.id === r.id);
          return (
            <li key={r.id}>
              <span>{inside ? t.fromSaved(r.name) : r.name}</span>
              <button
                type="button"
                className="quiet small"
                disabled={reading !== null}
                data-testid={inside ? 'compare-remove' : 'compare-add'}
                aria-label={inside ? t.removeOne(r.name) : t.addOne(r.name)}
                onClick={() => void (inside ? studio.comparing.remove(r.id) : studio.comparing.add(r.id))}
              >
                {inside ? t.remove : reading === r.id ? t.reading : t.add}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
