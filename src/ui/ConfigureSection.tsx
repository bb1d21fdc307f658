/** Settings that all runs share, the adapter, and the list of runs; beside them what it will cost in memory. */
import { type TrainConfig, defaultExperiment } from '../shared/config';
import { isLive } from '../store/slices';
import { Check, NumberField, SectionFrame, SelectField } from './bits';
import { bytes } from './format';
import { ModuleChecks, problemOf } from './ModuleChecks';
import { RunEditor } from './RunEditor';
import { useSel, useStudio } from './studioContext';

const DEFAULTS = defaultExperiment();

export function ConfigureSection() {
  const studio = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const problem = useSel((s) => s.runs.draftError);
  const live = useSel((s) => isLive(s.runs.phase));
  const changes = countChanges(draft.train) + (JSON.stringify(draft.runs) === JSON.stringify(DEFAULTS.runs) ? 0 : 1);
  return (
    <SectionFrame id="configure" number={3} title="Configure" lead="All runs get the same batches in the same order from the same start. What differs is the method.">
      <div className="split split-wide">
        <fieldset className="stack bare" disabled={live}>
          <legend className="sr-only">Settings</legend>
          <Shared problem={problem} />
          <Adapter />
          <div className="row">
            <h3>Runs, side by side</h3>
            <span className="spacer" />
            <button type="button" onClick={() => studio.addRun('lora')} disabled={draft.runs.length >= 8}>Add LoRA</button>
            <button type="button" onClick={() => studio.addRun('ts-lora')} disabled={draft.runs.length >= 8}>Add TS-LoRA</button>
          </div>
          <div className="runs">{draft.runs.map((run, i) => <RunEditor key={run.id} run={run} index={i} only={draft.runs.length === 1} />)}</div>
          <div className="row">
            <span className="muted">{changes === 0 ? 'Everything is at its default.' : `${changes} changed from default.`}</span>
            {changes > 0 && <button type="button" className="quiet" onClick={() => studio.resetDraft()}>Back to the defaults</button>}
          </div>
          {problem && <p className="field-problem" role="alert" data-testid="config-problem">{problem}</p>}
        </fieldset>
        <PlanTable />
      </div>
    </SectionFrame>
  );
}

function countChanges(train: TrainConfig): number {
  return (Object.keys(DEFAULTS.train) as (keyof TrainConfig)[]).filter((k) => !Object.is(train[k], DEFAULTS.train[k])).length;
}

const PATIENCE = 3;

/** Early stopping, and what it costs in honesty. */
function Patience({ patience, sliced, problem, onChange }: { patience: number | null; sliced: boolean; problem: string | null; onChange: (patience: number | null) => void }) {
  return (
    <div className="stack tight" data-testid="patience">
      <Check checked={patience !== null} onChange={(on) => onChange(on ? PATIENCE : null)}>Stop a run early when it no longer gets better</Check>
      {patience !== null && (
        <>
          <div className="fields"><NumberField label="Patience" value={patience} initial={PATIENCE} onChange={onChange} problem={problem} min={1} help="Measurements in a row without a better loss." /></div>
          {!sliced && <p className="help">Decided on the evaluation set itself, so the best losses look a little better than they are on new data: a run is stopped where that set liked it. Good enough to save time; for a comparison to be believed, set a slice of the training data aside for it.</p>}
        </>
      )}
    </div>
  );
}

/** Fields of `TrainConfig` that are numbers, with what they mean in a line. */
const MAIN: [NumberKey, string, string][] = [
  ['steps', 'Steps', 'Updates of each adapter.'],
  ['learningRate', 'Learning rate', 'How far one update goes.'],
  ['batchSize', 'Batch', 'Sequences per step.'],
  ['maxTokens', 'Context, tokens', 'Longer examples are cut.'],
  ['seed', 'Seed', 'Same seed, same curve.'],
  ['evalEvery', 'Evaluate every', 'Steps between measurements on held-out data.'],
];
const MORE: [NumberKey, string, string][] = [
  ['evalExamples', 'Evaluation examples', 'Held-out examples per measurement.'],
  ['warmupSteps', 'Warm-up steps', 'The learning rate rises over these.'],
  ['accumulation', 'Accumulation', 'Batches added up before an update.'],
  ['clipNorm', 'Clip norm', 'Longest gradient per run; 0 = off.'],
  ['weightDecay', 'Weight decay', 'Pulls A and B towards 0 each step.'],
  ['beta1', 'Adam β1', 'Memory of the mean gradient.'],
  ['beta2', 'Adam β2', 'Memory of its square.'],
  ['epsilon', 'Adam ε', 'Keeps the division finite.'],
];
type NumberKey = { [K in keyof TrainConfig]: TrainConfig[K] extends number ? K : never }[keyof TrainConfig];

function Shared({ problem }: { problem: string | null }) {
  const studio = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  const field = ([key, label, help]: [NumberKey, string, string]) => (
    <NumberField key={key} label={label} help={help} value={train[key]} initial={DEFAULTS.train[key]} onChange={(v) => studio.setTrain({ [key]: v })} problem={problemOf(problem, `train.${key}`)} />
  );
  return (
    <>
      <h3>Training, for all runs</h3>
      <div className="fields">{MAIN.map(field)}</div>
      <Patience patience={train.patience} sliced={train.sliceShare > 0} problem={problemOf(problem, 'train.patience')} onChange={(patience) => studio.setTrain({ patience })} />
      <details>
        <summary>More settings</summary>
        <div className="fields">
          {MORE.map(field)}
          <SelectField
            label="Schedule" value={train.schedule} initial={DEFAULTS.train.schedule} onChange={(schedule) => studio.setTrain({ schedule })} help="After the warm-up."
            options={[{ value: 'linear', label: 'linear to 0' }, { value: 'cosine', label: 'cosine to 0' }, { value: 'constant', label: 'constant' }]}
          />
        </div>
      </details>
    </>
  );
}

function Adapter() {
  const studio = useStudio();
  const runs = useSel((s) => s.runs.draft.runs);
  const problem = useSel((s) => s.runs.draftError);
  const first = runs[0];
  const base = DEFAULTS.runs[0];
  const mixed = runs.some((r) => r.rank !== first.rank || r.alpha !== first.alpha || r.modules.join() !== first.modules.join());
  const rankProblem = runs.map((_, i) => problemOf(problem, `runs.${i}.rank`)).find(Boolean) ?? null;
  const alphaProblem = runs.map((_, i) => problemOf(problem, `runs.${i}.alpha`)).find(Boolean) ?? null;
  return (
    <>
      <h3>Adapter, for all runs</h3>
      <div className="fields">
        <NumberField label="Rank" value={first.rank} initial={base.rank} onChange={(rank) => studio.setRun(null, { rank })} problem={rankProblem} help="Width of the adapter, 1 to 64." />
        <NumberField label="Alpha" value={first.alpha} initial={base.alpha} onChange={(alpha) => studio.setRun(null, { alpha })} problem={alphaProblem} help="Its update counts alpha/rank." />
      </div>
      <ModuleChecks modules={first.modules} onChange={(modules) => studio.setRun(null, { modules })} />
      {mixed && <p className="help">The runs differ here; these are the first run’s. A change applies to all.</p>}
    </>
  );
}

function PlanTable() {
  const plan = useSel((s) => s.runs.plan);
  const error = useSel((s) => s.runs.planError);
  const ready = useSel((s) => s.model.status === 'ready');
  return (
    <div className="panel stack">
      <h3>Memory on the GPU</h3>
      {error && <div className="notice notice-error" role="alert" data-testid="error-alert"><div><p>{error.message}</p><p>{error.hint}</p></div></div>}
      {!plan && !error && <p className="muted">{ready ? 'Planning…' : 'Known once a model is open.'}</p>}
      {plan && (
        <table className="grid" data-testid="plan-table">
          <caption className="sr-only">Bytes that training will take, by item</caption>
          <thead><tr><th scope="col">Item</th><th scope="col" className="num">Bytes</th></tr></thead>
          <tbody>{plan.items.map((item) => <tr key={item.label}><th scope="row">{item.label}</th><td className="num" title={`${item.bytes} bytes`}>{bytes(item.bytes)}</td></tr>)}</tbody>
          <tfoot>
            <tr><th scope="row">Together</th><td className="num"><strong>{bytes(plan.totalBytes)}</strong></td></tr>
            {plan.limitBytes !== null && <tr><th scope="row">Aimed to stay under</th><td className="num">{bytes(plan.limitBytes)}</td></tr>}
          </tfoot>
        </table>
      )}
      <p className="help">Planned before anything is allocated. All runs share one copy of the frozen weights.</p>
    </div>
  );
}
