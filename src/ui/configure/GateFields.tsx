/** The token gate of one run: its rule, and what that rule goes by. */
import { type GateConfig, type GateRule, GATE_RULES, PAPER_LAMBDA, PAPER_TAU_STEP, type RunConfig, isGated, learnsThreshold, paperGate, tauWarmupSteps } from '../../shared/config';
import { DEFAULT_GATE, changedKeys, gateKeys, initialOf } from '../../store/configure/changes';
import { tokensPerStep } from '../../store/configure/estimate';
import { SETTING_NAMES } from '../../store/configure/names';
import { NumberField, SelectField } from '../bits';
import { compact, count } from '../format';
import { useSel, useStudio } from '../studioContext';
import { Changed, More, OptionalNumber, PercentField, SetSlice, useProblems } from './fields';

/** What a rule is called, and what it does in a sentence. */
export const RULES: Record<GateRule, { name: string; help: string }> = {
  reconstructed: { name: 'learned threshold (reconstructed)', help: 'A threshold τ per layer learns which small updates to skip. The rule that moves it is reconstructed from secondary sources, not the paper’s own code.' },
  literal: { name: 'learned threshold (reconstructed, literal constants)', help: 'The same rule with its sums multiplied by the step first, as the paper’s constants expect; meant for long runs.' },
  exact: { name: 'exact step, one batch', help: 'Puts τ where the prices of one batch say the loss would be lowest; it jumps from batch to batch.' },
  averaged: { name: 'exact step, averaged prices', help: 'The same over prices averaged across batches, so that τ moves calmly.' },
  quantile: { name: 'fixed share by size', help: 'Keeps the largest updates of every batch, always the same share; nothing is learned.' },
  random: { name: 'random tokens (control)', help: 'Keeps tokens drawn by chance, from the seed. A gate that is worth something must beat it at the same share.' },
  oracle: { name: 'by sign (control)', help: 'Skips exactly the tokens whose update would raise the loss of this very batch, which takes a second pass. Only in training.' },
};

type Change = (patch: Partial<GateConfig>) => void;
interface PartProps {
  gate: GateConfig;
  change: Change;
  at: (field: string) => string | null;
}

export function GateFields({ run, index }: { run: RunConfig; index: number }) {
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
      <div className="row group-head"><h5>Token gate</h5><Changed of={`the gate of ${run.name}`} count={changedKeys(gate, DEFAULT_GATE, keys).length} onReset={() => change(initialOf(DEFAULT_GATE, keys))} testId={`changed-gate-${run.id}`} /></div>
      <SelectField
        label={SETTING_NAMES.rule} value={gate.rule} initial={DEFAULT_GATE.rule} onChange={(rule) => change({ rule, ...(rule === 'literal' && gate.tauStep === 'auto' ? { tauStep: PAPER_TAU_STEP } : {}) })}
        options={GATE_RULES.map((value) => ({ value, label: RULES[value].name }))} help={RULES[gate.rule].help}
      />
      {learned && <Learned gate={gate} change={change} at={at} />}
      {gate.rule === 'quantile' && <Keep gate={gate} change={change} at={at} help="The tokens with the largest relative update, in each batch and layer." />}
      {gate.rule === 'random' && <Random run={run} index={index} change={change} at={at} />}
      {learned && (
        <More summary="More about this gate" paths={more.map((k) => `${path}.${k}`)} changed={changedKeys(gate, DEFAULT_GATE, more).length}>
          <MoreLearned gate={gate} change={change} at={at} />
        </More>
      )}
    </div>
  );
}

function Keep({ gate, change, at, help }: PartProps & { help: string }) {
  return (
    <div className="fields wide-fields">
      <PercentField label={SETTING_NAMES.keep} value={gate.keep} initial={DEFAULT_GATE.keep} min={0} max={100} onChange={(keep) => change({ keep })} problem={at('keep')} help={help} />
    </div>
  );
}

function Random({ run, index, change, at }: Omit<PartProps, 'gate'> & { run: RunConfig; index: number }) {
  const runs = useSel((s) => s.runs.draft.runs);
  const before = runs.slice(0, index).filter(isGated);
  const { gate } = run;
  const gone = gate.follows !== null && !before.some((r) => r.id === gate.follows);
  return (
    <>
      <SelectField
        label={SETTING_NAMES.follows} value={gate.follows ?? ''} initial="" onChange={(id) => change({ follows: id === '' ? null : id })} problem={at('follows')}
        options={[{ value: '', label: 'no run: a fixed share' }, ...before.map((r) => ({ value: r.id, label: `${r.name}: as many tokens, drawn at random` })), ...(gone ? [{ value: gate.follows!, label: `${gate.follows} (not above)` }] : [])]}
        help={before.length === 0 ? 'A gated run that stands above this one can be followed; there is none.' : 'In every step and layer it keeps as many tokens as that run, so that only the choice differs.'}
      />
      {gate.follows === null && <Keep gate={gate} change={change} at={at} help="The same share in every batch and layer." />}
    </>
  );
}

function Learned({ gate, change, at }: PartProps) {
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const tokens = tokensPerStep(gate.prices === 'held-out' ? { ...train, accumulation: 1 } : train, report);
  const lambda = gate.lambdaBar / tokens;
  return (
    <>
      <OptionalNumber
        off={null} value={gate.target} initial={null} start={0.5} ticked="number" tick="Steer to a skipped share" label={SETTING_NAMES.target} percent={[0, 99]} onChange={(target) => change({ target })} problem={at('target')}
        help={gate.target === null ? 'Otherwise the rule finds its own share.' : 'Of all tokens; reached by half of the run and held.'}
      />
      {gate.target !== null && (
        <SelectField label={SETTING_NAMES.targetPer} value={gate.targetPer} initial={DEFAULT_GATE.targetPer} onChange={(targetPer) => change({ targetPer })} options={[{ value: 'run', label: 'the whole run: layers may differ' }, { value: 'module', label: 'every module alike' }]} help="Whether each layer is held to it, or only their mean." />
      )}
      <NumberField
        label={SETTING_NAMES.lambdaBar} value={gate.lambdaBar} initial={DEFAULT_GATE.lambdaBar} onChange={(lambdaBar) => change({ lambdaBar })} problem={at('lambdaBar')}
        help={<>Higher skips more; useful are 0 to 0.5, and less than 0 skips less. It stands against the mean loss of a step, so λ for each of its {report ? '' : 'supposed '}{count(tokens)} tokens is λ̄ / {count(tokens)} = {compact(lambda)}.</>}
      />
    </>
  );
}

function MoreLearned({ gate, change, at }: PartProps) {
  const train = useSel((s) => s.runs.draft.train);
  const report = useSel((s) => s.dataset.report);
  const tokens = tokensPerStep(train, report);
  const paper = paperGate(tokens);
  const proximal = gate.rule === 'exact' || gate.rule === 'averaged';
  const late = tauWarmupSteps(gate, train) >= train.steps;
  return (
    <div className="stack">
      {proximal
        ? <OptionalNumber off="auto" value={gate.eta} initial="auto" start={1} ticked="off" tick="Step of τ without a bound" label={SETTING_NAMES.eta} onChange={(eta) => change({ eta })} problem={at('eta')} help="A smaller η holds τ closer to where it was." />
        : <OptionalNumber off="auto" value={gate.tauStep} initial="auto" start={0.001} ticked="off" tick="Step of τ: found from the run" label={SETTING_NAMES.tauStep} onChange={(tauStep) => change({ tauStep })} problem={at('tauStep')} help={gate.tauStep === 'auto' ? 'So that a τ that always rises passes the median update after a third of the run.' : 'A run of N steps moves τ by about N times this at most.'} />}
      {!proximal && gate.rule === 'reconstructed' && gate.tauStep === 'auto' && (
        <SelectField label={SETTING_NAMES.rhoPer} value={gate.rhoPer} initial={DEFAULT_GATE.rhoPer} onChange={(rhoPer) => change({ rhoPer })} options={[{ value: 'run', label: 'the run: one step for all modules' }, { value: 'module', label: 'each module’s own updates' }]} help="Own steps make the modules alike, so that their shares say less of their importance." />
      )}
      <OptionalNumber off="auto" value={gate.tauWarmup} initial="auto" start={train.warmupSteps} ticked="off" tick="τ waits for the warm-up" label={SETTING_NAMES.tauWarmup} onChange={(tauWarmup) => change({ tauWarmup })} problem={at('tauWarmup')} help="While updates are still zero, a rising τ would close every gate for good." />
      {late && <p className="help">τ never moves: it waits for {tauWarmupSteps(gate, train)} steps, and the run has {train.steps}.</p>}
      <SelectField
        label={SETTING_NAMES.prices} value={gate.prices} initial={DEFAULT_GATE.prices} onChange={(prices) => change({ prices })} options={[{ value: 'own', label: 'the batch just learnt from' }, { value: 'held-out', label: 'a slice that no run learns from' }]}
        help="What decides whether a token’s update helps. Its own batch likes almost every update; tokens it has not seen tell which ones carry over."
      />
      {gate.prices === 'held-out' && (
        <>
          <NumberField label="Prices every, steps" value={gate.pricesEvery} initial={DEFAULT_GATE.pricesEvery} onChange={(pricesEvery) => change({ pricesEvery })} problem={at('pricesEvery')} help="Each time costs a pass over a batch of the slice." />
          {train.sliceShare === 0 && <p className="field-problem">No slice is set aside yet. <SetSlice>Set a tenth of the training data aside</SetSlice></p>}
        </>
      )}
      <div className="stack tight">
        <button type="button" className="small paper" onClick={() => change({ rule: 'literal', tauStep: paper.tauStep, lambdaBar: Number(paper.lambdaBar.toPrecision(3)) })}>Take the paper’s constants</button>
        <p className="help">
          Its λ = {compact(PAPER_LAMBDA)} for each token, times about {count(tokens)} tokens a step, is λ̄ = {compact(paper.lambdaBar)} here; its step of τ is {compact(PAPER_TAU_STEP)}, meant for some 10 000 steps.
          This run has {count(train.steps)}: τ reaches {compact(PAPER_TAU_STEP * train.steps)} at most.
        </p>
      </div>
    </div>
  );
}
