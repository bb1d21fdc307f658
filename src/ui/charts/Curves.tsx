/** Loss, gradient norm, learning rate and speed of all runs, on one axis of steps with one cursor. */
import { memo, useDeferredValue, useMemo, useState } from 'react';
import { type Aligned, type Curve, align, curveOf, curveRows, evalCurve, smooth } from '../../store/curves';
import type { RunHistory } from '../../store/history';
import type { SessionView } from '../../store/slices';
import { Check, RunMark } from '../bits';
import { compact, count, fixed } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useTexts } from '../studioContext';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { CursorBus } from './cursorBus';
import { explainGradient, explainLoss, explainRate, explainSpeed } from './explain';
import { LineChart } from './LineChart';
import { type Line, drawLines } from './lines';
import { LossTable } from './LossTable';

/** Dash of run i, so that lines differ without colour. */
export const DASHES: (number[] | undefined)[] = [
  undefined,
  [8, 4],
  [2, 3],
  [10, 3, 2, 3],
  [14, 4],
  [4, 4],
  [1, 3],
  [12, 3, 2, 3, 2, 3],
];

interface Named {
  run: RunHistory;
  name: string;
  index: number;
}

interface Chosen {
  runs: Named[];
  weight: number;
  log: boolean;
  range: readonly [number, number] | null;
}

/** Lines and data together: each curve with how it is drawn. */
function plot(parts: { line: Line; curve: Curve }[], range: Chosen['range']): { lines: Line[]; data: Aligned } {
  return {
    lines: parts.map((p) => p.line),
    data: align(
      parts.map((p) => p.curve),
      range,
    ),
  };
}

/** New data are drawn when the page has a moment, in slices: a store's change alone would be one task. */
export function Curves({ session }: { session: SessionView }) {
  return <View session={session} version={useDeferredValue(useSel((s) => s.runs.version))} />;
}

const View = memo(function View({ session, version }: { session: SessionView; version: number }) {
  const { curves: t, line } = useTexts().charts;
  const colors = useChartColors();
  const [bus] = useState(() => new CursorBus());
  const [weight, setWeight] = useState(0);
  const [log, setLog] = useState(false);
  const [range, setRange] = useState<Chosen['range']>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { config, histories } = session;
  const all = config.runs.map((r, i): Named => ({ run: histories.get(r.id)!, name: r.name, index: i + 1 }));
  const base = histories.get('base');
  const view: Chosen = { runs: all.filter((r) => !hidden.has(r.run.runId)), weight, log, range };

  const metric = (which: 'gradNorm' | 'learningRate' | 'speeds', weightOf = weight) =>
    plot(
      view.runs.flatMap(({ run, name, index }) => {
        const curve = curveOf(run, which);
        const line: Line = { label: name, color: colors.runs[index], width: 1.75, dash: DASHES[index - 1] };
        const raw =
          weightOf > 0
            ? [{ line: { ...line, color: colors.runsSoft[index], width: 1, dash: undefined, quiet: true }, curve }]
            : [];
        return [...raw, { line, curve: smooth(curve, weightOf) }];
      }),
      range,
    );
  const loss = useMemo(() => {
    const parts = view.runs.flatMap(({ run, name, index }): { line: Line; curve: Curve }[] => {
      const [color, soft, dash] = [colors.runs[index], colors.runsSoft[index], DASHES[index - 1]];
      const training = curveOf(run, 'loss');
      return [
        ...(weight > 0 ? [{ line: { label: t.raw(name), color: soft, width: 1, quiet: true }, curve: training }] : []),
        {
          line: { label: t.training(name), color: weight > 0 ? color : soft, width: 1.25, dash },
          curve: smooth(training, weight),
        },
        { line: { label: t.validation(name), color, width: 2.5, dash, points: true }, curve: evalCurve(run, base) },
      ];
    });
    const made = plot(parts, range);
    const level = base?.evals.at(-1)?.loss;
    if (level !== undefined) {
      made.lines.push({ label: t.baseValidation, color: colors.ink2, width: 1.5, dash: [3, 4] });
      made.data.push(made.data[0].map(() => level));
    }
    return made;
    // The histories grow in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, session, colors, weight, range, hidden, t]);
  // oxlint-disable-next-line react/exhaustive-deps
  const gradient = useMemo(() => metric('gradNorm'), [version, session, colors, weight, range, hidden]);
  // oxlint-disable-next-line react/exhaustive-deps
  const rate = useMemo(() => metric('learningRate', 0), [version, session, colors, range, hidden]);
  // oxlint-disable-next-line react/exhaustive-deps
  const speed = useMemo(() => metric('speeds'), [version, session, colors, weight, range, hidden]);

  const names = all.map((r) => r.name);
  const rows = (which: 'gradNorm' | 'learningRate' | 'speeds') => () =>
    curveRows(
      names,
      all.map((r) => curveOf(r.run, which)),
    );
  const shared = { bus, range, onZoom: setRange };
  const chart =
    (made: { lines: Line[]; data: Aligned }, yLabel: string, height: number, logged = false) =>
    () => ({
      width: 720,
      height,
      draw: (to: Parameters<typeof drawLines>[0]) =>
        drawLines(to, { ...made, yLabel, log: logged, range }, { width: 720, height, colors }),
    });
  return (
    <div className="stack">
      <fieldset className="row chart-tools">
        <legend className="sr-only">{t.all}</legend>
        <span className="row runs-shown">
          {all.map(({ run, name, index }) => (
            <label key={run.runId} className="check">
              <input
                type="checkbox"
                checked={!hidden.has(run.runId)}
                onChange={(e) =>
                  setHidden(
                    new Set(e.target.checked ? [...hidden].filter((x) => x !== run.runId) : [...hidden, run.runId]),
                  )
                }
              />
              <span>
                <RunMark index={index} />
                {name}
              </span>
            </label>
          ))}
        </span>
        <label className="slider smoothing">
          <span>
            <Phrase of={t.smoothing} weight={<span className="num">{weight.toFixed(2)}</span>} />
          </span>
          <input
            type="range"
            min={0}
            max={0.98}
            step={0.02}
            value={weight}
            onChange={(e) => setWeight(Number(e.target.value))}
            data-testid="smoothing"
          />
        </label>
        <Check checked={log} onChange={setLog}>
          {t.log}
        </Check>
        <button
          type="button"
          className="small"
          disabled={!range}
          onClick={() => setRange(null)}
          data-testid="zoom-reset"
        >
          {range ? line.zoomed(Math.round(range[0]), Math.round(range[1])) : line.zoom}
        </button>
      </fieldset>
      <ChartFrame
        title={t.loss}
        name="loss"
        explain={() =>
          explainLoss(
            all.map((r) => ({ name: r.name, run: r.run })),
            base,
          )
        }
        picture={chart(loss, t.nats, 360, log)}
        rows={() =>
          curveRows(
            names.flatMap((n) => [`${n} train`, `${n} validation`]),
            all.flatMap((r) => [curveOf(r.run, 'loss'), evalCurve(r.run, base)]),
          )
        }
        table={<LossTable session={session} />}
      >
        <LineChart title={t.lossOver} {...loss} {...shared} yLabel={t.nats} height={280} log={log} />
        <p className="help">{t.help}</p>
      </ChartFrame>
      <div className="trio">
        <ChartFrame
          title={t.gradient}
          name="gradient"
          explain={() =>
            explainGradient(
              all.map((r) => ({ name: r.name, run: r.run })),
              config.train.maxGradientNorm,
            )
          }
          picture={chart(gradient, t.gradientAxis, 300, log)}
          rows={rows('gradNorm')}
        >
          <LineChart
            title={t.gradientOver}
            {...gradient}
            {...shared}
            yLabel={t.gradientUnit}
            height={170}
            log={log}
            format={compact}
          />
        </ChartFrame>
        <ChartFrame
          title={t.rate}
          name="rate"
          explain={() => explainRate(config.train, all[0].run)}
          picture={chart(rate, t.rateAxis, 300)}
          rows={rows('learningRate')}
        >
          <LineChart title={t.rateOver} {...rate} {...shared} yLabel={t.rateUnit} height={170} format={compact} />
        </ChartFrame>
        <ChartFrame
          title={t.speed}
          name="speed"
          explain={() => explainSpeed(all.map((r) => ({ name: r.name, run: r.run })))}
          picture={chart(speed, t.speedAxis, 300, log)}
          rows={rows('speeds')}
        >
          <LineChart
            title={t.speedOver}
            {...speed}
            {...shared}
            yLabel={t.speedUnit}
            height={170}
            log={log}
            format={(v) => (v !== null && v < 10 ? fixed(v, 1) : count(v))}
          />
        </ChartFrame>
      </div>
    </div>
  );
});
