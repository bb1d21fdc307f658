/** Losses of everything that is compared, on one axis of steps with one cursor. */
import { memo, useMemo, useState } from 'react';
import type { Contender } from '../../store/compare/contenders';
import { type Curve, align, curveRows, smooth } from '../../store/curves';
import { fixed } from '../format';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { DASHES } from '../charts/Curves';
import { CursorBus } from '../charts/cursorBus';
import { LineChart } from '../charts/LineChart';
import { type Line, drawLines } from '../charts/lines';

const Y_LABEL = 'loss, nats per token';

type Range = readonly [number, number] | null;

interface Part {
  contender: Contender;
  curve: Curve;
}

/** Dashes repeat later than colours do, so that no two of sixteen look alike. */
const dashOf = ({ kind, place }: Contender): number[] | undefined => (kind === 'base' ? [3, 4] : DASHES[(place + 3 * Math.floor(place / 8)) % DASHES.length]);

export const CompareCurves = memo(function CompareCurves({ shown }: { shown: Contender[] }) {
  const [bus] = useState(() => new CursorBus());
  const [weight, setWeight] = useState(0);
  const [range, setRange] = useState<Range>(null);
  const heldOut = useMemo(() => levelled(shown.flatMap((contender) => (contender.heldOut ? [{ contender, curve: contender.heldOut }] : []))), [shown]);
  const training = useMemo(() => shown.flatMap((contender) => (contender.run && contender.run.final.steps > 0 ? [{ contender, curve: contender.run.curves.train }] : [])), [shown]);
  if (training.length === 0) return null;
  const shared = { bus, range, onRange: setRange };
  return (
    <div className="stack">
      <div className="row chart-tools">
        <label className="slider smoothing"><span>Smoothing of the training loss <span className="num">{weight.toFixed(2)}</span></span><input type="range" min={0} max={0.98} step={0.02} value={weight} onChange={(e) => setWeight(Number(e.target.value))} data-testid="compare-smoothing" /></label>
        <button type="button" className="small" disabled={!range} onClick={() => setRange(null)}>{range ? `Steps ${Math.round(range[0])}–${Math.round(range[1])}: show all` : 'Drag over a chart to look closer'}</button>
      </div>
      <div className="split">
        <Chart title="Held-out loss" name="compare-heldout" parts={heldOut} weight={0} {...shared} what="Loss on examples that no run learns, at each measurement; every run begins as the base. Where the held-out texts are not the same, only the shapes of the lines can be compared." />
        <Chart title="Training loss" name="compare-training" parts={training} weight={weight} {...shared} what="Loss on the batch just learnt from. Runs with the same seed and data see the same batches in the same order, so their lines move together." />
      </div>
    </div>
  );
});

/** A base that was measured once is a level as long as the longest run. */
function levelled(parts: Part[]): Part[] {
  const end = Math.max(0, ...parts.map(({ curve }) => Number(curve.steps[curve.steps.length - 1] ?? 0)));
  return parts.map((p) => {
    const last = Number(p.curve.values[p.curve.values.length - 1]);
    return p.contender.kind === 'base' && end > 0 ? { ...p, curve: { steps: [0, end], values: [last, last], exact: true } } : p;
  });
}

function Chart({ title, name, parts, weight, bus, range, onRange, what }: { title: string; name: string; parts: Part[]; weight: number; bus: CursorBus; range: Range; onRange: (range: Range) => void; what: string }) {
  const colors = useChartColors();
  const made = useMemo(() => ({
    lines: parts.map(({ contender, curve }): Line => ({ label: contender.name, color: contender.index === 0 ? colors.ink2 : colors.runs[contender.index], width: 2, dash: dashOf(contender), points: curve.exact && contender.kind !== 'base' })),
    data: align(parts.map((p) => smooth(p.curve, weight)), range),
  }), [parts, weight, range, colors]);
  const names = parts.map((p) => p.contender.name);
  const explain = () => [what, ...parts.map(({ contender, curve }) => {
    const last = curve.steps.length - 1;
    return contender.kind === 'base' ? `${contender.name} stays at ${fixed(curve.values[last])}.` : `${contender.name}: ${fixed(curve.values[last])} at step ${curve.steps[last]}.`;
  })];
  return (
    <ChartFrame
      title={title} name={name} explain={explain} rows={() => curveRows(names, parts.map((p) => p.curve))}
      picture={() => ({ width: 720, height: 340, draw: (to) => drawLines(to, 720, 340, { ...made, yLabel: Y_LABEL, range }, colors) })}
    >
      <LineChart title={`${title} of all that are compared, over steps`} {...made} bus={bus} range={range} onZoom={onRange} yLabel={Y_LABEL} height={240} />
    </ChartFrame>
  );
}
