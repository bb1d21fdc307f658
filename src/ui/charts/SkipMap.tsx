/** Layer × module map of the skipped share, with a slider through the run's time. */
import { useEffect, useRef } from 'react';
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import type { ModuleId } from '../../shared/types';
import type { ModuleSeries } from '../../store/metricLog';
import { moduleName, percent } from '../format';
import { say } from '../announcer';
import { Phrase } from '../Phrase';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { useCursor, useCursorBus } from './cursorBus';
import { explainSkipMap } from './explain';
import { MapCanvas } from './MapCanvas';
import { drawMap, layOut, type MapSpec } from './mapLayout';
import { Ramp } from './Ramp';
import { scrubber } from './scrubber';
import { useMedia } from './useMedia';

interface Props {
  modules: ModuleId[];
  series: ModuleSeries;
  selected: number;
  onSelect: (module: number) => void;
  /** Stands below the map in the place of its colours: why it is empty. */
  note?: string | null;
}

/** What all rows take together, and one at most, in CSS pixels. */
interface RowRoom {
  all: number;
  one: number;
}
/**
 * On a window that is enlarged, where the slider is to be seen below; on a laptop's; on one as high as two; and
 * otherwise.
 */
const LOW: RowRoom = { all: 72, one: 30 };
const MIDDLE: RowRoom = { all: 112, one: 30 };
const HIGHEST: RowRoom = { all: 320, one: 60 };
const HIGH: RowRoom = { all: 200, one: 30 };
/** Longest name of a column that is level, in characters. */
const LEVEL = 10;

/** The row that was kept last before `step`; the latest where it is null. */
function rowAt(series: ModuleSeries, step: number | null): number {
  let at = series.rows - 1;
  if (step !== null) while (at > 0 && series.steps[at] > step) at--;
  return at;
}

export function SkipMap({ modules, series, selected, onSelect, note }: Props) {
  const { charts } = texts();
  const t = charts.skipMap;
  const colors = useChartColors();
  const bus = useCursorBus();
  const step = useCursor(bus);
  const low = useMedia('(max-height: 40rem)');
  const middle = useMedia('(max-height: 52rem)');
  const highest = useMedia('(min-height: 70rem)');
  const room = low ? LOW : middle ? MIDDLE : highest ? HIGHEST : HIGH;
  const last = series.rows - 1;
  const at = rowAt(series, step);
  const values = series.row(at);
  const go = (to: number) => bus.pin(to >= last ? null : series.steps[Math.max(0, to)]);
  const slider = useRef<HTMLLabelElement>(null);
  useEffect(() =>
    scrubber.attach((to) => {
      if (!slider.current?.checkVisibility()) return false;
      const next = Math.min(last, Math.max(0, to(at, last)));
      go(next);
      say(charts.scrubbed(series.steps[next]));
      return true;
    }),
  );
  const layers = [...new Set(modules.map((m) => m.layer))].sort((a, b) => a - b);
  const kinds = [...new Set(modules.map((m) => m.kind))];
  const index = new Map(modules.map((m, i) => [`${m.layer}.${m.kind}`, i]));
  const module = (r: number, c: number) => index.get(`${layers[r]}.${kinds[c]}`);
  const spec: MapSpec = {
    rows: layers.map(String),
    columns: kinds.map(kindLabel),
    cellHeight: Math.min(room.one, Math.max(9, Math.floor(room.all / layers.length))),
    minCell: 30,
    maxCell: 72,
    // Names that would lie on one another stand.
    upright: kinds.some((kind) => kindLabel(kind).length > LEVEL),
    shade: (r, c) => {
      const m = module(r, c);
      return m === undefined ? null : colors.skip(values[m]);
    },
    text: (r, c) => String(Math.round(values[module(r, c)!] * 100)),
  };
  const describe = (r: number, c: number) => {
    const m = module(r, c);
    return m === undefined
      ? t.none(layers[r], kinds[c])
      : t.cell(charts.module(layers[r], kinds[c]), percent(values[m], 1));
  };
  const picture = () => {
    const layout = layOut(spec, 480);
    return {
      width: layout.width,
      height: layout.height,
      draw: (to: Parameters<typeof drawMap>[0]) => drawMap(to, spec, layout, colors),
    };
  };
  const rows = () => [
    ['step', ...modules.map(moduleName)],
    ...Array.from({ length: series.rows }, (_, r) => [series.steps[r], ...series.row(r)]),
  ];
  const table = (
    <table className="grid" data-testid="table-skipmap">
      <caption>{t.caption(series.steps[at])}</caption>
      <thead>
        <tr>
          <th scope="col">{t.layer}</th>
          {kinds.map((k) => (
            <th key={k} scope="col" className="num">
              {kindLabel(k)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {layers.map((layer, r) => (
          <tr key={layer}>
            <th scope="row">{layer}</th>
            {kinds.map((k, c) => {
              const m = module(r, c);
              return (
                <td key={k} className="num">
                  {m === undefined ? '–' : percent(values[m], 1)}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  const chosen = modules[selected] ?? modules[0];
  return (
    <ChartFrame
      title={t.title(series.steps[at])}
      name="skipmap"
      explain={() => explainSkipMap(modules, values, series.steps[at])}
      picture={picture}
      rows={rows}
      table={table}
    >
      <MapCanvas
        {...spec}
        label={t.label}
        testId="heatmap"
        describe={describe}
        urgent={step}
        legend={note ? <p className="help">{note}</p> : <Ramp shade={colors.skip} from={t.low} to={t.high} />}
        data={{ 'data-step': series.steps[at], 'data-selected': selected }}
        selected={[layers.indexOf(chosen.layer), kinds.indexOf(chosen.kind)]}
        onSelect={(r, c) => {
          const m = module(r, c);
          if (m !== undefined) onSelect(m);
        }}
      />
      <label ref={slider} className="slider">
        <span>
          <Phrase
            of={at === last ? charts.sliderLatest : charts.slider}
            step={<span className="num">{series.steps[at]}</span>}
          />
        </span>
        <input
          type="range"
          min={0}
          max={last}
          value={at}
          onChange={(e) => go(Number(e.target.value))}
          aria-valuetext={charts.stepAt(series.steps[at])}
          data-testid="scrub"
        />
      </label>
    </ChartFrame>
  );
}
