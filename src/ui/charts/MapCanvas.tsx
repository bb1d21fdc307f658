/**
 * A map of cells on a canvas. Pointer and arrow keys move from cell to cell, Enter or a click chooses one; what a cell
 * says stands below the map and is read out as the keys move.
 */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { texts } from '../../shared/texts';
import { useChartColors } from './chartColors';
import { cellAt, drawMap, layOut, type MapSpec, moved } from './mapLayout';
import { useDrawing } from './useDrawing';
import { useWidth } from './useWidth';

type Cell = readonly [number, number];

interface Props extends MapSpec {
  label: string;
  testId: string;
  /** What a cell says, in a sentence. */
  describe: (row: number, column: number) => string;
  /** Stands beside what a cell says. */
  legend?: ReactNode;
  selected: Cell;
  onSelect: (row: number, column: number) => void;
  /** Changes when a person asked for other data: shown without delay. */
  urgent?: unknown;
  /** For tests, and for whoever looks into the page. */
  data?: Record<`data-${string}`, string | number>;
}

export function MapCanvas(props: Props) {
  const { label, testId, describe, legend, selected, onSelect, urgent, data, rows, columns, cellHeight } = props;
  const t = texts().charts.map;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useChartColors();
  const width = useWidth(host, 480);
  const layout = layOut(props, width);
  const [active, setActive] = useState<Cell | null>(null);
  const [spoken, setSpoken] = useState('');
  useDrawing(canvas, {
    width: layout.width,
    height: layout.height,
    draw: (to) => drawMap(to, props, layout, colors),
    urgent: `${String(urgent)} ${width} ${columns.join(' ')}`,
  });
  const inside = ([r, c]: Cell) => r < rows.length && c < columns.length;
  const shown = active && inside(active) ? active : inside(selected) ? selected : null;
  const point = (event: PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    return cellAt(layout, props, event.clientX - box.left, event.clientY - box.top);
  };
  const key = (event: KeyboardEvent) => {
    const from = shown ?? [0, 0];
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSelect(from[0], from[1]);
      return;
    }
    const next = moved(event.key, from, rows.length, columns.length);
    if (!next) return;
    event.preventDefault();
    setActive(next);
    setSpoken(describe(next[0], next[1]));
    host.current?.scrollTo({ left: layout.left + layout.cell * next[1] - host.current.clientWidth / 2 });
  };
  const frame = ([r, c]: Cell) => ({
    left: layout.left + layout.cell * c - 1,
    top: layout.top + cellHeight * r - 1,
    width: layout.cell + 1,
    height: cellHeight + 1,
  });
  return (
    <div>
      {/* An application is moved by its own keys. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={host}
        className="map"
        role="application"
        aria-roledescription={t.role}
        aria-label={t.label(label)}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        data-testid={testId}
        data-left={layout.left}
        data-top={layout.top}
        data-cell={layout.cell}
        data-cell-height={cellHeight}
        {...data}
        onKeyDown={key}
        onBlur={() => setActive(null)}
      >
        <div className="map-sheet" style={{ width: layout.width, height: layout.height }}>
          <canvas
            ref={canvas}
            style={{ width: layout.width, height: layout.height }}
            aria-hidden="true"
            onPointerMove={(e) => setActive(point(e))}
            onPointerLeave={() => setActive(null)}
            onClick={(e) => {
              const at = point(e as unknown as PointerEvent);
              if (at) onSelect(at[0], at[1]);
            }}
          />
          {inside(selected) && <span className="map-frame" style={frame(selected)} />}
          {active && inside(active) && <span className="map-frame map-active" style={frame(active)} />}
        </div>
      </div>
      <div className="map-foot">
        <p className="map-note num">{shown ? describe(shown[0], shown[1]) : '\u00a0'}</p>
        {legend}
      </div>
      <p className="sr-only" aria-live="polite">
        {spoken}
      </p>
    </div>
  );
}
