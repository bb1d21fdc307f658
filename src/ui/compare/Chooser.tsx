/** Which models are compared, and against which of them. Kept runs are added here. */
import { useState } from 'react';
import type { Contender } from '../../store/compare/contenders';
import { RunMark, SelectField } from '../bits';
import { count } from '../format';
import { useSel, useStudio } from '../studioContext';
import type { Compared } from './useContenders';

export function Chooser({ all, shown, reference }: Compared) {
  const studio = useStudio();
  return (
    <div className="panel stack" data-testid="chooser">
      <fieldset>
        <legend>Compared</legend>
        <ul className="contenders">
          {all.map((c) => <Row key={c.key} contender={c} on={shown.includes(c)} />)}
        </ul>
      </fieldset>
      <div className="fields wide-fields">
        {reference && (
          <SelectField
            label="Held against" value={reference.key} onChange={(key) => studio.comparing.setReference(key)}
            options={shown.map((c) => ({ value: c.key, label: c.name }))} help="All differences below are to this one."
          />
        )}
      </div>
      <Kept />
    </div>
  );
}

/** What it is, in a few words. */
function about({ kind, run, measured }: Contender): string {
  if (kind === 'base') return measured ? `${measured.model}, untouched` : 'the untouched model';
  if (!run) return 'an adapter from a file: it answers, and has no curves';
  if (run.failed !== null) return `failed after ${count(run.final.steps)} steps`;
  return `${run.final.steps === 0 ? 'no steps yet' : `${count(run.final.steps)} steps`} · seed ${run.train.seed}${run.kept === null ? '' : ` · kept, ${run.model.id}`}`;
}

function Row({ contender, on }: { contender: Contender; on: boolean }) {
  const studio = useStudio();
  const { key, name, index, voice } = contender;
  return (
    <li>
      <label className="check">
        <input type="checkbox" checked={on} onChange={(e) => studio.comparing.setShown(key, e.target.checked)} data-testid={`contender-${key}`} />
        <span><RunMark index={index} />{name}</span>
      </label>
      <span className="help">{about(contender)}{on && voice.kind === 'none' && <> · <span data-testid={`silent-${key}`}>does not answer: {voice.why}</span></>}</span>
    </li>
  );
}

/** Kept runs that are in, and those that could be. */
function Kept() {
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
          <span>From History: {r.name}</span>
          <button type="button" className="quiet small" onClick={() => void studio.comparing.remove(r.id)} aria-label={`Take out ${r.name}`}>Take out</button>
        </div>
      ))}
      {pick && (
        <form className="history-bar" onSubmit={(e) => { e.preventDefault(); void studio.comparing.add(pick.id); }}>
          <SelectField label="A kept run" value={pick.id} onChange={setWanted} options={free.map((r) => ({ value: r.id, label: r.name }))} />
          <button type="submit" disabled={reading} data-testid="compare-add">{reading ? 'Reading…' : 'Add it'}</button>
        </form>
      )}
    </div>
  );
}
