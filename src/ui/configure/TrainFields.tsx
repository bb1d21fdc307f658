/** Training settings that all runs share. */
import { type TrainConfig, isGated, learnsThreshold, tauWarmupSteps, warmupReaches } from '../../shared/config';
import { texts } from '../../shared/texts';
import { DEFAULT_TRAIN, MAIN_KEYS, MORE_KEYS, changedKeys, initialOf } from '../../store/configure/changes';
import { NumberField, SelectField } from '../bits';
import { compact } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { CheckField, Group, More, OptionalNumber, PercentField, SLICE, SetSlice, useProblems } from './fields';

/** Numbers behind the disclosure. */
const NUMBERS = [
  'evalExamples',
  'warmupSteps',
  'accumulation',
  'clipNorm',
  'weightDecay',
  'beta1',
  'beta2',
  'epsilon',
] as const satisfies readonly (typeof MORE_KEYS)[number][];

export function TrainFields() {
  const { name, inTokens, train: t } = texts().configure;
  const { configure } = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  const at = useProblems('train');
  const more = changedKeys(train, DEFAULT_TRAIN, MORE_KEYS).length;
  const set = (patch: Partial<TrainConfig>) => configure.setTrain(patch);
  const field = (key: (typeof MAIN_KEYS)[number] | (typeof NUMBERS)[number]) => (
    <NumberField
      key={key}
      label={key === 'maxTokens' ? inTokens(name[key]) : name[key]}
      help={t.help[key]}
      value={train[key]}
      initial={DEFAULT_TRAIN[key]}
      onChange={(v) => set({ [key]: v })}
      problem={at(key)}
    />
  );
  return (
    <Group
      title={t.title}
      changed={changedKeys(train, DEFAULT_TRAIN, MAIN_KEYS).length + more}
      testId="changed-train"
      onReset={() => set(initialOf(DEFAULT_TRAIN, [...MAIN_KEYS, ...MORE_KEYS]))}
    >
      <div className="fields">{MAIN_KEYS.map(field)}</div>
      <Warmup />
      <Patience />
      <More summary={t.more} paths={MORE_KEYS.map((k) => `train.${k}`)} changed={more}>
        <div className="stack">
          <div className="fields">
            {NUMBERS.map(field)}
            <SelectField
              label={name.schedule}
              value={train.schedule}
              initial={DEFAULT_TRAIN.schedule}
              onChange={(schedule) => set({ schedule })}
              help={t.help.schedule}
              options={(['linear', 'cosine', 'constant'] as const).map((value) => ({
                value,
                label: t.schedule[value],
              }))}
            />
            <PercentField
              label={name.sliceShare}
              value={train.sliceShare}
              initial={DEFAULT_TRAIN.sliceShare}
              min={0}
              max={50}
              onChange={(sliceShare) => set({ sliceShare })}
              problem={at('sliceShare')}
              help={t.help.sliceShare}
            />
          </div>
          <CheckField
            label={t.keepBest}
            checked={train.keepBest}
            initial={DEFAULT_TRAIN.keepBest}
            onChange={(keepBest) =>
              set({ keepBest, ...(keepBest && train.sliceShare === 0 ? { sliceShare: SLICE } : {}) })
            }
            help={t.help.keepBest}
          />
        </div>
      </More>
    </Group>
  );
}

/** A warm-up that the run does not see the end of, of the learning rate or of thresholds. */
function Warmup() {
  const train = useSel((s) => s.runs.draft.train);
  const runs = useSel((s) => s.runs.draft.runs);
  const t = texts().configure.train;
  const share = warmupReaches(train);
  const { warmupSteps, steps, learningRate } = train;
  const still = runs.filter(
    (run) => isGated(run) && learnsThreshold(run.gate) && steps > 0 && tauWarmupSteps(run.gate, train) >= steps,
  );
  if (share === null && still.length === 0) return null;
  return (
    <ul className="warnings" data-testid="warmup-long">
      {share !== null && <li>{t.warmup(warmupSteps, steps, compact(learningRate * share), compact(learningRate))}</li>}
      {still.map((run) => (
        <li key={run.id}>{t.atRest(run.name, tauWarmupSteps(run.gate, train), steps)}</li>
      ))}
    </ul>
  );
}

/** Early stopping, and what it costs in honesty. */
function Patience() {
  const { name, train: t } = texts().configure;
  const { configure } = useStudio();
  const { patience, sliceShare } = useSel((s) => s.runs.draft.train);
  const problem = useProblems('train')('patience');
  return (
    <div className="stack tight" data-testid="patience">
      <div className="fields wide-fields">
        <OptionalNumber
          off={null}
          value={patience}
          initial={DEFAULT_TRAIN.patience}
          start={3}
          ticked="number"
          tick={t.patience}
          label={name.patience}
          onChange={(p) => configure.setTrain({ patience: p })}
          problem={problem}
          help={patience === null ? undefined : t.help.patience}
        />
      </div>
      {patience !== null && sliceShare === 0 && (
        <p className="help">
          <Phrase of={t.onEvaluation} button={<SetSlice>{t.setSlice}</SetSlice>} />
        </p>
      )}
    </div>
  );
}
