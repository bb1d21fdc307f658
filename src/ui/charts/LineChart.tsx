/** A uPlot line chart that follows theme and width. Redrawn only when its data object changes. */
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { fixed, percent } from '../format';

export interface LineSpec {
  label: string;
  /** A CSS custom property with the colour, `--run-1`. */
  color: string;
  width?: number;
  dash?: number[];
  /** Draw a dot at every value, and connect over gaps. */
  points?: boolean;
}

interface Looks {
  lines: LineSpec[];
  yLabel: string;
  height: number;
  share: boolean;
}

interface Props {
  /** What the picture shows, for those who do not see it. */
  title: string;
  lines: LineSpec[];
  /** x first, then one array per line; null where a line has no value. */
  data: uPlot.AlignedData;
  yLabel: string;
  height?: number;
  /** y is a share: 0 to 1, shown in percent. */
  share?: boolean;
}

export function LineChart({ title, lines, data, yLabel, height = 280, share = false }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  const theme = useTheme();
  // As text, so that the chart is built anew only when its looks change, not with every render.
  const looks = JSON.stringify({ lines, yLabel, height, share } satisfies Looks);

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
    showLast(plot.current);
  }, [data]);

  useEffect(() => {
    const box = host.current;
    if (!box) return;
    // In a task of its own: building a chart costs as much as drawing the rest of a section.
    const timer = setTimeout(() => { plot.current = build(box, JSON.parse(looks) as Looks, latest.current); });
    const observer = new ResizeObserver(() => {
      const chart = plot.current;
      if (chart && box.clientWidth > 0 && box.clientWidth !== chart.width) chart.setSize({ width: box.clientWidth, height: chart.height });
    });
    observer.observe(box);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // The theme is not read here, but the colours that it sets are.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [looks, theme]);

  return <figure className="chart" ref={host} aria-label={title} />;
}

function build(box: HTMLElement, { lines, yLabel, height, share }: Looks, data: uPlot.AlignedData): uPlot {
  const css = getComputedStyle(box);
  // A canvas wants plain colours: let CSS work out light-dark() first.
  const color = (name: string) => {
    box.style.color = `var(${name})`;
    return css.color;
  };
  const font = `12px ${css.fontFamily}`;
  const axis = { stroke: color('--ink-2'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 }, font, labelFont: font };
  const series = lines.map((l) => ({
    label: l.label,
    stroke: color(l.color),
    width: l.width ?? 1.5,
    dash: l.dash,
    spanGaps: true,
    points: l.points ? { show: true, size: 7, fill: color(l.color) } : { show: false },
    value: (_: uPlot, v: number | null) => (share ? percent(v) : fixed(v)),
  }));
  box.style.color = '';
  const chart = new uPlot({
    width: Math.max(200, box.clientWidth),
    height,
    scales: { x: { time: false }, y: share ? { range: () => [0, 1] } : {} },
    axes: [
      { ...axis, label: 'step', labelSize: 18, size: 34 },
      { ...axis, label: yLabel, labelSize: 18, size: 52, values: share ? (_, ticks) => ticks.map((v) => percent(v)) : undefined },
    ],
    series: [{ label: 'step' }, ...series],
    legend: { show: true, live: true },
    cursor: { drag: { x: false, y: false } },
  }, data, box);
  showLast(chart);
  return chart;
}

/** Without a pointer over the chart, the legend shows the latest values. */
function showLast(chart: uPlot | null): void {
  if (chart && (chart.cursor.left ?? -1) < 0 && chart.data[0].length > 0) chart.setLegend({ idx: chart.data[0].length - 1 });
}

/** Counts up whenever the colours in use change, by system or by hand. */
function useTheme(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const bump = () => setVersion((v) => v + 1);
    const media = matchMedia('(prefers-color-scheme: dark)');
    media.addEventListener('change', bump);
    const observer = new MutationObserver(bump);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      media.removeEventListener('change', bump);
      observer.disconnect();
    };
  }, []);
  return version;
}
