/** Size and shape of the adapters: for all runs at once, and what one run has of its own. */
import type { AdaloraConfig, RunConfig } from '../../shared/config';
import { ADAPTER_KEYS, DEFAULT_ADALORA, DEFAULT_RUN, changedKeys, initialOf } from '../../store/configure/changes';
import { SETTING_NAMES } from '../../store/configure/names';
import { NumberField } from '../bits';
import { useSel, useStudio } from '../studioContext';
import { CheckField, Group, More, OptionalNumber, PercentField, useProblems } from './fields';
import { ModulePicker } from './ModulePicker';

const SHARED = ['rank', 'alpha', 'modules'] as const;

/** Rank, alpha and layers: what runs that are compared usually share. */
export function SharedAdapter() {
  const { configure } = useStudio();
  const runs = useSel((s) => s.runs.draft.runs);
  const at = useProblems('runs.0');
  const [first] = runs;
  const mixed = runs.some((r) => r.rank !== first.rank || r.alpha !== first.alpha || r.modules.join() !== first.modules.join());
  return (
    <Group title="Adapter, for all runs" changed={changedKeys(first, DEFAULT_RUN, SHARED).length} onReset={() => configure.setRun(null, initialOf(DEFAULT_RUN, SHARED))} testId="changed-adapter">
      <div className="fields">
        <NumberField label={SETTING_NAMES.rank} value={first.rank} initial={DEFAULT_RUN.rank} onChange={(rank) => configure.setRun(null, { rank })} problem={at('rank')} help="Width of the adapter, 1 to 64: wider can learn more." />
        <NumberField label={SETTING_NAMES.alpha} value={first.alpha} initial={DEFAULT_RUN.alpha} onChange={(alpha) => configure.setRun(null, { alpha })} problem={at('alpha')} help="Its update counts alpha/rank." />
      </div>
      <ModulePicker picked={{ modules: first.modules, only: null }} onChange={(picked) => configure.setRun(null, picked)} problem={at('modules')} byLayer={false} />
      {mixed && <p className="help">The runs differ here; these are the first run’s. A change applies to all.</p>}
    </Group>
  );
}

/** Everything about one run's adapter. */
export function RunAdapter({ run, index }: { run: RunConfig; index: number }) {
  const { configure } = useStudio();
  const rate = useSel((s) => s.runs.draft.train.learningRate);
  const path = `runs.${index}`;
  const at = useProblems(path);
  const adalora = run.method === 'adalora';
  const keys = Object.keys(DEFAULT_ADALORA) as (keyof AdaloraConfig)[];
  const changed = changedKeys(run, DEFAULT_RUN, ADAPTER_KEYS).length + (adalora ? changedKeys(run.adalora, DEFAULT_ADALORA, keys).length : 0);
  const set = (patch: Partial<RunConfig>) => configure.setRun(run.id, patch);
  return (
    <More summary="Adapter of this run" paths={[...ADAPTER_KEYS, 'adalora'].map((k) => `${path}.${k}`)} changed={changed}>
      <div className="stack">
        <div className="fields">
          <NumberField label={SETTING_NAMES.rank} value={run.rank} initial={DEFAULT_RUN.rank} onChange={(rank) => set({ rank })} problem={at('rank')} help={adalora ? 'Where it ends, on average over the modules.' : 'Width of this run’s adapter.'} />
          <NumberField label={SETTING_NAMES.alpha} value={run.alpha} initial={DEFAULT_RUN.alpha} onChange={(alpha) => set({ alpha })} problem={at('alpha')} help={adalora ? 'Its update counts alpha over the first rank.' : run.rslora ? 'Its update counts alpha over the root of the rank.' : 'Its update counts alpha/rank.'} />
          <NumberField label={SETTING_NAMES.loraPlusRatio} value={run.loraPlusRatio} initial={DEFAULT_RUN.loraPlusRatio} onChange={(loraPlusRatio) => set({ loraPlusRatio })} problem={at('loraPlusRatio')} help="B learns this many times as fast as A; 1 = alike." />
          <PercentField label={SETTING_NAMES.dropout} value={run.dropout} initial={DEFAULT_RUN.dropout} min={0} max={90} onChange={(dropout) => set({ dropout })} problem={at('dropout')} help="Of the adapter’s inputs is left out at random, by the seed: the same ones in every run that is compared. Not with DoRA." />
        </div>
        <OptionalNumber
          off={null} value={run.learningRate} initial={null} start={rate} ticked="number" tick="A learning rate of its own" label="Learning rate of this run" onChange={(learningRate) => set({ learningRate })} problem={at('learningRate')}
          help="Methods differ in the rate that suits them; compare each at its best."
        />
        {!adalora && <CheckField label={SETTING_NAMES.rslora} checked={run.rslora} initial={DEFAULT_RUN.rslora} onChange={(rslora) => set({ rslora })} help="Divides alpha by the root of the rank instead of the rank, so that high ranks do not learn too slowly." />}
        {adalora && <Adalora run={run} at={at} set={(patch) => set({ adalora: { ...run.adalora, ...patch } })} />}
        <ModulePicker picked={run} onChange={set} problem={at('modules') ?? at('only')} byLayer />
        <p><button type="button" className="quiet small" disabled={changed === 0} onClick={() => set({ ...initialOf(DEFAULT_RUN, ADAPTER_KEYS), adalora: DEFAULT_ADALORA })}>Reset this adapter</button></p>
      </div>
    </More>
  );
}

function Adalora({ run, at, set }: { run: RunConfig; at: (field: string) => string | null; set: (patch: Partial<AdaloraConfig>) => void }) {
  const { adalora } = run;
  const number = (key: 'initRank' | 'deltaT' | 'beta1' | 'beta2' | 'orthRegWeight', label: string, help: string) => (
    <NumberField key={key} label={label} value={adalora[key]} initial={DEFAULT_ADALORA[key]} onChange={(v) => set({ [key]: v })} problem={at(`adalora.${key}`)} help={help} />
  );
  return (
    <>
      <p className="help">AdaLoRA starts wide and prunes what matters least until the rank above is left on average: some modules end wider, some narrower.</p>
      <div className="fields">
        {number('initRank', SETTING_NAMES.initRank, 'Where every module starts.')}
        {number('deltaT', SETTING_NAMES.deltaT, 'Steps between two prunings.')}
        {number('orthRegWeight', SETTING_NAMES.orthRegWeight, 'How strongly its two factors are kept orthogonal.')}
        {number('beta1', 'Sensitivity β1', 'How much of its past the sensitivity keeps.')}
        {number('beta2', 'Sensitivity β2', 'How much of its past its uncertainty keeps.')}
      </div>
      <div className="fields wide-fields">
        <OptionalNumber off="auto" value={adalora.tinit} initial="auto" start={10} ticked="off" tick="Prune after a tenth of the run" label={SETTING_NAMES.tinit} onChange={(tinit) => set({ tinit })} problem={at('adalora.tinit')} help="It needs a few steps to see what matters." />
        <OptionalNumber off="auto" value={adalora.tfinal} initial="auto" start={30} ticked="off" tick="Learn on for the last third" label={SETTING_NAMES.tfinal} onChange={(tfinal) => set({ tfinal })} problem={at('adalora.tfinal')} help="What is left learns on without pruning." />
      </div>
    </>
  );
}
