/** Losses of everything that is compared, on one axis of steps with one cursor. */
import { memo, useMemo, useState } from 'react';
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { type Curve, align, curveRows, smooth } from '../../store/curves';
import { fixed } from '../format';
import { Phrase } from '../Phrase';
import { useTexts } from '../studioContext';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { DASHES } from '../charts/Curves';
import { type CursorBus, useCursorBus } from '../charts/cursorBus';
import { LineChart } from '../charts/LineChart';
import { type Line, drawLines } from '../charts/lines';

type Range = readonly [number, number] | null;

interface Part {
  contender: Contender;
  curve: Curve;
}

/** Dashes repeat later than colours do, so that no two of sixteen look alike. */
const dashOf = ({ kind, place }: Contender): number[] | undefined =>
  kind === 'base' ? [3, 4] : DASHES[(place + 3 * Math.floor(place / 8)) % DASHES.length];

export const CompareCurves = memo(function CompareCurves({ shown }: { shown: Contender[] }) {
  const {
    charts: { line },
    compare: { curves: t },
  } = useTexts();
  const bus = useCursorBus();
  const [weight, setWeight] = useState(0);
  const [range, setRange] = useState<Range>(null);
  const validation = useMemo(
    () =>
      levelled(
        shown.flatMap((contender) => (contender.validation ? [{ contender, curve: contender.validation }] : [])),
      ),
    [shown],
  );
  const training = useMemo(
    () =>
      shown.flatMap((contender) =>
        contender.run && contender.run.final.steps > 0 ? [{ contender, curve: contender.run.curves.train }] : [],
      ),
    [shown],
  );
  if (training.length === 0) return null;
  const shared = { bus, range, onRange: setRange };
  return (
    <div className="stack tight compare-curves">
      <div className="row chart-tools">
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
            data-testid="compare-smoothing"
          />
        </label>
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

/** A base that was measured once is a level as long as the longest run. */
function levelled(parts: Part[]): Part[] {
  const end = Math.max(0, ...parts.map(({ curve }) => Number(curve.steps[curve.steps.length - 1] ?? 0)));
  return parts.map((p) => {
    const last = Number(p.curve.values[p.curve.values.length - 1]);
    return p.contender.kind === 'base' && end > 0
      ? { ...p, curve: { steps: [0, end], values: [last, last], exact: true } }
      : p;
  });
}

interface ChartProps {
  title: string;
  /** The title of the lines alone. */
  over: string;
  name: string;
  parts: Part[];
  weight: number;
  bus: CursorBus;
  range: Range;
  onRange: (range: Range) => void;
  what: string;
}

function Chart({ title, over, name, parts, weight, bus, range, onRange, what }: ChartProps) {
  const {
    charts: {
      curves: { nats },
    },
    compare: { curves: t },
  } = texts();
  const colors = useChartColors();
  const made = useMemo(
    () => ({
      lines: parts.map(
        ({ contender, curve }): Line => ({
          label: contender.name,
          color: contender.index === 0 ? colors.ink2 : colors.runs[contender.index],
          width: 2,
          dash: dashOf(contender),
          points: curve.exact && contender.kind !== 'base',
        }),
      ),
      data: align(
        parts.map((p) => smooth(p.curve, weight)),
        range,
      ),
    }),
    [parts, weight, range, colors],
  );
  const names = parts.map((p) => p.contender.name);
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
        draw: (to) => drawLines(to, { ...made, yLabel: nats, range }, { width: 720, height: 340, colors }),
      })}
    >
      <LineChart title={over} {...made} bus={bus} range={range} onZoom={onRange} yLabel={nats} height="fill" />
    </ChartFrame>
  );
}
