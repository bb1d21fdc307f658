/** What each chart means, in sentences with the user's own numbers. Plain functions: state in, text out. */
import type { TrainConfig } from '../../shared/config';
import { ratioQuantile } from '../../shared/ratio';
import { texts } from '../../shared/texts';
import { type GateStats, type ModuleId, RATIO_BINS } from '../../shared/types';
import { type MetricLog, totalSkipped } from '../../store/metricLog';
import type { ActiveShareRanking } from '../../store/importance';
import { compact, count, fixed, percent } from '../format';
import type { Cuts } from './cuts';

export interface NamedRun {
  name: string;
  run: MetricLog;
}

const said = () => texts().charts.explain;
const nameOf = (m: ModuleId) => texts().charts.module(m.layer, m.kind);

/** @param classes whether a head tells classes apart, one an example: else the loss is of tokens */
export function explainLoss(runs: NamedRun[], base: MetricLog | undefined, classes: boolean): string[] {
  const t = said().loss;
  const out = [t.what(classes)];
  const start = base?.evals.at(-1)?.loss;
  if (start !== undefined) out.push(t.base(fixed(start), percent(Math.exp(-start), 1), classes));
  for (const { name, run } of runs) {
    const last = run.evals.at(-1);
    if (!last || run.loss.length === 0) continue;
    const recent = run.loss.values().slice(-10);
    const training = recent.reduce((s, v) => s + v, 0) / recent.length;
    const gap = last.loss - training;
    const right = percent(Math.exp(-last.loss), 1);
    const now = { run: name, loss: fixed(last.loss), step: last.step, right, training: fixed(training), classes };
    out.push(gap > 0.3 ? t.overfitting({ ...now, gap: fixed(gap, 2) }) : t.general(now));
    if (run.stopped) out.push(t.stopped(name, run.stopped.step, run.stopped.bestStep, fixed(run.stopped.bestLoss)));
  }
  return out;
}

export function explainGradient(runs: NamedRun[], maxGradientNorm: number): string[] {
  const t = said().gradient;
  const out = [t.what];
  for (const { name, run } of runs) {
    if (run.gradNorm.length === 0) continue;
    const values = run.gradNorm.values();
    const now = compact(values.at(-1)!);
    const most = compact(values.reduce((a, b) => Math.max(a, b), 0));
    out.push(
      maxGradientNorm > 0
        ? t.clipped({
            run: name,
            now,
            most,
            share: percent(values.filter((v) => v > maxGradientNorm).length / values.length),
            limit: maxGradientNorm,
          })
        : t.run(name, now, most),
    );
  }
  return out;
}

export function explainRate(train: TrainConfig, run: MetricLog): string[] {
  const t = said().rate;
  const now = run.learningRate.length > 0 ? run.learningRate.at(-1) : null;
  return [
    t[train.schedule](train.warmupSteps, compact(train.learningRate)),
    ...(now === null ? [] : [t.now(compact(now), percent(now / train.learningRate))]),
  ];
}

export function explainSpeed(runs: NamedRun[]): string[] {
  const t = said().speed;
  const out = [t.what];
  for (const { name, run } of runs) {
    const speed = run.speed();
    if (speed) out.push(t.run(name, count(speed.tokensPerSecond), Math.round(speed.msPerStep), count(run.tokens)));
  }
  return out;
}

export function explainSkipMap(modules: ModuleId[], values: ArrayLike<number>, step: number): string[] {
  const t = said().skipMap;
  const order = modules.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  const mean = order.reduce((s, i) => s + values[i], 0) / Math.max(1, order.length);
  const [most, least] = [order[0], order.at(-1)!];
  return [
    t.what,
    t.now({
      step,
      mean: percent(mean, 1),
      most: nameOf(modules[most]),
      mostShare: percent(values[most]),
      least: nameOf(modules[least]),
      leastShare: percent(values[least]),
    }),
    t.use,
  ];
}

export function explainHistogram(gate: GateStats, cuts: Cuts | null, module: number, name: string): string[] {
  const t = said().histogram;
  const active = gate.active[module];
  const tokens = gate.tokens[module];
  const half = ratioQuantile(gate.histogram.subarray(module * RATIO_BINS, (module + 1) * RATIO_BINS), 0.5);
  const by = cuts?.name ?? 'none';
  return [
    t.what[by],
    t.now({
      module: name,
      at: cuts && t.at[cuts.name](compact(cuts.at[module])),
      active: count(active),
      tokens: count(tokens),
      skipped: percent(tokens > 0 ? 1 - active / tokens : 0, 1),
      median: compact(half),
    }),
    t.start[by],
  ];
}

export function explainTokenMap(tokens: number, modules: number, active: ArrayLike<number>): string[] {
  const t = said().tokenMap;
  let open = 0;
  for (let i = 0; i < active.length; i++) open += active[i];
  return [t.what(tokens, modules), t.now(percent(open / Math.max(1, active.length), 1), count(active.length))];
}

export function explainTokens(shares: ArrayLike<number>, tokens: string[]): string[] {
  const t = said().tokens;
  const order = tokens.map((_, i) => i).sort((a, b) => shares[b] - shares[a]);
  if (order.length < 2) return [t.what];
  const text = (i: number) => tokens[i].trim() || '␣';
  const [most, least] = [order[0], order.at(-1)!];
  return [t.what, t.now(text(most), percent(shares[most]), text(least), percent(shares[least]))];
}

export function explainRanking(r: ActiveShareRanking, modules: ModuleId[], names: Map<string, string>): string[] {
  const t = said().ranking;
  const first = r.modules[0];
  return [
    t.what,
    t.now(r.from, r.to, nameOf(modules[first.module]), percent(first.share, 1)),
    r.overTime === null ? t.unknown : t.stability(fixed(r.overTime, 2)),
    ...r.withRuns.map(({ runId, correlation }) => {
      const name = names.get(runId) ?? runId;
      return correlation === null ? t.equal(name) : t.against(name, fixed(correlation, 2));
    }),
  ];
}

export function explainShares(run: MetricLog): string[] {
  const t = said().shares;
  return [t.what, ...(run.gate ? [t.now(percent(totalSkipped(run.gate), 1))] : [])];
}
