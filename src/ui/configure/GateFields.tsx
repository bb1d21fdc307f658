/** The token gate of one run: its rule, and what that rule goes by. */
import {
  type GateConfig,
  PAPER_LAMBDA,
  type RunConfig,
  isGated,
  learnsThreshold,
  paperGate,
  tauWarmupSteps,
} from '../../shared/config';
import { startOf } from '../../shared/rules';
import { PAPER_TAU_LEARNING_RATE } from '../../shared/rules/list';
import { settingsOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { labelOf, wordsOf } from '../../shared/texts/settingWords';
import { changed, initialOf, settingsFor } from '../../store/configure/changes';
import { tokensPerStep } from '../../store/configure/estimate';
import { SelectField } from '../bits';
import { compact, count } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { Changed, More, SetDev, useProblems } from './fields';
import { type Extra, SettingFields } from './SettingFields';

type Change = (patch: Partial<GateConfig>) => void;

export function GateFields({ run, index }: { run: RunConfig; index: number }) {
  const { gate: t } = texts().configure;
  const { configure } = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const { gate } = run;
  const path = `runs.${index}.gate`;
  const at = useProblems(path);
  const change: Change = (patch) => configure.setRun(run.id, { gate: { ...gate, ...patch } });
  const settings = settingsFor('gate', run);
  const more = settings.filter(({ setting }) => setting.place === 'more');
  // Of one batch of the dev split, or of a step.
  const tokens = tokensPerStep(
    gate.gradientFrom === 'dev' ? { ...train, gradientAccumulationSteps: 1 } : train,
    report,
  );
  const extra: Record<string, Extra> = {
    rule: { note: t.rule[gate.rule] },
    sparsityPenalty: { note: t.lambda(count(tokens), compact(gate.sparsityPenalty / tokens), report !== null) },
    follows: { field: <Follows run={run} index={index} change={change} problem={at('follows')} /> },
    tauWarmup: { start: train.warmupSteps, below: <Late gate={gate} /> },
    gradientFrom: { below: gate.gradientFrom === 'dev' && train.devShare === 0 && <NoDev /> },
  };
  const fields = { values: gate, at, extra };
  return (
    <div className="stack">
      <div className="row group-head">
        <h5>{t.title}</h5>
        <Changed
          of={t.of(run.name)}
          count={changed(settings, gate).length}
          onReset={() => change(initialOf(settings))}
          testId={`changed-gate-${run.id}`}
        />
      </div>
      <SettingFields
        {...fields}
        settings={settings.filter(({ setting }) => setting.place === 'main')}
        onChange={(patch: Partial<GateConfig>) =>
          change({
            ...patch,
            ...(patch.rule ? startOf(patch.rule, gate) : {}),
          })
        }
      />
      {more.length > 0 && (
        <More summary={t.more} paths={more.map(({ key }) => `${path}.${key}`)} changed={changed(more, gate).length}>
          <div className="stack">
            <SettingFields {...fields} settings={more} onChange={change} />
            {learnsThreshold(gate) && <Paper change={change} />}
          </div>
        </More>
      )}
    </div>
  );
}

/** Which gated run above this one a random gate goes by. */
function Follows({
  run: { gate },
  index,
  change,
  problem,
}: {
  run: RunConfig;
  index: number;
  change: Change;
  problem: string | null;
}) {
  const { follow: t } = texts().configure.gate;
  const runs = useSel((s) => s.runs.draft.runs);
  const above = runs.slice(0, index).filter(isGated);
  const named = settingsOf('gate').find(({ key }) => key === 'follows')!;
  const { follows } = gate;
  const gone = follows !== null && !above.some((r) => r.id === follows);
  return (
    <SelectField
      label={labelOf(named)}
      value={follows ?? ''}
      initial=""
      onChange={(id) => change({ follows: id === '' ? null : id })}
      problem={problem}
      options={[
        { value: '', label: t.nobody },
        ...above.map((r) => ({ value: r.id, label: t.run(r.name) })),
        ...(gone ? [{ value: follows, label: t.gone(follows) }] : []),
      ]}
      help={above.length === 0 ? t.none : wordsOf(named).help}
    />
  );
}

/** Said where τ never moves. */
function Late({ gate }: { gate: GateConfig }) {
  const train = useSel((s) => s.runs.draft.train);
  const waits = tauWarmupSteps(gate, train);
  return waits >= train.steps && <p className="help">{texts().configure.gate.late(waits, train.steps)}</p>;
}

function NoDev() {
  const { gate: t } = texts().configure;
  return (
    <p className="field-problem">
      <Phrase of={t.noDev} button={<SetDev>{t.setDev}</SetDev>} />
    </p>
  );
}

/** The paper's constants, and what they come to here. */
function Paper({ change }: { change: Change }) {
  const { gate: t } = texts().configure;
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const tokens = tokensPerStep(train, report);
  const paper = paperGate(tokens);
  return (
    <div className="stack tight">
      <button
        type="button"
        className="small paper"
        onClick={() =>
          change({
            rule: 'literal',
            tauLearningRate: paper.tauLearningRate,
            sparsityPenalty: Number(paper.sparsityPenalty.toPrecision(3)),
          })
        }
      >
        {t.paper}
      </button>
      <p className="help">
        {t.paperHelp({
          lambda: compact(PAPER_LAMBDA),
          tokens: count(tokens),
          sparsityPenalty: compact(paper.sparsityPenalty),
          tauLearningRate: compact(PAPER_TAU_LEARNING_RATE),
          steps: count(train.steps),
          reach: compact(PAPER_TAU_LEARNING_RATE * train.steps),
        })}
      </p>
    </div>
  );
}
