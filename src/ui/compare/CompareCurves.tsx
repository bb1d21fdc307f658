/** Losses of everything that is compared, on one axis of steps with one cursor. */
import { memo, useMemo, useState } from 'react';
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { curveRows } from '../../store/curves';
import { fixed } from '../format';
import { Smoothing } from '../charts/Smoothing';
import { useTexts } from '../studioContext';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { type CursorBus, useCursorBus } from '../charts/cursorBus';
import { LineChart } from '../charts/LineChart';
import { drawLines } from '../charts/lines';
import { lossUnit } from './words';
import { type ComparedCurve, type Range, linesOf, trainingParts, validationParts } from './curves';

export const CompareCurves = memo(function CompareCurves({ shown }: { shown: Contender[] }) {
  const {
    charts: { line },
    compare: { curves: t },
  } = useTexts();
  const bus = useCursorBus();
  const [weight, setWeight] = useState(0);
  const [range, setRange] = useState<Range>(null);
  const validation = useMemo(() => validationParts(shown), [shown]);
  const training = useMemo(() => trainingParts(shown), [shown]);
  if (training.length === 0) return null;
  const shared = { bus, range, onRange: setRange };
  return (
    <div className="stack tight compare-curves">
      <div className="row chart-tools">
        <Smoothing label={t.smoothing} weight={weight} onChange={setWeight} testId="compare-smoothing" />
        <button type="button" className="small" disabled={!range} onClick={() => setRange(null)}>
          {range ? line.zoomed(Math.round(range[0]), Math.round(range[1])) : line.zoom}
        </button>
      </div>
      <div className="split">
        <Chart
          title={t.validation}
          over={t.validationOver}
          name="compare-validation"
          parts={validation}
          weight={0}
          {...shared}
          what={t.validationWhat}
        />
        <Chart
          title={t.training}
          over={t.trainingOver}
          name="compare-training"
          parts={training}
          weight={weight}
          {...shared}
          what={t.trainingWhat}
        />
      </div>
    </div>
  );
});

interface ChartProps {
  title: string;
  /** The title of the lines alone. */
  over: string;
  name: string;
  parts: ComparedCurve[];
  weight: number;
  bus: CursorBus;
  range: Range;
  onRange: (range: Range) => void;
  what: string;
}

function Chart({ title, over, name, parts, weight, bus, range, onRange, what }: ChartProps) {
  const { curves: t } = texts().compare;
  const colors = useChartColors();
  const made = useMemo(() => linesOf(parts, { weight, range, colors }), [parts, weight, range, colors]);
  const names = parts.map((p) => p.contender.name);
  const yLabel = lossUnit(parts.map((p) => p.contender));
  const explain = () => [
    what,
    ...parts.map(({ contender, curve }) => {
      const last = curve.steps.length - 1;
      return contender.kind === 'base'
        ? t.level(contender.name, fixed(curve.values[last]))
        : t.last(contender.name, fixed(curve.values[last]), curve.steps[last]);
    }),
  ];
  return (
    <ChartFrame
      title={title}
      name={name}
      explain={explain}
      rows={() =>
        curveRows(
          names,
          parts.map((p) => p.curve),
        )
      }
      picture={() => ({
        width: 720,
        height: 340,
        draw: (to) => drawLines(to, { ...made, yLabel, range }, { width: 720, height: 340, colors }),
      })}
    >
      <LineChart title={over} {...made} bus={bus} range={range} onZoom={onRange} yLabel={yLabel} height="fill" />
    </ChartFrame>
  );
}
