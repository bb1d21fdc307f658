/** Starting an experiment: one of two questions, a few numbers, a button. */
import { useState } from 'react';
import { METHODS, METHOD_NAMES } from '../../shared/config';
import { isLive } from '../../store/slices';
import { GRID_FIELDS, GRID_INFO } from '../../store/studies/grid';
import { START_DRAFT, type StudyDraft, type StudyKind, studyProblem, studySize } from '../../store/studies/presets';
import { Check, NumberField, Segmented, SelectField, TextField } from '../bits';
import { useExpected } from '../configure/useExpected';
import { count, durationRange } from '../format';
import { useSel, useStudio } from '../studioContext';

const QUESTIONS: Record<StudyKind, { title: string; text: string }> = {
  compare: { title: `Compare methods: ${START_DRAFT.methods.map((m) => METHOD_NAMES[m]).join(' / ')} over 3 seeds`, text: 'Which method gets the lower loss on data it has not seen, and is the difference more than chance?' },
  importance: { title: 'Which modules matter?', text: 'A short probe ranks the layers by how many tokens their gates keep. Then plain LoRA gets only the best of that ranking, and of six others, at the same number of parameters.' },
};

export function StudyForm() {
  const studio = useStudio();
  const [draft, setDraft] = useState<StudyDraft>(START_DRAFT);
  const set = (patch: Partial<StudyDraft>) => setDraft({ ...draft, ...patch });
  const model = useSel((s) => s.model.status === 'ready');
  const hasData = useSel((s) => s.dataset.train !== null || s.dataset.preparing);
  const busy = useSel((s) => s.studies.running !== null || isLive(s.runs.phase));
  const configured = useSel((s) => s.runs.draftError);
  const { train, runs } = useSel((s) => s.runs.draft);
  const problem = configured === null ? studyProblem(draft, train, runs) : null;
  const missing = busy ? 'Something is training already: wait for its end, or stop it.'
    : configured ? `Correct this under Configure first: ${configured}.`
    : !model ? 'Waiting for a model.'
    : !hasData ? 'Choose data first.'
    : null;
  return (
    <form className="stack" data-testid="study-form" onSubmit={(e) => { e.preventDefault(); void studio.studies.start(draft); }}>
      <fieldset className="choices questions">
        <legend>What do you want to know?</legend>
        {(Object.keys(QUESTIONS) as StudyKind[]).map((kind) => (
          <button key={kind} type="button" className="choice" aria-pressed={draft.kind === kind} data-testid={`study-${kind}`} onClick={() => set({ kind })}>
            <span className="choice-title">{QUESTIONS[kind].title}</span>
            <span className="choice-text">{QUESTIONS[kind].text}</span>
          </button>
        ))}
      </fieldset>
      <div className="fields">
        <NumberField label="Seeds" value={draft.seeds} initial={START_DRAFT.seeds} min={1} max={20} onChange={(seeds) => set({ seeds })} help="Each one repeats everything with another start and order." />
        {draft.kind === 'importance' && (
          <>
            <NumberField label="Probe, steps" value={draft.probeSteps} initial={START_DRAFT.probeSteps} min={1} onChange={(probeSteps) => set({ probeSteps })} help="Long enough for the gates to settle." />
            <NumberField label="Budget, in %" value={Math.round(draft.share * 1000) / 10} initial={START_DRAFT.share * 100} min={1} max={100} onChange={(p) => set({ share: p / 100 })} help="Of the parameters of all modules." />
          </>
        )}
      </div>
      {draft.kind === 'compare' && <Compared draft={draft} set={set} />}
      <Check checked={draft.keepBest} onChange={(keepBest) => set({ keepBest })}>Keep each run’s best adapter, judged on a tenth of the training data set aside (early stopping, the same for all)</Check>
      <SettingsNote />
      {configured === null && problem === null && draft.kind === 'compare' && <Size draft={draft} />}
      <div className="row">
        <button type="submit" className="primary" data-testid="study-start" disabled={missing !== null || problem !== null}>Start the experiment</button>
        {(problem ?? missing) && <p className="muted" data-testid="study-problem">{problem ?? missing}</p>}
      </div>
    </form>
  );
}

/** What is compared, and the settings that vary. */
function Compared({ draft, set }: { draft: StudyDraft; set: (patch: Partial<StudyDraft>) => void }) {
  const runs = useSel((s) => s.runs.draft.runs);
  const { axes } = draft;
  const change = (i: number, patch: Partial<StudyDraft['axes'][number]>) => set({ axes: axes.map((a, k) => (k === i ? { ...a, ...patch } : a)) });
  const next = GRID_FIELDS.find((f) => !axes.some((a) => a.field === f))!;
  return (
    <>
      <div className="stack tight">
        <div className="row"><Segmented label="What is compared" value={draft.of} onChange={(of) => set({ of })} options={[{ value: 'methods', label: 'Methods, all else equal' }, { value: 'runs', label: 'The runs under Configure' }]} /></div>
        {draft.of === 'runs' && <p className="help" data-testid="study-runs">{runs.map((r) => r.name).join(', ')}: each as it is set there, gates and controls included.</p>}
      </div>
      {draft.of === 'methods' && (
        <fieldset className="checks">
          <legend>Methods</legend>
          {METHODS.map((m) => <Check key={m} checked={draft.methods.includes(m)} onChange={(on) => set({ methods: METHODS.filter((k) => (k === m ? on : draft.methods.includes(k))) })}>{METHOD_NAMES[m]}</Check>)}
        </fieldset>
      )}
      {axes.map((axis, i) => (
        // An axis has no name but its place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className="axis" data-testid={`study-axis-${i}`}>
          <SelectField label={i === 0 ? 'Setting that varies' : 'and with it'} value={axis.field} onChange={(field) => change(i, { field, values: GRID_INFO[field].example })} options={GRID_FIELDS.map((value) => ({ value, label: GRID_INFO[value].label }))} />
          <TextField label="Values" value={axis.values} onChange={(values) => change(i, { values })} help="Parted by commas." />
          <button type="button" className="quiet" onClick={() => set({ axes: axes.filter((_, k) => k !== i) })} aria-label={`Do not vary ${GRID_INFO[axis.field].label}`}>Remove</button>
        </div>
      ))}
      {axes.length < 2 && <p><button type="button" className="small" data-testid="study-add-axis" onClick={() => set({ axes: [...axes, { field: next, values: GRID_INFO[next].example }] })}>{axes.length === 0 ? 'Vary a setting' : 'Vary a second one'}</button></p>}
    </>
  );
}

/** How much the experiment is. */
function Size({ draft }: { draft: StudyDraft }) {
  const { train, runs } = useSel((s) => s.runs.draft);
  const size = studySize(draft, train, runs);
  const expected = useExpected();
  if (!size) return null;
  const { arms, cells, sessions } = size;
  const times = sessions.map((s) => expected({ train, runs: s })).filter((t) => t !== null);
  const sum = (of: 'low' | 'high') => times.reduce((total, t) => total + t[of], 0) * draft.seeds;
  return (
    <p className="help" data-testid="study-size">
      {count(arms)} arms × {count(draft.seeds)} {draft.seeds === 1 ? 'seed' : 'seeds'} = {count(cells)} runs of {count(train.steps)} steps, in {count(sessions.length * draft.seeds)} {sessions.length * draft.seeds === 1 ? 'session' : 'sessions'}
      {times.length > 0 ? <>; by {times[0].from === 'probe' ? 'the steps measured' : 'the last run'} about <strong>{durationRange(sum('low'), sum('high'))}</strong>, answers and gates looked at not counted.</> : <>. How long that takes is known once steps were measured under <a href="#configure">Configure</a>.</>}
    </p>
  );
}

/** What the experiment takes from Configure and Data, in a sentence. */
function SettingsNote() {
  const { steps, batchSize, learningRate, maxTokens, evalExamples } = useSel((s) => s.runs.draft.train);
  const { rank } = useSel((s) => s.runs.draft.runs[0]);
  const name = useSel((s) => s.dataset.parsed?.table.fileName);
  const heldOut = useSel((s) => s.dataset.report?.heldOut ?? null);
  return (
    <p className="help" data-testid="study-settings">
      As set under <a href="#configure">Configure</a>: {count(steps)} steps of {count(batchSize)} sequences, up to {count(maxTokens)} tokens each, learning rate {learningRate}, rank {rank}
      {name ? <>; on <a href="#data">{name}</a></> : null}{heldOut === null ? '' : `, measured on ${count(Math.min(evalExamples, heldOut))} held-out examples`}.
    </p>
  );
}
