/** Layer × module map of the skipped share. A table of buttons: readable, hoverable, and usable by keyboard. */
import { type KeyboardEvent, useRef, useState } from 'react';
import { MODULE_KINDS } from '../../shared/config';
import type { ModuleId } from '../../shared/types';
import { percent } from '../format';
import { onRamp } from './onRamp';

interface Props {
  modules: ModuleId[];
  /** Skipped share per module, 0–1. */
  values: ArrayLike<number>;
  selected: number;
  onSelect: (module: number) => void;
}

export function HeatMap({ modules, values, selected, onSelect }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const layers = [...new Set(modules.map((m) => m.layer))].sort((a, b) => a - b);
  const kinds = MODULE_KINDS.filter((k) => modules.some((m) => m.kind === k));
  const at = (layer: number, kind: string) => modules.findIndex((m) => m.layer === layer && m.kind === kind);
  const move = (event: KeyboardEvent, layer: number, kind: number) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = at(layers[layer + step[0]], kinds[kind + step[1]]);
    if (next < 0) return;
    onSelect(next);
    table.current?.querySelector<HTMLButtonElement>(`[data-module="${next}"]`)?.focus();
  };
  const shown = hover ?? selected;
  return (
    <div className="heat">
      <table ref={table} className="heat-grid" data-testid="heatmap">
        <caption className="sr-only">Skipped share in percent by layer and module</caption>
        <thead><tr><th scope="col"><span className="sr-only">Layer</span></th>{kinds.map((k) => <th key={k} scope="col">{k}</th>)}</tr></thead>
        <tbody>
          {layers.map((layer, l) => (
            <tr key={layer}>
              <th scope="row"><span className="sr-only">layer </span>{layer}</th>
              {kinds.map((kind, k) => {
                const i = at(layer, kind);
                if (i < 0) return <td key={kind} className="heat-none">–</td>;
                const share = Math.min(1, Math.max(0, values[i] ?? 0));
                return (
                  <td key={kind}>
                    <button
                      type="button" data-module={i} data-share={share.toFixed(4)} tabIndex={i === selected ? 0 : -1} aria-pressed={i === selected}
                      aria-label={`layer ${layer}, ${kind}: ${percent(share)} skipped`} className={`heat-cell ${onRamp(share)}`}
                      style={{ backgroundColor: `color-mix(in oklab, var(--ramp-high) ${(share * 100).toFixed(1)}%, var(--ramp-low))` }}
                      onClick={() => onSelect(i)} onFocus={() => setHover(i)} onBlur={() => setHover(null)} onMouseEnter={() => setHover(i)} onMouseLeave={() => setHover(null)} onKeyDown={(e) => move(e, l, k)}
                    >{Math.round(share * 100)}</button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="heat-note num">
        {modules[shown] ? <>layer {modules[shown].layer}, {modules[shown].kind}: <strong>{percent(values[shown], 1)}</strong> skipped</> : ' '}
      </p>
      <div className="ramp" aria-hidden="true"><span>0 %</span><span className="ramp-bar" /><span>100 % skipped</span></div>
    </div>
  );
}
