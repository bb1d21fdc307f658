/** The token gate of one run: its rule, and what that rule goes by. */
import {
  type GateConfig,
  GATE_RULES,
  PAPER_LAMBDA,
  PAPER_TAU_STEP,
  type RunConfig,
  isGated,
  learnsThreshold,
  paperGate,
  tauWarmupSteps,
} from '../../shared/config';
import { texts } from '../../shared/texts';
import { DEFAULT_GATE, changedKeys, gateKeys, initialOf } from '../../store/configure/changes';
import { tokensPerStep } from '../../store/configure/estimate';
import { NumberField, SelectField } from '../bits';
import { compact, count } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { Changed, More, OptionalNumber, PercentField, SetSlice, useProblems } from './fields';

const per = (labels: { run: string; module: string }) =>
  (['run', 'module'] as const).map((value) => ({ value, label: labels[value] }));

type Change = (patch: Partial<GateConfig>) => void;
interface PartProps {
  gate: GateConfig;
  change: Change;
  at: (field: string) => string | null;
}

export function GateFields({ run, index }: { run: RunConfig; index: number }) {
  const { name, gate: t } = texts().configure;
  const { configure } = useStudio();
  const { gate } = run;
  const path = `runs.${index}.gate`;
  const at = useProblems(path);
  const change: Change = (patch) => configure.setRun(run.id, { gate: { ...gate, ...patch } });
  const keys = gateKeys(gate);
  const learned = learnsThreshold(gate);
  const more = keys.filter((k) => !['rule', 'lambdaBar', 'target', 'targetPer'].includes(k));
  return (
    <div className="stack">
      <div className="row group-head">
        <h5>{t.title}</h5>
        <Changed
          of={t.of(run.name)}
          count={changedKeys(gate, DEFAULT_GATE, keys).length}
          onReset={() => change(initialOf(DEFAULT_GATE, keys))}
          testId={`changed-gate-${run.id}`}
        />
      </div>
      <SelectField
        label={name.rule}
        value={gate.rule}
        initial={DEFAULT_GATE.rule}
        onChange={(rule) =>
          change({ rule, ...(rule === 'literal' && gate.tauStep === 'auto' ? { tauStep: PAPER_TAU_STEP } : {}) })
        }
        options={GATE_RULES.map((value) => ({ value, label: t.rule[value].name }))}
        help={t.rule[gate.rule].help}
      />
      {learned && <Learned gate={gate} change={change} at={at} />}
      {gate.rule === 'quantile' && <Keep gate={gate} change={change} at={at} help={t.keepLargest} />}
      {gate.rule === 'random' && <Random run={run} index={index} change={change} at={at} />}
      {learned && (
        <More
          summary={t.more}
          paths={more.map((k) => `${path}.${k}`)}
          changed={changedKeys(gate, DEFAULT_GATE, more).length}
        >
          <MoreLearned gate={gate} change={change} at={at} />
        </More>
      )}
    </div>
  );
}

function Keep({ gate, change, at, help }: PartProps & { help: string }) {
  const { name } = texts().configure;
  return (
    <div className="fields wide-fields">
      <PercentField
        label={name.keep}
        value={gate.keep}
        initial={DEFAULT_GATE.keep}
        min={0}
        max={100}
        onChange={(keep) => change({ keep })}
        problem={at('keep')}
        help={help}
      />
    </div>
  );
}

function Random({ run, index, change, at }: Omit<PartProps, 'gate'> & { run: RunConfig; index: number }) {
  const { name, gate: t } = texts().configure;
  const runs = useSel((s) => s.runs.draft.runs);
  const before = runs.slice(0, index).filter(isGated);
  const { gate } = run;
  const gone = gate.follows !== null && !before.some((r) => r.id === gate.follows);
  return (
    <>
      <SelectField
        label={name.follows}
        value={gate.follows ?? ''}
        initial=""
        onChange={(id) => change({ follows: id === '' ? null : id })}
        problem={at('follows')}
        options={[
          { value: '', label: t.follow.nobody },
          ...before.map((r) => ({ value: r.id, label: t.follow.run(r.name) })),
          ...(gone ? [{ value: gate.follows!, label: t.follow.gone(gate.follows!) }] : []),
        ]}
        help={before.length === 0 ? t.follow.none : t.follow.help}
      />
      {gate.follows === null && <Keep gate={gate} change={change} at={at} help={t.keepRandom} />}
    </>
  );
}

function Learned({ gate, change, at }: PartProps) {
  const { name, gate: t } = texts().configure;
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const tokens = tokensPerStep(gate.prices === 'held-out' ? { ...train, accumulation: 1 } : train, report);
  const lambda = gate.lambdaBar / tokens;
  return (
    <>
      <OptionalNumber
        off={null}
        value={gate.target}
        initial={null}
        start={0.5}
        ticked="number"
        tick={t.target}
        label={name.target}
        percent={[0, 99]}
        onChange={(target) => change({ target })}
        problem={at('target')}
        help={gate.target === null ? t.targetOff : t.targetHelp}
      />
      {gate.target !== null && (
        <SelectField
          label={name.targetPer}
          value={gate.targetPer}
          initial={DEFAULT_GATE.targetPer}
          onChange={(targetPer) => change({ targetPer })}
          options={per(t.targetPer)}
          help={t.targetPerHelp}
        />
      )}
      <NumberField
        label={name.lambdaBar}
        value={gate.lambdaBar}
        initial={DEFAULT_GATE.lambdaBar}
        onChange={(lambdaBar) => change({ lambdaBar })}
        problem={at('lambdaBar')}
        help={t.lambdaBar(count(tokens), compact(lambda), report !== null)}
      />
    </>
  );
}

function MoreLearned({ gate, change, at }: PartProps) {
  const { name, inSteps, gate: t } = texts().configure;
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const tokens = tokensPerStep(train, report);
  const paper = paperGate(tokens);
  const proximal = gate.rule === 'exact' || gate.rule === 'averaged';
  const late = tauWarmupSteps(gate, train) >= train.steps;
  return (
    <div className="stack">
      {proximal ? (
        <OptionalNumber
          off="auto"
          value={gate.eta}
          initial="auto"
          start={1}
          ticked="off"
          tick={t.etaAuto}
          label={name.eta}
          onChange={(eta) => change({ eta })}
          problem={at('eta')}
          help={t.eta}
        />
      ) : (
        <OptionalNumber
          off="auto"
          value={gate.tauStep}
          initial="auto"
          start={0.001}
          ticked="off"
          tick={t.tauStepAuto}
          label={name.tauStep}
          onChange={(tauStep) => change({ tauStep })}
          problem={at('tauStep')}
          help={gate.tauStep === 'auto' ? t.tauStepFound : t.tauStep}
        />
      )}
      {!proximal && gate.rule === 'reconstructed' && gate.tauStep === 'auto' && (
        <SelectField
          label={name.rhoPer}
          value={gate.rhoPer}
          initial={DEFAULT_GATE.rhoPer}
          onChange={(rhoPer) => change({ rhoPer })}
          options={per(t.rhoPer)}
          help={t.rhoPerHelp}
        />
      )}
      <OptionalNumber
        off="auto"
        value={gate.tauWarmup}
        initial="auto"
        start={train.warmupSteps}
        ticked="off"
        tick={t.tauWarmupAuto}
        label={name.tauWarmup}
        onChange={(tauWarmup) => change({ tauWarmup })}
        problem={at('tauWarmup')}
        help={t.tauWarmup}
      />
      {late && <p className="help">{t.late(tauWarmupSteps(gate, train), train.steps)}</p>}
      <SelectField
        label={name.prices}
        value={gate.prices}
        initial={DEFAULT_GATE.prices}
        onChange={(prices) => change({ prices })}
        options={(['own', 'held-out'] as const).map((value) => ({ value, label: t.prices[value] }))}
        help={t.pricesHelp}
      />
      {gate.prices === 'held-out' && (
        <>
          <NumberField
            label={inSteps(name.pricesEvery)}
            value={gate.pricesEvery}
            initial={DEFAULT_GATE.pricesEvery}
            onChange={(pricesEvery) => change({ pricesEvery })}
            problem={at('pricesEvery')}
            help={t.pricesEvery}
          />
          {train.sliceShare === 0 && (
            <p className="field-problem">
              <Phrase of={t.noSlice} button={<SetSlice>{t.setSlice}</SetSlice>} />
            </p>
          )}
        </>
      )}
      <div className="stack tight">
        <button
          type="button"
          className="small paper"
          onClick={() =>
            change({ rule: 'literal', tauStep: paper.tauStep, lambdaBar: Number(paper.lambdaBar.toPrecision(3)) })
          }
        >
          {t.paper}
        </button>
        <p className="help">
          {t.paperHelp({
            lambda: compact(PAPER_LAMBDA),
            tokens: count(tokens),
            lambdaBar: compact(paper.lambdaBar),
            tauStep: compact(PAPER_TAU_STEP),
            steps: count(train.steps),
            reach: compact(PAPER_TAU_STEP * train.steps),
          })}
        </p>
      </div>
    </div>
  );
}
