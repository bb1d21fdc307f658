/** Training settings that all runs share. */
import type { TrainConfig } from '../../shared/config';
import { DEFAULT_TRAIN, MAIN_KEYS, MORE_KEYS, changedKeys, initialOf } from '../../store/configure/changes';
import { SETTING_NAMES } from '../../store/configure/names';
import { NumberField, SelectField } from '../bits';
import { useSel, useStudio } from '../studioContext';
import { CheckField, Group, More, OptionalNumber, PercentField, SLICE, SetSlice, useProblems } from './fields';

type NumberKey = { [K in keyof TrainConfig]: TrainConfig[K] extends number ? K : never }[keyof TrainConfig];

/** Numbers, with what they mean in a sentence, and their unit where the name needs one. */
const MAIN: [key: NumberKey, help: string, unit?: string][] = [
  ['steps', 'Updates of each adapter.'],
  ['learningRate', 'How far one update goes; too large, and the loss jumps up.'],
  ['batchSize', 'Examples that each step learns from.'],
  ['maxTokens', 'Longer examples are cut.', 'tokens'],
  ['seed', 'Same seed, same curve.'],
  ['evalEvery', 'Steps between measurements on held-out data.'],
];
const NUMBERS: [key: NumberKey, help: string, unit?: string][] = [
  ['evalExamples', 'Held-out examples per measurement: more give a steadier loss and take longer.'],
  ['warmupSteps', 'The learning rate rises over these, so that the first steps do no harm.'],
  ['accumulation', 'Batches added up before an update: as good as a larger batch, in less memory.'],
  ['clipNorm', 'Longest gradient of a run; a longer one is shortened to this. 0 = off.'],
  ['weightDecay', 'Pulls A and B towards 0 at each step, skipped tokens or not.'],
  ['beta1', 'How much of its past the mean gradient keeps.'],
  ['beta2', 'How much of its past the mean squared gradient keeps.'],
  ['epsilon', 'Keeps the division by a tiny gradient finite.'],
];

export function TrainFields() {
  const { configure } = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  const at = useProblems('train');
  const more = changedKeys(train, DEFAULT_TRAIN, MORE_KEYS).length;
  const set = (patch: Partial<TrainConfig>) => configure.setTrain(patch);
  const field = ([key, help, unit]: (typeof MAIN)[number]) => (
    <NumberField key={key} label={unit ? `${SETTING_NAMES[key]}, ${unit}` : SETTING_NAMES[key]} help={help} value={train[key]} initial={DEFAULT_TRAIN[key]} onChange={(v) => set({ [key]: v })} problem={at(key)} />
  );
  return (
    <Group
      title="Training, for all runs" changed={changedKeys(train, DEFAULT_TRAIN, MAIN_KEYS).length + more} testId="changed-train"
      onReset={() => set(initialOf(DEFAULT_TRAIN, [...MAIN_KEYS, ...MORE_KEYS]))}
    >
      <div className="fields">{MAIN.map(field)}</div>
      <Patience />
      <More summary="More settings" paths={MORE_KEYS.map((k) => `train.${k}`)} changed={more}>
        <div className="stack">
          <div className="fields">
            {NUMBERS.map(field)}
            <SelectField
              label={SETTING_NAMES.schedule} value={train.schedule} initial={DEFAULT_TRAIN.schedule} onChange={(schedule) => set({ schedule })} help="What the learning rate does after the warm-up."
              options={[{ value: 'linear', label: 'linear to 0' }, { value: 'cosine', label: 'cosine to 0' }, { value: 'constant', label: 'constant' }]}
            />
            <PercentField
              label={SETTING_NAMES.sliceShare} value={train.sliceShare} initial={DEFAULT_TRAIN.sliceShare} min={0} max={50} onChange={(sliceShare) => set({ sliceShare })} problem={at('sliceShare')}
              help="Of the training data: no run learns from it. Early stopping, the best adapter and held-out prices go by it."
            />
          </div>
          <CheckField
            label="End with the best adapter instead of the last" checked={train.keepBest} initial={DEFAULT_TRAIN.keepBest}
            onChange={(keepBest) => set({ keepBest, ...(keepBest && train.sliceShare === 0 ? { sliceShare: SLICE } : {}) })}
            help="The one with the lowest loss on the slice, looked at whenever a run is evaluated. Sets a tenth of the training data aside for it where nothing is yet."
          />
        </div>
      </More>
    </Group>
  );
}

/** Early stopping, and what it costs in honesty. */
function Patience() {
  const { configure } = useStudio();
  const { patience, sliceShare } = useSel((s) => s.runs.draft.train);
  const problem = useProblems('train')('patience');
  return (
    <div className="stack tight" data-testid="patience">
      <div className="fields wide-fields">
        <OptionalNumber
          off={null} value={patience} initial={DEFAULT_TRAIN.patience} start={3} ticked="number" tick="Stop a run early when it no longer gets better" label={SETTING_NAMES.patience}
          onChange={(p) => configure.setTrain({ patience: p })} problem={problem} help={patience === null ? undefined : 'Measurements in a row without a better loss.'}
        />
      </div>
      {patience !== null && sliceShare === 0 && (
        <p className="help">
          Decided on the evaluation set itself, so the best losses look a little better than they are on new data: a run is stopped where that set liked it.
          Good enough to save time; for a comparison to be believed, <SetSlice>set a tenth of the training data aside</SetSlice> for it.
        </p>
      )}
    </div>
  );
}
