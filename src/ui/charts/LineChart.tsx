/**
 * A line chart: uPlot on the page, with one cursor over all charts of a bus, a stretch to look closer by dragging, and
 * the same by keyboard. Redrawn through the page's draw queue, wherever it is laid out.
 */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { texts } from '../../shared/texts';
import { valueAt } from '../../store/curves';
import { compact, fixed, percent } from '../format';
import { useChartColors } from './chartColors';
import { type CursorBus, useCursor } from './cursorBus';
import { drawQueue } from './drawQueue';
import { type LinePlot, spread } from './lines';
import { letters } from './textWidth';
import { whenLaidOut } from './whenLaidOut';

/** Fetched with the first chart: the page stands without it. */
const library = () => import('uplot').then((module) => module.default);

type Range = readonly [number, number];

interface Props extends LinePlot {
  title: string;
  bus: CursorBus;
  /** In CSS pixels; 'fill' takes what the frame has left. */
  height?: number | 'fill';
  onZoom?: (range: Range | null) => void;
  /** How a value is said; three digits after the point unless given. */
  format?: (v: number | null) => string;
}

export function LineChart(props: Props) {
  const { title, lines, data, yLabel, bus, height = 240, log = false, share = false, range = null, onZoom } = props;
  const { planned = 0 } = props;
  const t = texts().charts.line;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef<Latest['current']>({ data, range, said: () => '' });
  const shown = useRef({ laidOut: true, stale: false });
  const colors = useChartColors();
  // As text, so that the chart is rebuilt only when its looks change, not with every render.
  const looks = JSON.stringify({ lines, xLabel: texts().charts.step, yLabel, height, log, share, planned });

  useEffect(() => {
    const before = latest.current;
    latest.current = { data, range, onZoom, said: () => said(props, bus.step) };
    if (before.data === data && before.range === range) return;
    if (shown.current.laidOut)
      drawQueue.schedule(
        shown,
        () => plot.current?.setData(latest.current.data as uPlot.AlignedData),
        before.range !== range,
      );
    else shown.current.stale = true;
  });

  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const owner = {};
    let Plot: typeof uPlot | null = null;
    let gone = false;
    let room: Room | null = null;
    // A box without a size is in a view that is not open: the chart is built when it opens, for the room it has then.
    const make = () => {
      if (gone || !Plot || box.clientWidth === 0) return;
      plot.current?.destroy();
      room = roomIn(box, height);
      plot.current = build(Plot, box, JSON.parse(looks), { latest, bus, colors, room });
    };
    // In a task of its own: building a chart costs as much as drawing the rest of a section.
    const makeSoon = () => drawQueue.schedule(owner, make, true);
    void library().then(
      (loaded) => {
        Plot = loaded;
        if (!gone) makeSoon();
      },
      (error: unknown) => console.warn('the charts could not be loaded', error),
    );
    const resize = new ResizeObserver(() => {
      if (box.clientWidth === 0) return;
      const chart = plot.current;
      const now = roomIn(box, height);
      if (!chart || now.low !== room?.low || now.narrow !== room.narrow) {
        makeSoon();
        return;
      }
      const to = { width: box.clientWidth, height: now.tall };
      if (to.width !== chart.width || to.height !== chart.height) chart.setSize(to);
    });
    resize.observe(box);
    const end = whenLaidOut(box, (laidOut) => {
      shown.current.laidOut = laidOut;
      if (!laidOut || !shown.current.stale) return;
      shown.current.stale = false;
      drawQueue.schedule(shown, () => plot.current?.setData(latest.current.data as uPlot.AlignedData), true);
    });
    const follow = bus.subscribe(() => {
      const chart = plot.current;
      if (!chart) return;
      chart.setCursor({ left: bus.step === null ? -10 : chart.valToPos(bus.step, 'x'), top: -10 }, false);
      // Said as the cursor moves, without rendering the component again for it.
      if (box !== document.activeElement || bus.step === null) return;
      box.setAttribute('aria-valuenow', String(bus.step));
      box.setAttribute('aria-valuetext', latest.current.said());
    });
    return () => {
      gone = true;
      drawQueue.cancel(owner);
      resize.disconnect();
      end();
      follow();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [looks, colors, bus, height]);

  const [x] = data;
  const first = range?.[0] ?? 0;
  const last = range?.[1] ?? x.at(-1) ?? 0;
  const filled = height === 'fill';
  const keys = (event: KeyboardEvent) => {
    const steps = x.filter((s) => s >= first && s <= last);
    if (steps.length === 0) return;
    const at =
      bus.step === null
        ? steps.length - 1
        : Math.max(
            0,
            steps.findLastIndex((s) => s <= bus.step!),
          );
    const jump = Math.max(1, Math.round(steps.length / 10));
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageDown: at - jump,
      PageUp: at + jump,
      Home: 0,
      End: steps.length - 1,
    }[event.key];
    if (to !== undefined) bus.set(steps[Math.min(steps.length - 1, Math.max(0, to))]);
    else if ((event.key === '+' || event.key === '=') && onZoom) {
      const quarter = Math.max(1, (last - first) / 4);
      onZoom([Math.max(first, steps[at] - quarter), Math.min(last, steps[at] + quarter)]);
    } else if ((event.key === '-' || event.key === '0' || event.key === 'Escape') && range && onZoom) onZoom(null);
    else return;
    event.preventDefault();
  };
  return (
    <div className={filled ? 'line-chart line-chart-fill' : 'line-chart'}>
      <Readout {...props} />
      <div
        ref={host}
        className="chart"
        style={filled ? undefined : { minHeight: height }}
        // An input of type range has no place for a chart.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="slider"
        tabIndex={0}
        aria-label={onZoom ? t.cursorZoom(title) : t.cursor(title)}
        aria-valuemin={first}
        aria-valuemax={last}
        aria-valuenow={bus.step ?? last}
        aria-valuetext={said(props, bus.step)}
        onKeyDown={keys}
        onBlur={() => bus.set(null)}
      />
    </div>
  );
}

const formatOf = ({ format, share }: Props) => format ?? (share ? (v: number | null) => percent(v, 1) : fixed);

function said(props: Props, step: number | null): string {
  const format = formatOf(props);
  const parts = props.lines.flatMap((l, i) => (l.quiet ? [] : [`${l.label} ${format(valueAt(props.data, i, step))}`]));
  return texts().charts.line.said(step ?? props.data[0].at(-1) ?? 0, parts);
}

/** The legend, above the chart and never on it: each line with its value under the cursor, or its latest. */
function Readout(props: Props) {
  const step = useCursor(props.bus);
  const format = formatOf(props);
  return (
    <ul className="readout num" data-testid="readout">
      <li className="muted">{texts().charts.stepAt(step ?? props.data[0].at(-1) ?? 0)}</li>
      {props.lines.map(
        (l, i) =>
          !l.quiet && (
            <li key={l.label}>
              <svg width="22" height="8" aria-hidden="true">
                <line
                  x1="1"
                  x2="21"
                  y1="4"
                  y2="4"
                  stroke={l.color}
                  strokeWidth={l.width}
                  strokeDasharray={l.dash?.join(' ')}
                />
                {l.points && <circle cx="11" cy="4" r="3" fill={l.color} />}
              </svg>
              {l.label} <strong>{format(valueAt(props.data, i, step))}</strong>
            </li>
          ),
      )}
    </ul>
  );
}

interface Looks extends Pick<LinePlot, 'lines' | 'yLabel'> {
  xLabel: string;
  height: number | 'fill';
  planned: number;
  log: boolean;
  share: boolean;
}

interface Latest {
  current: { data: LinePlot['data']; range: Range | null; onZoom?: (range: Range | null) => void; said: () => string };
}

/** Height of a chart whose frame has none of its own to fill, in CSS pixels. */
const WITHOUT = 110;
/** A lower one goes without the names of its axes: its title and its readout have them. */
const TALL = 240;
/** A narrower chart has no room for names at the ends of its lines; the readout above has them. */
const NARROW = 420;
/** Width of a letter of a name, in CSS pixels. */
const CHAR = 7.2;

/** What a chart has room for. */
interface Room {
  /** Height in CSS pixels. */
  tall: number;
  /** Too low for the names of its axes. */
  low: boolean;
  /** Too narrow for names at the ends of its lines. */
  narrow: boolean;
}

function roomIn(box: HTMLElement, height: Looks['height']): Room {
  const tall = height === 'fill' ? box.clientHeight || WITHOUT : height;
  return { tall, low: tall < TALL, narrow: box.clientWidth < NARROW };
}

/** Names lines where they end, right of their last value. */
function nameEnds(u: uPlot, lines: LinePlot['lines'], font: string): void {
  if (u.width < NARROW) return;
  const scale = devicePixelRatio || 1;
  const ends = lines.flatMap((line, i) => {
    const values = u.data[i + 1] as (number | null)[] | undefined;
    const at = values ? values.findLastIndex((v) => v !== null) : -1;
    const [min, max] = [u.scales.x.min ?? 0, u.scales.x.max ?? 0];
    const x = u.data[0][at];
    if (!line.end || at < 0 || x < min || x > max) return [];
    return [{ line, x: u.valToPos(x, 'x', true), y: u.valToPos(values![at]!, 'y', true) }];
  });
  const places = spread(
    ends.map((e) => e.y),
    13 * scale,
  );
  u.ctx.save();
  u.ctx.font = font.replace(/^[\d.]+px/, `${12 * scale}px`);
  u.ctx.textBaseline = 'middle';
  u.ctx.textAlign = 'left';
  ends.forEach(({ line, x }, i) => {
    u.ctx.fillStyle = line.color;
    u.ctx.fillText(line.end!, x + 8 * scale, places[i]);
  });
  u.ctx.restore();
}

/** Distances between numbers on the axis of steps. */
const WHOLE = Array.from({ length: 6 }, (_, p) => [1, 2, 5].map((m) => m * 10 ** p)).flat();

function build(
  Plot: typeof uPlot,
  box: HTMLElement,
  { lines, xLabel, yLabel, log, share, planned }: Looks,
  { latest, bus, colors, room }: { latest: Latest; bus: CursorBus; colors: { ink2: string; line: string }; room: Room },
): uPlot {
  const font = `12px ${getComputedStyle(box).fontFamily}`;
  const axis = {
    stroke: colors.ink2,
    grid: { stroke: colors.line, width: 1 },
    ticks: { stroke: colors.line, width: 1 },
    font,
    labelFont: font,
  };
  const { tall, low, narrow } = room;
  const zoomable = latest.current.onZoom !== undefined;
  const named = narrow ? [] : lines.flatMap((l) => l.end ?? []);
  const ends = Math.max(0, ...named.map((name) => letters(name) * CHAR + 10));
  // New data move uPlot's cursor too; only a pointer's moves are anybody else's business.
  let inside = false;
  const chart = new Plot(
    {
      width: Math.max(200, box.clientWidth),
      height: tall,
      padding: [null, ends > 0 ? ends : null, null, null],
      scales: {
        x: {
          time: false,
          range: (_, _min, max) =>
            (latest.current.range ? [...latest.current.range] : [0, Math.max(1, planned, max || 1)]) as [
              number,
              number,
            ],
        },
        y: share ? { range: () => [0, 1] } : log ? { distr: 3 } : {},
      },
      axes: [
        { ...axis, ...(low ? { size: 28 } : { label: xLabel, labelSize: 18, size: 34 }), incrs: WHOLE },
        {
          ...axis,
          ...(low ? { size: share ? 54 : 44 } : { label: yLabel, labelSize: 18, size: 56 }),
          space: 26,
          values: (_, ticks) => ticks.map((v) => (v === null ? '' : share ? percent(v) : compact(v))),
        },
      ],
      series: [
        {},
        ...lines.map((l) => ({
          label: l.label,
          stroke: l.color,
          width: l.width,
          dash: l.dash,
          spanGaps: true,
          points: l.points ? { show: true, size: 7, fill: l.color } : { show: false },
        })),
      ],
      legend: { show: false },
      cursor: { y: false, drag: { x: zoomable, y: false, setScale: false, dist: 6 } },
      hooks: {
        draw: [(u) => nameEnds(u, lines, font)],
        setCursor: [
          (u) => {
            const { idx, left } = u.cursor;
            if (inside && left !== undefined && left >= 0 && idx !== null && idx !== undefined) bus.set(u.data[0][idx]);
          },
        ],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            if (width < 6) return;
            const range: Range = [Math.round(u.posToVal(left, 'x')), Math.round(u.posToVal(left + width, 'x'))];
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            if (range[1] > range[0]) latest.current.onZoom?.(range);
          },
        ],
      },
    },
    latest.current.data as uPlot.AlignedData,
    box,
  );
  chart.over.addEventListener('mouseenter', () => {
    inside = true;
  });
  chart.over.addEventListener('mouseleave', () => {
    inside = false;
    bus.set(null);
  });
  // A press without a drag selects the step.
  chart.over.addEventListener('click', () => {
    if (bus.step !== null && chart.select.width === 0) bus.pin(bus.step);
  });
  // uPlot's own answer to a double click is to show all. The two clicks that come first have selected a step.
  chart.over.addEventListener('dblclick', () => {
    if (!zoomable) return;
    bus.pin(null);
    latest.current.onZoom?.(null);
  });
  return chart;
}
