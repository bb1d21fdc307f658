/** How long the examples are, in tokens, and where the context ends. */
import { useRef } from 'react';
import type { PrepareReport } from '../shared/data';
import { texts } from '../shared/texts';
import { Scroll, TableBehind } from './bits';
import { useWidth } from './charts/useWidth';
import { count } from './format';

const H = 150;
const BASE = H - 24;

export function DataLengths({ lengths: { width, counts, limit } }: { lengths: PrepareReport['lengths'] }) {
  const host = useRef<HTMLElement>(null);
  const W = useWidth(host, 480);
  const t = texts().data.lengths;
  const last = counts.length - 1;
  const used = counts.findLastIndex((n) => n > 0);
  // Short examples should not lie in a corner: bins beyond both the longest and the limit are not drawn.
  const limitBin = limit / width;
  const shown = Math.min(last + 1, Math.max(used + 1, Math.ceil(limitBin) + 1));
  const most = Math.max(1, ...counts);
  const x = (bin: number) => 8 + (bin / shown) * (W - 16);
  const range = (b: number) => (b === last ? t.above(b * width) : t.range(b * width + 1, (b + 1) * width));
  const ticks = [...Array(shown + 1).keys()].filter(
    (b) => b % Math.max(1, Math.ceil(shown / Math.max(2, Math.floor(W / 70)))) === 0,
  );
  const label = t.label(limit);
  const left = limitBin > shown / 2;
  return (
    <figure className="hist" ref={host} data-testid="data-lengths">
      <svg width={W} height={H} viewBox={`0 0 ${W} ${H}`}>
        <title>{label}</title>
        {counts.slice(0, shown).map(
          (n, b) =>
            n > 0 && (
              <rect
                key={b}
                x={x(b) + 0.5}
                width={Math.max(1, x(b + 1) - x(b) - 1)}
                y={BASE - Math.max(1, (n / most) * (BASE - 20))}
                height={Math.max(1, (n / most) * (BASE - 20))}
                className={b >= limitBin ? 'bar-skipped' : 'bar-kept'}
              >
                <title>{t.bar(range(b), count(n))}</title>
              </rect>
            ),
        )}
        <line x1={8} x2={W - 8} y1={BASE} y2={BASE} className="axis" />
        {ticks.map((b) => (
          <text key={b} x={x(b)} y={H - 8} textAnchor={b === 0 ? 'start' : 'middle'} className="tick">
            {b * width}
          </text>
        ))}
        <line x1={x(limitBin)} x2={x(limitBin)} y1={4} y2={BASE} className="tau" />
        <text x={x(limitBin) + (left ? -6 : 6)} y={14} textAnchor={left ? 'end' : 'start'} className="tau-label">
          {t.limit(limit)}
        </text>
      </svg>
      <figcaption className="help">{t.caption}</figcaption>
      <TableBehind summary={texts().common.asTable}>
        {() => (
          <Scroll label={label}>
            <table className="grid">
              <thead>
                <tr>
                  <th scope="col">{t.tokens}</th>
                  <th scope="col" className="num">
                    {t.examples}
                  </th>
                </tr>
              </thead>
              <tbody>
                {counts.map(
                  (n, b) =>
                    n > 0 && (
                      <tr key={b}>
                        <th scope="row" className="num">
                          {range(b)}
                        </th>
                        <td className="num">{count(n)}</td>
                      </tr>
                    ),
                )}
              </tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </figure>
  );
}
