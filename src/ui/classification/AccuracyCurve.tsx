/** Accuracy of all runs of a session at every evaluation, with the base model's as a line. */
import { memo, useMemo } from 'react';
import { accuracyCurve, align, curveRows } from '../../store/curves';
import type { SessionView } from '../../store/slices';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import type { Look } from '../charts/Curves';
import { useCursorBus } from '../charts/cursorBus';
import { LineChart } from '../charts/LineChart';
import { BASE_DASH, type Line, dashOfRun, drawLines } from '../charts/lines';
import { percent } from '../format';
import { useTexts } from '../studioContext';

const SIZE = { width: 720, height: 300 };

export const AccuracyCurve = memo(function AccuracyCurve({
  session,
  version,
  look: { range, hidden },
  onLook,
}: {
  session: SessionView;
  /** Counts up when the metricLogs have grown. */
  version: number;
  look: Look;
  onLook: (patch: Partial<Look>) => void;
}) {
  const {
    classification: { curve: t, ofAll },
    charts: { curves },
  } = useTexts();
  const colors = useChartColors();
  const bus = useCursorBus();
  const base = session.metricLogs.get('base');
  const runs = session.config.runs.map((r, i) => ({ ...r, index: i + 1, metricLog: session.metricLogs.get(r.id)! }));
  const shown = runs.filter((r) => !hidden.has(r.id));
  const made = useMemo(() => {
    const lines = shown.map(
      ({ name, index }): Line => ({
        label: name,
        end: name,
        color: colors.runs[index],
        width: 2,
        dash: dashOfRun(index - 1),
        points: true,
      }),
    );
    const data = align(
      shown.map(({ metricLog }) => accuracyCurve(metricLog, base)),
      range,
    );
    const level = base?.accuracy.at(-1);
    if (level && data[0].length > 0) {
      lines.push({ label: curves.base, end: curves.base, color: colors.ink2, width: 1.5, dash: BASE_DASH });
      data.push(data[0].map(() => level.right / level.examples));
    }
    return { lines, data };
    // The metricLogs grow in place: the version says when.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, session, colors, range, hidden, curves]);
  const planned = session.config.train.steps;
  const explain = () => [
    t.what,
    ...[{ name: curves.base, metricLog: base }, ...runs].flatMap(({ name, metricLog }) => {
      const last = metricLog?.accuracy.at(-1);
      if (!last) return [];
      const { right, examples, step } = last;
      return [t.last(name, percent(right / examples, 1), ofAll(right, examples), step)];
    }),
  ];
  return (
    <ChartFrame
      title={t.title}
      name="accuracy"
      explain={explain}
      picture={() => ({
        ...SIZE,
        draw: (to) => drawLines(to, { ...made, yLabel: t.axis, share: true, range, planned }, { ...SIZE, colors }),
      })}
      rows={() =>
        curveRows(
          runs.map((r) => r.name),
          runs.map((r) => accuracyCurve(r.metricLog, base)),
        )
      }
    >
      <LineChart
        title={t.over}
        {...made}
        bus={bus}
        range={range}
        onZoom={(next) => onLook({ range: next })}
        yLabel={t.axis}
        share
        height={170}
        planned={planned}
      />
    </ChartFrame>
  );
});
