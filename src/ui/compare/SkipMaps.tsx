/**
 * Layer × module maps of what the gated runs skip, beside one another at the same step and in the same colours; below,
 * where they differ.
 */
import { memo, useState } from 'react';
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import { type SkipMapAt, type SkipRun, differenceMap, gridOf, mapAt, spanOf, stepsOf } from '../../store/compare/skips';
import { RunMark, Scroll } from '../bits';
import { kindLabel } from '../../shared/settings/names';
import { fixed, percent, signed } from '../format';
import { Phrase } from '../Phrase';
import { useTexts } from '../studioContext';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { MapCanvas } from '../charts/MapCanvas';
import { drawMap, layOut, type MapSpec } from '../charts/mapLayout';
import { Ramp } from '../charts/Ramp';
import { type Surface, shifted } from '../charts/surface';

interface Gated extends SkipRun {
  contender: Contender;
}

export const SkipMaps = memo(function SkipMaps({
  shown,
  reference,
}: {
  shown: Contender[];
  reference: Contender | null;
}) {
  const t = useTexts().compare.skips;
  const gated = shown.flatMap((contender): Gated[] => {
    const metricLog = contender.run?.metricLog;
    return metricLog?.skipped && metricLog.skipped.rows > 0 && metricLog.modules.length === metricLog.skipped.modules
      ? [{ contender, modules: metricLog.modules, series: metricLog.skipped }]
      : [];
  });
  if (gated.length === 0) return null;
  if (gated.length === 1) return <p className="muted">{t.only(gated[0].contender.name)}</p>;
  const against = gated.find((g) => g.contender === reference) ?? gated[0];
  return <Maps gated={gated} against={against} />;
});

interface Sheet {
  contender: Contender;
  title: string;
  at: SkipMapAt;
  cells: (number | null)[][];
}

function Maps({ gated, against }: { gated: Gated[]; against: Gated }) {
  const {
    charts,
    compare: { points, skips: t },
  } = texts();
  const colors = useChartColors();
  const [place, setPlace] = useState<number | null>(null);
  const [selected, setSelected] = useState<readonly [number, number]>([0, 0]);
  const grid = gridOf(gated);
  const steps = stepsOf(gated);
  const last = steps.length - 1;
  const at = place === null || place >= last ? last : place;
  const step = steps[at];
  const maps = gated.map((g): Sheet => {
    const map = mapAt(g, grid, step);
    return { contender: g.contender, title: g.contender.name, at: map, cells: map.cells };
  });
  const base = maps[gated.indexOf(against)];
  const differences = maps
    .filter((m) => m !== base)
    .map(
      (m): Sheet => ({
        ...m,
        title: t.minus(m.contender.name, against.contender.name),
        cells: differenceMap(m.cells, base.cells),
      }),
    );
  const span = spanOf(differences.map((d) => d.cells));
  const sheet = {
    rows: grid.layers.map(String),
    columns: grid.kinds.map(kindLabel),
    cellHeight: grid.layers.length > 16 ? 18 : 28,
    minCell: 26,
    maxCell: 64,
  };
  const share = ({ cells }: Sheet): MapSpec => ({
    ...sheet,
    shade: (r, c) => (cells[r][c] === null ? null : colors.skip(cells[r][c]!)),
    text: (r, c) => String(Math.round(cells[r][c]! * 100)),
  });
  const shift = ({ cells }: Sheet): MapSpec => ({
    ...sheet,
    shade: (r, c) => {
      const d = cells[r][c];
      return d === null ? null : (d < 0 ? colors.less : colors.skip)(Math.abs(d) / span);
    },
    text: (r, c) => {
      const d = Math.round(cells[r][c]! * 100);
      return d === 0 ? '0' : signed(d, 0);
    },
  });
  const cell = (r: number, c: number) => charts.module(grid.layers[r], grid.kinds[c]);
  const missing = (r: number, c: number) => t.missing(cell(r, c));
  const describe = (s: Sheet) => (r: number, c: number) =>
    s.cells[r][c] === null ? missing(r, c) : t.cell(cell(r, c), percent(s.cells[r][c], 1), s.at.step);
  const describeShift = (s: Sheet) => (r: number, c: number) =>
    s.cells[r][c] === null ? missing(r, c) : t.shift(cell(r, c), signed(s.cells[r][c]! * 100, 1));
  const all = [
    ...maps.map((m) => ({ ...m, spec: share(m), describe: describe(m) })),
    ...differences.map((d) => ({ ...d, spec: shift(d), describe: describeShift(d) })),
  ];
  const picture = () => {
    const layouts = all.map((s) => layOut(s.spec, 420));
    const height = Math.max(...layouts.map((l) => l.height)) + 40;
    const width = Math.max(...layouts.map((l) => l.width)) + 24;
    const columns = maps.length;
    return {
      width: width * columns,
      height: height * Math.ceil(all.length / columns),
      draw: (to: Surface) =>
        all.forEach((s, i) => {
          const part = shifted(to, width * (i % columns), height * Math.floor(i / columns));
          part.text(0, 8, s.title, { fill: colors.ink, bold: true });
          drawMap(shifted(part, 0, 22), s.spec, layouts[i], colors);
        }),
    };
  };
  const lines = grid.layers.flatMap((layer, r) =>
    grid.kinds.map((kind, c) => ({
      name: `${layer}.${kind}`,
      shares: maps.map((m) => m.cells[r][c]),
      shifts: differences.map((d) => d.cells[r][c]),
    })),
  );
  const head = [...maps.map((m) => t.atStep(m.title, m.at.step)), ...differences.map((d) => d.title)];
  const columns = [
    'module',
    ...maps.map((m) => `${m.title}, step ${m.at.step}`),
    ...differences.map((d) => `${d.contender.name} minus ${against.contender.name}`),
  ];
  const rows = () => [columns, ...lines.map((l) => [l.name, ...l.shares, ...l.shifts])];
  const mean = (cells: Sheet['cells']) => {
    const known = cells.flat().filter((v) => v !== null);
    return known.reduce((a, b) => a + b, 0) / Math.max(1, known.length);
  };
  return (
    <ChartFrame
      title={t.title(step)}
      name="skipcompare"
      picture={picture}
      rows={rows}
      table={<Table head={head} lines={lines} step={step} />}
      explain={() => [t.what, ...maps.map((m) => t.mean(m.title, percent(mean(m.cells), 1), m.at.step)), t.differences]}
    >
      <div className="trio">
        {all.map((s, i) => (
          <div key={s.title} className="stack tight">
            <h4>
              <RunMark index={s.contender.index} />
              {s.title}
              {i < maps.length && s.at.step !== step && <span className="muted num"> {t.ownStep(s.at.step)}</span>}
            </h4>
            <MapCanvas
              {...s.spec}
              label={s.title}
              testId={i < maps.length ? `skips-${s.contender.key}` : `shift-${s.contender.key}`}
              describe={s.describe}
              urgent={place}
              data={{ 'data-step': s.at.step }}
              selected={selected}
              onSelect={(r, c) => setSelected([r, c])}
            />
          </div>
        ))}
      </div>
      <div className="row ramps">
        <Ramp shade={colors.skip} from={charts.skipMap.low} to={charts.skipMap.high} />
        <Ramp
          shade={(v) => (v < 0.5 ? colors.less(1 - 2 * v) : colors.skip(2 * v - 1))}
          from={points(`−${fixed(span * 100, 0)}`)}
          to={points(`+${fixed(span * 100, 0)}`)}
        />
      </div>
      <label className="slider">
        <span>
          <Phrase of={at === last ? charts.sliderLatest : charts.slider} step={<span className="num">{step}</span>} />
        </span>
        <input
          type="range"
          min={0}
          max={last}
          value={at}
          onChange={(e) => setPlace(Number(e.target.value) >= last ? null : Number(e.target.value))}
          aria-valuetext={charts.stepAt(step)}
          data-testid="compare-scrub"
        />
      </label>
    </ChartFrame>
  );
}

function Table({
  head,
  lines,
  step,
}: {
  head: string[];
  lines: { name: string; shares: SkipMapAt['cells'][number]; shifts: SkipMapAt['cells'][number] }[];
  step: number;
}) {
  const {
    charts,
    compare: { skips: t },
  } = texts();
  return (
    <Scroll label={t.table}>
      <table className="grid" data-testid="table-skipcompare">
        <caption>{t.caption(step)}</caption>
        <thead>
          <tr>
            <th scope="col">{charts.column.module}</th>
            {head.map((h) => (
              <th key={h} scope="col" className="num">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((l) => (
            <tr key={l.name}>
              <th scope="row">{l.name}</th>
              {l.shares.map((v, i) => (
                <td key={`s${i}`} className="num">
                  {percent(v, 1)}
                </td>
              ))}
              {l.shifts.map((v, i) => (
                <td key={`d${i}`} className="num">
                  {v === null ? '–' : signed(v * 100, 1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
