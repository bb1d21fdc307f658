/** Loss, gradient norm, learning rate and speed of all runs, on one axis of steps with one cursor. */
import { memo, useMemo } from 'react';
import { type Aligned, type Curve, align, curveOf, curveRows, evalCurve, smooth } from '../../store/curves';
import type { MetricLog } from '../../store/metricLog';
import type { SessionView } from '../../store/slices';
import { Check, RunMark } from '../bits';
import { compact, count, fixed } from '../format';
import { Smoothing } from './Smoothing';
import { useTexts } from '../studioContext';
import { ChartFrame } from './ChartFrame';
import { type ChartColors, useChartColors } from './chartColors';
import { useCursorBus } from './cursorBus';
import { explainGradient, explainLoss, explainRate, explainSpeed } from './explain';
import { LineChart } from './LineChart';
import { BASE_DASH, type Line, type LinePlot, dashOfRun, drawLines } from './lines';
import { LossTable } from './LossTable';
import type { Picture } from './saveChart';

interface Named {
  run: MetricLog;
  name: string;
  index: number;
}

/** How curves are looked at; the same for all of a session. */
export interface Look {
  /** Of the smoothing: 0 to just under 1. */
  weight: number;
  log: boolean;
  /** Steps that are looked at closer; null for all. */
  range: readonly [number, number] | null;
  /** Ids of runs that are not shown. */
  hidden: ReadonlySet<string>;
}

export const PLAIN_LOOK: Look = { weight: 0, log: false, range: null, hidden: new Set() };

interface Props {
  session: SessionView;
  /** Counts up when the metricLogs have grown. */
  version: number;
  look: Look;
  onLook: (patch: Partial<Look>) => void;
}

interface Made {
  lines: Line[];
  data: Aligned;
}

/** Lines and data together: each curve with how it is drawn. */
function plot(parts: { line: Line; curve: Curve }[], range: Look['range']): Made {
  return {
    lines: parts.map((p) => p.line),
    data: align(
      parts.map((p) => p.curve),
      range,
    ),
  };
}

const namedRuns = ({ config, metricLogs }: SessionView): Named[] =>
  config.runs.map((r, i) => ({ run: metricLogs.get(r.id)!, name: r.name, index: i + 1 }));

const shownOf = (all: Named[], { hidden }: Look) => all.filter((r) => !hidden.has(r.run.runId));

/** As it is saved. */
function pictureOf(
  made: Made,
  options: Pick<LinePlot, 'yLabel' | 'log' | 'range' | 'planned'> & { height: number },
  colors: ChartColors,
): () => Picture {
  const size = { width: 720, height: options.height };
  return () => ({ ...size, draw: (to) => drawLines(to, { ...made, ...options }, { ...size, colors }) });
}

/** Losses on the train and the validation split, with the base model's as a line. */
export const LossCurve = memo(function LossCurve({
  session,
  version,
  look,
  onLook,
  classes,
}: Props & { /** Whether a head tells classes apart, one an example. */ classes: boolean }) {
  const { curves: t } = useTexts().charts;
  const colors = useChartColors();
  const bus = useCursorBus();
  const { weight, log, range, hidden } = look;
  const all = namedRuns(session);
  const base = session.metricLogs.get('base');
  const planned = session.config.train.steps;
  const loss = useMemo(() => {
    const parts = shownOf(all, look).flatMap(({ run, name, index }): { line: Line; curve: Curve }[] => {
      const [color, soft, dash] = [colors.runs[index], colors.runsSoft[index], dashOfRun(index - 1)];
      const training = curveOf(run, 'loss');
      const validation = { label: t.validation(name), end: name, color, width: 2.5, dash, points: true };
      return [
        ...(weight > 0 ? [{ line: { label: t.raw(name), color: soft, width: 1, quiet: true }, curve: training }] : []),
        {
          line: { label: t.training(name), color: weight > 0 ? color : soft, width: 1.25, dash },
          curve: smooth(training, weight),
        },
        { line: validation, curve: evalCurve(run, base) },
      ];
    });
    const made = plot(parts, range);
    // Named before it is known: what stands below the names stays where it is.
    const level = base?.evals.at(-1)?.loss ?? null;
    made.lines.push({ label: t.baseValidation, end: t.base, color: colors.ink2, width: 1.5, dash: BASE_DASH });
    made.data.push(made.data[0].map(() => level));
    return made;
    // The metricLogs grow in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, session, colors, weight, range, hidden, t]);
  const names = all.map((r) => r.name);
  return (
    <ChartFrame
      title={t.loss}
      name="loss"
      explain={() => explainLoss(all, base, classes)}
      picture={pictureOf(loss, { yLabel: t.nats(classes), height: 360, log, range, planned }, colors)}
      rows={() =>
        curveRows(
          names.flatMap((n) => [`${n} train`, `${n} validation`]),
          all.flatMap((r) => [curveOf(r.run, 'loss'), evalCurve(r.run, base)]),
        )
      }
      table={<LossTable session={session} />}
      options={<LookFields runs={all} look={look} onLook={onLook} />}
    >
      <LineChart
        title={t.lossOver}
        {...loss}
        bus={bus}
        range={range}
        onZoom={(next) => onLook({ range: next })}
        yLabel={t.nats(classes)}
        height="fill"
        log={log}
        planned={planned}
      />
    </ChartFrame>
  );
});

/** Which runs are shown, how smooth, on which axis, and how close. */
function LookFields({ runs, look, onLook }: Pick<Props, 'look' | 'onLook'> & { runs: Named[] }) {
  const { curves: t, line } = useTexts().charts;
  const { weight, log, range, hidden } = look;
  return (
    <fieldset className="stack tight look">
      <legend className="sr-only">{t.all}</legend>
      {runs.map(({ run, name, index }) => (
        <Check
          key={run.runId}
          checked={!hidden.has(run.runId)}
          onChange={(on) =>
            onLook({ hidden: new Set(on ? [...hidden].filter((x) => x !== run.runId) : [...hidden, run.runId]) })
          }
        >
          <RunMark index={index} />
          {name}
        </Check>
      ))}
      <Smoothing label={t.smoothing} weight={weight} onChange={(w) => onLook({ weight: w })} testId="smoothing" />
      <Check checked={log} onChange={(on) => onLook({ log: on })}>
        {t.log}
      </Check>
      <button
        type="button"
        className="small"
        disabled={!range}
        onClick={() => onLook({ range: null })}
        data-testid="zoom-reset"
      >
        {range ? line.zoomed(Math.round(range[0]), Math.round(range[1])) : line.zoom}
      </button>
    </fieldset>
  );
}

/** Gradient norm, learning rate and speed. */
export const TrainingCurves = memo(function TrainingCurves({ session, version, look, onLook }: Props) {
  const { curves: t } = useTexts().charts;
  const colors = useChartColors();
  const bus = useCursorBus();
  const { weight, log, range, hidden } = look;
  const all = namedRuns(session);
  const { train } = session.config;
  const planned = train.steps;
  const metric = (which: 'gradNorm' | 'learningRate' | 'speeds', weightOf: number) =>
    plot(
      shownOf(all, look).flatMap(({ run, name, index }) => {
        const curve = curveOf(run, which);
        const line: Line = { label: name, color: colors.runs[index], width: 1.75, dash: dashOfRun(index - 1) };
        const raw =
          weightOf > 0
            ? [{ line: { ...line, color: colors.runsSoft[index], width: 1, dash: undefined, quiet: true }, curve }]
            : [];
        return [...raw, { line, curve: smooth(curve, weightOf) }];
      }),
      range,
    );
  // oxlint-disable-next-line react/exhaustive-deps
  const gradient = useMemo(() => metric('gradNorm', weight), [version, session, colors, weight, range, hidden]);
  // oxlint-disable-next-line react/exhaustive-deps
  const rate = useMemo(() => metric('learningRate', 0), [version, session, colors, range, hidden]);
  // oxlint-disable-next-line react/exhaustive-deps
  const speed = useMemo(() => metric('speeds', weight), [version, session, colors, weight, range, hidden]);
  const names = all.map((r) => r.name);
  const rows = (which: 'gradNorm' | 'learningRate' | 'speeds') => () =>
    curveRows(
      names,
      all.map((r) => curveOf(r.run, which)),
    );
  const saved = (made: Made, yLabel: string, logged: boolean) =>
    pictureOf(made, { yLabel, height: 300, log: logged, range, planned }, colors);
  const shared = { bus, range, planned, onZoom: (next: Look['range']) => onLook({ range: next }), height: 150 };
  return (
    <div className="trio">
      <ChartFrame
        title={t.gradient}
        name="gradient"
        explain={() => explainGradient(all, train.maxGradientNorm)}
        picture={saved(gradient, t.gradientAxis, log)}
        rows={rows('gradNorm')}
      >
        <LineChart
          title={t.gradientOver}
          {...gradient}
          {...shared}
          yLabel={t.gradientUnit}
          log={log}
          format={compact}
        />
      </ChartFrame>
      <ChartFrame
        title={t.rate}
        name="rate"
        explain={() => explainRate(train, all[0].run)}
        picture={saved(rate, t.rateAxis, false)}
        rows={rows('learningRate')}
      >
        <LineChart title={t.rateOver} {...rate} {...shared} yLabel={t.rateUnit} format={compact} />
      </ChartFrame>
      <ChartFrame
        title={t.speed}
        name="speed"
        explain={() => explainSpeed(all)}
        picture={saved(speed, t.speedAxis, log)}
        rows={rows('speeds')}
      >
        <LineChart
          title={t.speedOver}
          {...speed}
          {...shared}
          yLabel={t.speedUnit}
          log={log}
          format={(v) => (v !== null && v < 10 ? fixed(v, 1) : count(v))}
        />
      </ChartFrame>
    </div>
  );
});
