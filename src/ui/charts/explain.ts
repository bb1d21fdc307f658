/** What each chart means, in sentences with the user's own numbers. Plain functions: state in, text out. */
import type { TrainConfig } from '../../shared/config';
import { ratioQuantile } from '../../shared/ratio';
import { type GateStats, type ModuleId, RATIO_BINS } from '../../shared/types';
import { type RunHistory, totalSkipped } from '../../store/history';
import { type Ranking, stabilityWord } from '../../store/importance';
import { compact, count, fixed, percent } from '../format';
import type { Cuts } from './cuts';

export interface NamedRun {
  name: string;
  run: RunHistory;
}

const nameOf = (m: ModuleId) => `layer ${m.layer}, ${m.kind}`;

export function explainLoss(runs: NamedRun[], base: RunHistory | undefined): string[] {
  const out = ['Loss is the model’s surprise at the right next token, in nats, averaged over the tokens that it is taught. Lower is better. The training curve is measured on the batch just learnt from, the held-out one on examples that no run ever learns.'];
  const start = base?.evals.at(-1)?.loss;
  if (start !== undefined) out.push(`The untouched base has ${fixed(start)} on the held-out examples: it gave the right token ${percent(Math.exp(-start), 1)} on (geometric) average.`);
  for (const { name, run } of runs) {
    const last = run.evals.at(-1);
    if (!last || run.loss.length === 0) continue;
    const recent = run.loss.values().slice(-10);
    const training = recent.reduce((s, v) => s + v, 0) / recent.length;
    const gap = last.loss - training;
    out.push(`${name}: ${fixed(last.loss)} at step ${last.step}, that is ${percent(Math.exp(-last.loss), 1)} for the right token. ${gap > 0.3 ? `It is ${fixed(gap, 2)} better on what it has just seen (${fixed(training)}) than on what it has not: part of what it learnt is by heart.` : `On what it has just seen it has ${fixed(training)}: it learns little by heart so far.`}`);
    if (run.stopped) out.push(`${name} was ended at step ${run.stopped.step}, because its loss has not been better since step ${run.stopped.bestStep} (${fixed(run.stopped.bestLoss)}).`);
  }
  return out;
}

export function explainGradient(runs: NamedRun[], clipNorm: number): string[] {
  const out = ['How steep the loss is for the adapter’s weights: the length of the gradient of A and B together, before it is clipped. Sudden peaks mean a batch the run did not expect; a steady climb means trouble.'];
  for (const { name, run } of runs) {
    if (run.gradNorm.length === 0) continue;
    const values = run.gradNorm.values();
    const clipped = clipNorm > 0 ? values.filter((v) => v > clipNorm).length / values.length : 0;
    out.push(`${name}: ${compact(values.at(-1)!)} now, ${compact(values.reduce((a, b) => Math.max(a, b), 0))} at most.${clipNorm > 0 ? ` ${percent(clipped)} of its steps were longer than the limit of ${clipNorm} and were shortened to it.` : ''}`);
  }
  return out;
}

export function explainRate(train: TrainConfig, run: RunHistory): string[] {
  const now = run.learningRate.length > 0 ? run.learningRate.at(-1) : null;
  return [
    `How far one update goes. It rises over the first ${train.warmupSteps} steps to ${compact(train.learningRate)}${train.schedule === 'constant' ? ' and stays there' : ` and then falls to 0 along a ${train.schedule === 'linear' ? 'line' : 'cosine'}`}.`,
    ...(now === null ? [] : [`Now it is ${compact(now)}, ${percent(now / train.learningRate)} of that.`]),
  ];
}

export function explainSpeed(runs: NamedRun[]): string[] {
  const out = ['Tokens that a run learns from, per second of real time. Runs that share a pass over the base take their steps together. Dips are measurements on held-out data, samples, or other work of this computer.'];
  for (const { name, run } of runs) {
    const speed = run.speed();
    if (speed) out.push(`${name}: ${count(speed.tokensPerSecond)} tokens/s of late, a step every ${Math.round(speed.msPerStep)} ms, ${count(run.tokens)} tokens so far.`);
  }
  return out;
}

export function explainSkipMap(modules: ModuleId[], values: ArrayLike<number>, step: number): string[] {
  const order = modules.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  const mean = order.reduce((s, i) => s + values[i], 0) / Math.max(1, order.length);
  return [
    'One cell per adapted module. Its number is the share of tokens, in percent, for which the module’s update was too small against its own output (r below τ) and was left out.',
    `At step ${step} the modules skip ${percent(mean, 1)} on average: most in ${nameOf(modules[order[0]])} (${percent(values[order[0]])}), least in ${nameOf(modules[order.at(-1)!])} (${percent(values[order.at(-1)!])}).`,
    'Move the slider to see earlier steps. Choose a cell to see that module’s tokens, sizes and threshold below.',
  ];
}

const CUT_BY: Record<Cuts['name'], string> = {
  τ: 'The dashed line is the threshold τ: what lies left of it was skipped.',
  cut: 'This gate learns no threshold: it keeps a fixed share of the tokens of every batch, those with the largest r. The dashed line is the r at which that cut these tokens; what lies left of it was skipped.',
};

export function explainHistogram(gate: GateStats, cuts: Cuts | null, module: number, name: string): string[] {
  const kept = gate.active[module];
  const tokens = gate.tokens[module];
  const half = ratioQuantile(gate.histogram.subarray(module * RATIO_BINS, (module + 1) * RATIO_BINS), 0.5);
  return [
    `r is the size of the update against the size of the module’s own output for one token; the axis is logarithmic. ${cuts ? CUT_BY[cuts.name] : 'This gate does not choose by r, so there is no threshold to show.'}`,
    `${name}: ${cuts ? `${cuts.name === 'τ' ? 'τ' : 'the cut'} is ${compact(cuts.at[module])}; ` : ''}${count(kept)} of ${count(tokens)} tokens were kept, ${percent(tokens > 0 ? 1 - kept / tokens : 0, 1)} were skipped. Half of them have an r below about ${compact(half)}.`,
    `All updates begin at 0, because B does; they grow while the run learns${cuts ? `, and ${cuts.name === 'τ' ? 'τ' : 'the cut'} follows` : ''}.`,
  ];
}

export function explainTokenMap(tokens: number, modules: number, kept: ArrayLike<number>): string[] {
  let open = 0;
  for (let i = 0; i < kept.length; i++) open += kept[i];
  return [
    `One text, as the model is now: a column per token (${tokens}), a row per module (${modules}). A filled cell means that the module’s update was kept for that token.`,
    `Here ${percent(open / Math.max(1, kept.length), 1)} of ${count(kept.length)} updates were kept. Full columns are tokens that many modules had something to say about; empty rows are modules that this text did not need.`,
  ];
}

export function explainTokens(shares: ArrayLike<number>, tokens: string[]): string[] {
  const order = tokens.map((_, i) => i).sort((a, b) => shares[b] - shares[a]);
  return [
    'The same text to be read: the stronger the colour, the more of the chosen modules kept their update for that token. Point at a token, or move to it with the arrow keys, to see every module’s r, τ and gate.',
    ...(order.length > 1 ? [`Kept most: “${tokens[order[0]].trim() || '␣'}” (${percent(shares[order[0]])}). Kept least: “${tokens[order.at(-1)!].trim() || '␣'}” (${percent(shares[order.at(-1)!])}).`] : []),
  ];
}

export function explainRanking(r: Ranking, modules: ModuleId[], names: Map<string, string>): string[] {
  const first = r.modules[0];
  return [
    'A module that keeps many tokens is one the data asks much of. This is TS-PEFT’s sign of a module’s importance; a weight norm is another, and which of them is better is a question, not a fact.',
    `Averaged over steps ${r.from} to ${r.to}, ${nameOf(modules[first.module])} keeps most: ${percent(first.share, 1)}.`,
    `Stability: over the second half of the run the order is ${stabilityWord(r.overTime)}${r.overTime === null ? '' : ` (mean rank correlation ${fixed(r.overTime, 2)}; 1 = the same order, 0 = none)`}.`,
    ...r.withRuns.map((w) => `Against ${names.get(w.runId) ?? w.runId}: ${w.correlation === null ? 'not comparable, all shares are equal' : `rank correlation ${fixed(w.correlation, 2)}, ${stabilityWord(w.correlation)}`}.`),
  ];
}

export function explainShares(run: RunHistory): string[] {
  return [
    'Skipped share of all tokens over the steps of the run, averaged over the modules of one kind or one layer. It is 0 until the thresholds begin to move.',
    ...(run.gate ? [`All modules together skip ${percent(totalSkipped(run.gate), 1)} of the last batch.`] : []),
  ];
}
