/** How large a module's updates are, token by token, and where the threshold cuts. */
import { useRef } from 'react';
import { ratioEdge } from '../../shared/ratio';
import { type GateStats, RATIO_BINS } from '../../shared/types';
import { Scroll, TableBehind } from '../bits';
import { compact, count } from '../format';
import { binAt } from './binAt';
import { useWidth } from './useWidth';

const H = 170;
const BASE = H - 26;

export function RatioHistogram({ gate, module, name }: { gate: GateStats; module: number; name: string }) {
  const host = useRef<HTMLElement>(null);
  const W = useWidth(host, 640);
  const bins = gate.histogram.subarray(module * RATIO_BINS, (module + 1) * RATIO_BINS);
  const tau = gate.tau[module];
  const used = [...bins.keys()].filter((b) => bins[b] > 0);
  if (used.length === 0) return <figure className="hist" ref={host}><p className="muted">No tokens counted yet.</p></figure>;
  const tauBin = binAt(tau);
  const from = Math.max(0, Math.min(used[0], Math.floor(tauBin)) - 1);
  const to = Math.min(RATIO_BINS, Math.max(used.at(-1)!, Math.floor(tauBin)) + 2);
  const most = Math.max(...bins);
  const x = (bin: number) => 8 + ((bin - from) / (to - from)) * (W - 16);
  const ticks = [...Array(to - from + 1).keys()].map((i) => i + from).filter((b) => b % ((to - from) * 15 > W ? 8 : 4) === 0);
  const label = `Sizes of the updates r in ${name}; threshold τ = ${compact(tau)}`;
  return (
    <figure className="hist" ref={host}>
      <svg width={W} height={H} viewBox={`0 0 ${W} ${H}`} data-testid="ratio-histogram">
        <title>{label}</title>
        {used.map((b) => {
          const h = Math.max(1, (bins[b] / most) * (BASE - 16));
          return (
            <rect key={b} x={x(b) + 0.5} width={Math.max(1, x(b + 1) - x(b) - 1)} y={BASE - h} height={h} className={ratioEdge(b + 1) <= tau ? 'bar-skipped' : 'bar-kept'}>
              <title>{`${compact(ratioEdge(b))} to ${compact(ratioEdge(b + 1))}: ${count(bins[b])} tokens`}</title>
            </rect>
          );
        })}
        <line x1={8} x2={W - 8} y1={BASE} y2={BASE} className="axis" />
        {ticks.map((b) => <text key={b} x={x(b)} y={H - 8} textAnchor="middle" className="tick">{compact(ratioEdge(b))}</text>)}
        <line x1={x(tauBin)} x2={x(tauBin)} y1={4} y2={BASE} className="tau" />
        <text x={x(tauBin) + (tauBin > (from + to) / 2 ? -6 : 6)} y={14} textAnchor={tauBin > (from + to) / 2 ? 'end' : 'start'} className="tau-label">τ {compact(tau)}</text>
      </svg>
      <figcaption className="help">r: size of the update against the layer’s own output, per token (log scale). Left of τ the update is skipped.</figcaption>
      <TableBehind summary="As a table">
        {() => (
          <Scroll label={label}>
            <table className="grid">
              <thead><tr><th scope="col">r from</th><th scope="col">to</th><th scope="col" className="num">tokens</th></tr></thead>
              <tbody>{used.map((b) => <tr key={b}><td className="num">{compact(ratioEdge(b))}</td><td className="num">{compact(ratioEdge(b + 1))}</td><td className="num">{count(bins[b])}</td></tr>)}</tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </figure>
  );
}
