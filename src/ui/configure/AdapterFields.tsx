/** Size and shape of the adapters: for all runs at once, and what one run has of its own. */
import type { AdaloraConfig, RunConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import { ADAPTER_KEYS, DEFAULT_ADALORA, DEFAULT_RUN, changedKeys, initialOf } from '../../store/configure/changes';
import { NumberField } from '../bits';
import { useSel, useStudio } from '../studioContext';
import { CheckField, Group, More, OptionalNumber, PercentField, useProblems } from './fields';
import { ModulePicker } from './ModulePicker';

const SHARED = ['rank', 'alpha', 'modules'] as const;

/** Rank, alpha and layers: what runs that are compared usually share. */
export function SharedAdapter() {
  const { name, adapter: t } = texts().configure;
  const { configure } = useStudio();
  const runs = useSel((s) => s.runs.draft.runs);
  const at = useProblems('runs.0');
  const [first] = runs;
  const mixed = runs.some(
    (r) => r.rank !== first.rank || r.alpha !== first.alpha || r.modules.join() !== first.modules.join(),
  );
  return (
    <Group
      title={t.shared}
      changed={changedKeys(first, DEFAULT_RUN, SHARED).length}
      onReset={() => configure.setRun(null, initialOf(DEFAULT_RUN, SHARED))}
      testId="changed-adapter"
    >
      <div className="fields">
        <NumberField
          label={name.rank}
          value={first.rank}
          initial={DEFAULT_RUN.rank}
          onChange={(rank) => configure.setRun(null, { rank })}
          problem={at('rank')}
          help={t.rank}
        />
        <NumberField
          label={name.alpha}
          value={first.alpha}
          initial={DEFAULT_RUN.alpha}
          onChange={(alpha) => configure.setRun(null, { alpha })}
          problem={at('alpha')}
          help={t.alpha}
        />
      </div>
      <ModulePicker
        picked={{ modules: first.modules, only: null }}
        onChange={(picked) => configure.setRun(null, picked)}
        problem={at('modules')}
        byLayer={false}
      />
      {mixed && <p className="help">{t.mixed}</p>}
    </Group>
  );
}

/** Everything about one run's adapter. */
export function RunAdapter({ run, index }: { run: RunConfig; index: number }) {
  const { name, adapter: t } = texts().configure;
  const { configure } = useStudio();
  const rate = useSel((s) => s.runs.draft.train.learningRate);
  const path = `runs.${index}`;
  const at = useProblems(path);
  const adalora = run.method === 'adalora';
  const keys = Object.keys(DEFAULT_ADALORA) as (keyof AdaloraConfig)[];
  const changed =
    changedKeys(run, DEFAULT_RUN, ADAPTER_KEYS).length +
    (adalora ? changedKeys(run.adalora, DEFAULT_ADALORA, keys).length : 0);
  const set = (patch: Partial<RunConfig>) => configure.setRun(run.id, patch);
  return (
    <More summary={t.own} paths={[...ADAPTER_KEYS, 'adalora'].map((k) => `${path}.${k}`)} changed={changed}>
      <div className="stack">
        <div className="fields">
          <NumberField
            label={name.rank}
            value={run.rank}
            initial={DEFAULT_RUN.rank}
            onChange={(rank) => set({ rank })}
            problem={at('rank')}
            help={adalora ? t.endRank : t.ownRank}
          />
          <NumberField
            label={name.alpha}
            value={run.alpha}
            initial={DEFAULT_RUN.alpha}
            onChange={(alpha) => set({ alpha })}
            problem={at('alpha')}
            help={adalora ? t.alphaFirst : run.rslora ? t.alphaRoot : t.alpha}
          />
          <NumberField
            label={name.loraPlusRatio}
            value={run.loraPlusRatio}
            initial={DEFAULT_RUN.loraPlusRatio}
            onChange={(loraPlusRatio) => set({ loraPlusRatio })}
            problem={at('loraPlusRatio')}
            help={t.loraPlusRatio}
          />
          <PercentField
            label={name.dropout}
            value={run.dropout}
            initial={DEFAULT_RUN.dropout}
            min={0}
            max={90}
            onChange={(dropout) => set({ dropout })}
            problem={at('dropout')}
            help={t.dropout}
          />
        </div>
        <OptionalNumber
          off={null}
          value={run.learningRate}
          initial={null}
          start={rate}
          ticked="number"
          tick={t.ownRate}
          label={t.rateOfRun}
          onChange={(learningRate) => set({ learningRate })}
          problem={at('learningRate')}
          help={t.rateHelp}
        />
        {!adalora && (
          <CheckField
            label={name.rslora}
            checked={run.rslora}
            initial={DEFAULT_RUN.rslora}
            onChange={(rslora) => set({ rslora })}
            help={t.rslora}
          />
        )}
        {adalora && <Adalora run={run} at={at} set={(patch) => set({ adalora: { ...run.adalora, ...patch } })} />}
        <ModulePicker picked={run} onChange={set} problem={at('modules') ?? at('only')} byLayer />
        <p>
          <button
            type="button"
            className="quiet small"
            disabled={changed === 0}
            onClick={() => set({ ...initialOf(DEFAULT_RUN, ADAPTER_KEYS), adalora: DEFAULT_ADALORA })}
          >
            {t.reset}
          </button>
        </p>
      </div>
    </More>
  );
}

function Adalora({
  run,
  at,
  set,
}: {
  run: RunConfig;
  at: (field: string) => string | null;
  set: (patch: Partial<AdaloraConfig>) => void;
}) {
  const {
    name,
    adapter: { adalora: t },
  } = texts().configure;
  const { adalora } = run;
  const number = (key: 'initRank' | 'deltaT' | 'beta1' | 'beta2' | 'orthRegWeight', label: string, help: string) => (
    <NumberField
      key={key}
      label={label}
      value={adalora[key]}
      initial={DEFAULT_ADALORA[key]}
      onChange={(v) => set({ [key]: v })}
      problem={at(`adalora.${key}`)}
      help={help}
    />
  );
  return (
    <>
      <p className="help">{t.what}</p>
      <div className="fields">
        {number('initRank', name.initRank, t.initRank)}
        {number('deltaT', name.deltaT, t.deltaT)}
        {number('orthRegWeight', name.orthRegWeight, t.orthRegWeight)}
        {number('beta1', t.sensitivity('β1'), t.beta1)}
        {number('beta2', t.sensitivity('β2'), t.beta2)}
      </div>
      <div className="fields wide-fields">
        <OptionalNumber
          off="auto"
          value={adalora.tinit}
          initial="auto"
          start={10}
          ticked="off"
          tick={t.tinitAuto}
          label={name.tinit}
          onChange={(tinit) => set({ tinit })}
          problem={at('adalora.tinit')}
          help={t.tinit}
        />
        <OptionalNumber
          off="auto"
          value={adalora.tfinal}
          initial="auto"
          start={30}
          ticked="off"
          tick={t.tfinalAuto}
          label={name.tfinal}
          onChange={(tfinal) => set({ tfinal })}
          problem={at('adalora.tfinal')}
          help={t.tfinal}
        />
      </div>
    </>
  );
}
