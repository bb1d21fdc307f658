/** Starting an experiment: one of two questions, a few numbers, a button. */
import { useState } from 'react';
import { METHODS, METHOD_NAMES } from '../../shared/config';
import { SWEPT, fieldOf, sweepOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { labelOf } from '../../shared/texts/settingWords';
import { hashOf } from '../../store/route';
import { isLive } from '../../store/slices';
import { settingOf } from '../../store/experiments/grid';
import {
  BESIDE,
  START_DRAFT,
  type ExperimentDraft,
  type ExperimentKind,
  experimentProblem,
  experimentSize,
} from '../../store/experiments/presets';
import { Check, NumberField, Segmented, SelectField, TextField } from '../bits';
import { useExpected } from '../configure/useExpected';
import { count, durationRange } from '../format';
import { goTo } from '../frame/router';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';

const SETTINGS = hashOf({ place: 'settings', tab: 'source' });
const DATA = hashOf({ place: 'data', tab: 'source' });

/** The questions, as they stand on their buttons. */
function questions(): Record<ExperimentKind, { title: string; text: string }> {
  const t = texts().experiment.form;
  return {
    compare: {
      title: t.compare(START_DRAFT.methods.map((m) => METHOD_NAMES[m]).join(' / '), START_DRAFT.seeds),
      text: t.compareText,
    },
    importance: { title: t.importance, text: t.importanceText },
  };
}

export function ExperimentForm() {
  const t = texts().experiment.form;
  const asked = questions();
  const studio = useStudio();
  const [draft, setDraft] = useState<ExperimentDraft>(START_DRAFT);
  const set = (patch: Partial<ExperimentDraft>) => setDraft({ ...draft, ...patch });
  const model = useSel((s) => s.model.status === 'ready');
  const hasData = useSel((s) => s.dataset.train !== null || s.dataset.preparing);
  const busy = useSel((s) => s.experiments.running !== null || isLive(s.runs.phase));
  const configured = useSel((s) => s.runs.draftError);
  const { train, runs } = useSel((s) => s.runs.draft);
  const problem = configured === null ? experimentProblem(draft, train, runs, names) : null;
  const missing = busy
    ? t.missing.busy
    : configured
      ? t.missing.configure(say(configured))
      : !model
        ? t.missing.model
        : !hasData
          ? t.missing.data
          : null;
  return (
    <form
      className="stack experiment-form"
      data-testid="experiment-form"
      onSubmit={(e) => {
        e.preventDefault();
        goTo({ place: 'experiments', tab: 'findings' });
        void studio.experiments.start(draft);
      }}
    >
      <fieldset className="choices questions">
        <legend>{t.legend}</legend>
        {(Object.keys(asked) as ExperimentKind[]).map((kind) => (
          <button
            key={kind}
            type="button"
            className="choice"
            aria-pressed={draft.kind === kind}
            data-testid={`experiment-${kind}`}
            onClick={() => set({ kind })}
          >
            <span className="choice-title">{asked[kind].title}</span>
            <span className="choice-text">{asked[kind].text}</span>
          </button>
        ))}
      </fieldset>
      <div className="fields">
        <NumberField
          label={t.seeds}
          value={draft.seeds}
          initial={START_DRAFT.seeds}
          min={1}
          max={20}
          onChange={(seeds) => set({ seeds })}
          help={t.seedsHelp}
        />
        {draft.kind === 'importance' && (
          <>
            <NumberField
              label={t.probe}
              value={draft.probeSteps}
              initial={START_DRAFT.probeSteps}
              min={1}
              onChange={(probeSteps) => set({ probeSteps })}
              help={t.probeHelp}
            />
            <NumberField
              label={t.budget}
              value={Math.round(draft.share * 1000) / 10}
              initial={START_DRAFT.share * 100}
              min={1}
              max={100}
              onChange={(p) => set({ share: p / 100 })}
              help={t.budgetHelp}
            />
          </>
        )}
      </div>
      {draft.kind === 'compare' && <Compared draft={draft} set={set} />}
      <Check checked={draft.loadBestCheckpoint} onChange={(loadBestCheckpoint) => set({ loadBestCheckpoint })}>
        {t.loadBestCheckpoint}
      </Check>
      <SettingsNote />
      {configured === null && problem === null && draft.kind === 'compare' && <Size draft={draft} />}
      <div className="row">
        <button
          type="submit"
          className="primary"
          data-testid="experiment-start"
          disabled={missing !== null || problem !== null}
        >
          {t.start}
        </button>
        {(problem ?? missing) && (
          <p className="muted" data-testid="experiment-problem">
            {problem ? say(problem) : missing}
          </p>
        )}
      </div>
    </form>
  );
}

/** What is compared, and the settings that vary. */
function Compared({ draft, set }: { draft: ExperimentDraft; set: (patch: Partial<ExperimentDraft>) => void }) {
  const { form: t, grid } = texts().experiment;
  const runs = useSel((s) => s.runs.draft.runs);
  const { axes } = draft;
  const change = (i: number, patch: Partial<ExperimentDraft['axes'][number]>) =>
    set({ axes: axes.map((a, k) => (k === i ? { ...a, ...patch } : a)) });
  const next = SWEPT.find((s) => !axes.some((a) => a.field === fieldOf(s)))!;
  return (
    <>
      <div className="stack tight">
        <div className="row">
          <Segmented
            label={t.what}
            value={draft.of}
            onChange={(of) => set({ of })}
            options={(['methods', 'runs'] as const).map((value) => ({ value, label: t.of[value] }))}
          />
        </div>
        {draft.of === 'runs' && (
          <p className="help" data-testid="experiment-runs">
            {t.runs(grid.list(runs.map((r) => r.name)))}
          </p>
        )}
      </div>
      {draft.of === 'methods' && (
        <fieldset className="checks">
          <legend>{t.methods}</legend>
          {METHODS.map((m) => (
            <Check
              key={m}
              checked={draft.methods.includes(m)}
              onChange={(on) => set({ methods: METHODS.filter((k) => (k === m ? on : draft.methods.includes(k))) })}
            >
              {METHOD_NAMES[m]}
            </Check>
          ))}
        </fieldset>
      )}
      {draft.of === 'methods' && (
        <>
          <fieldset className="checks">
            <legend>{t.beside}</legend>
            <Check checked={draft.tokenDropout} onChange={(tokenDropout) => set({ tokenDropout })}>
              {t.arm.tokenDropout}
            </Check>
            {BESIDE.map((rule) => (
              <Check
                key={rule}
                checked={draft.rules.includes(rule)}
                onChange={(on) => set({ rules: BESIDE.filter((r) => (r === rule ? on : draft.rules.includes(r))) })}
              >
                {t.arm[rule]}
              </Check>
            ))}
          </fieldset>
          <Check checked={draft.shrink} onChange={(shrink) => set({ shrink })}>
            {t.shrink}
          </Check>
        </>
      )}
      {axes.map((axis, i) => (
        // An axis has no name but its place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className="axis" data-testid={`experiment-axis-${i}`}>
          <SelectField
            label={t.axis[i]}
            value={axis.field}
            onChange={(field) => change(i, { field, values: sweepOf(settingOf(field)) })}
            options={SWEPT.map((s) => ({ value: fieldOf(s), label: labelOf(s) }))}
          />
          <TextField
            label={t.values}
            value={axis.values}
            onChange={(values) => change(i, { values })}
            help={t.valuesHelp}
          />
          <button
            type="button"
            className="quiet"
            onClick={() => set({ axes: axes.filter((_, k) => k !== i) })}
            aria-label={t.removeOf(labelOf(settingOf(axis.field)))}
          >
            {t.remove}
          </button>
        </div>
      ))}
      {axes.length < 2 && (
        <p>
          <button
            type="button"
            className="small"
            data-testid="experiment-add-axis"
            onClick={() => set({ axes: [...axes, { field: fieldOf(next), values: sweepOf(next) }] })}
          >
            {axes.length === 0 ? t.add : t.addSecond}
          </button>
        </p>
      )}
    </>
  );
}

/** How much the experiment is. */
function Size({ draft }: { draft: ExperimentDraft }) {
  const { train, runs } = useSel((s) => s.runs.draft);
  const size = experimentSize(draft, train, runs, names);
  const expected = useExpected();
  if (!size) return null;
  const t = texts().experiment.form;
  const { variants, cells, sessions } = size;
  const times = sessions.map((s) => expected(s)).filter((t) => t !== null);
  const sum = (of: 'low' | 'high') => times.reduce((total, t) => total + t[of], 0) * draft.seeds;
  const all = {
    variants: variants,
    seeds: draft.seeds,
    cells,
    steps: count(train.steps),
    sessions: sessions.length * draft.seeds,
  };
  return (
    <p className="help" data-testid="experiment-size">
      {times.length > 0 ? (
        <Phrase
          of={(times[0].from === 'probe' ? t.sizeProbe : t.sizeRun)(all)}
          time={<strong>{durationRange(sum('low'), sum('high'))}</strong>}
        />
      ) : (
        <Phrase of={t.sizeUnknown(all)} configure={<a href={SETTINGS}>{texts().frame.place.settings}</a>} />
      )}
    </p>
  );
}

/** What the experiment takes from Configure and Data, in a sentence. */
function SettingsNote() {
  const { steps, batchSize, learningRate, maxSequenceLength, evalExamples } = useSel((s) => s.runs.draft.train);
  const { rank } = useSel((s) => s.runs.draft.runs[0]);
  const name = useSel(({ dataset: { origin, parsed } }) =>
    origin?.kind === 'file' && parsed ? origin.name : parsed?.table.fileName,
  );
  const validation = useSel((s) => s.dataset.report?.validation ?? null);
  const set = {
    steps: count(steps),
    sequences: count(batchSize),
    tokens: count(maxSequenceLength),
    rate: learningRate,
    rank,
    validation: validation === null ? null : count(Math.min(evalExamples, validation)),
  };
  return (
    <p className="help" data-testid="experiment-settings">
      <Phrase
        of={texts().experiment.form.settings(set, Boolean(name))}
        configure={<a href={SETTINGS}>{texts().frame.place.settings}</a>}
        data={<a href={DATA}>{name}</a>}
      />
    </p>
  );
}
