/** Training settings that all runs share. */
import { type TrainConfig, isGated, learnsThreshold, tauWarmupSteps, warmupReaches } from '../../shared/config';
import { tellsClasses } from '../../shared/model';
import { settingsOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { changed, initialOf } from '../../store/configure/changes';
import { compact } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { DEV_SHARE, Group, More, SetDev, useGivenLength, useProblems } from './fields';
import { SettingColumns } from './SettingFields';

export function TrainFields() {
  const { train: t } = texts().configure;
  const { configure } = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  const at = useProblems('train');
  const given = useGivenLength();
  // A model with a class head of its own has no other task.
  const classes = useSel((s) => s.model.info !== null && tellsClasses(s.model.info.config));
  const settings = settingsOf('train').filter(
    ({ key }) => !(given && key === 'maxSequenceLength') && !(classes && key === 'taskType'),
  );
  const more = settings.filter(({ setting }) => setting.place === 'more');
  const set = (patch: Partial<TrainConfig>) =>
    configure.setTrain({
      ...patch,
      // The best checkpoint is chosen on the dev split.
      ...(patch.loadBestCheckpoint && train.devShare === 0 ? { devShare: DEV_SHARE } : {}),
    });
  const fields = { values: train, at, onChange: set };
  return (
    <Group
      title={t.title}
      changed={changed(settings, train).length}
      testId="changed-train"
      onReset={() => set(initialOf(settings))}
    >
      <div className="stack">
        <SettingColumns
          settings={settings.filter(({ setting }) => setting.place === 'main')}
          extra={{ patience: { below: <StoppedOnValidation /> } }}
          {...fields}
        />
      </div>
      <EffectiveBatch />
      <Warmup />
      <More summary={t.more} paths={more.map(({ key }) => `train.${key}`)} changed={changed(more, train).length}>
        <div className="stack">
          <SettingColumns settings={more} {...fields} />
        </div>
      </More>
    </Group>
  );
}

/** What batch size, accumulation and steps come to. */
function EffectiveBatch() {
  const { batchSize, gradientAccumulationSteps, steps, devShare } = useSel((s) => s.runs.draft.train);
  const examples = useSel((s) => s.dataset.report?.train ?? null);
  const batch = batchSize * gradientAccumulationSteps;
  if (!Number.isFinite(batch * steps)) return null;
  const epochs = examples ? (steps * batch) / (examples * (1 - devShare)) : null;
  const rough = epochs === null ? null : compact(Number(epochs.toPrecision(2)));
  return <p className="help">{texts().configure.train.effective(batch, rough)}</p>;
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

/** What early stopping costs in honesty where there is no dev split. */
function StoppedOnValidation() {
  const { train: t } = texts().configure;
  const { patience, devShare } = useSel((s) => s.runs.draft.train);
  return (
    patience !== null &&
    devShare === 0 && (
      <p className="help">
        <Phrase of={t.onValidation} button={<SetDev>{t.setDev}</SetDev>} />
      </p>
    )
  );
}
