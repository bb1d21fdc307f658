/** How large a module's updates are, token by token, and where the gate cuts; beside it the rest of its layer. */
import { useRef } from 'react';
import { ratioEdge } from '../../shared/ratio';
import { texts } from '../../shared/texts';
import { type GateStats, type ModuleId, RATIO_BINS } from '../../shared/types';
import { compact, moduleName } from '../format';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import type { Cuts } from './cuts';
import { explainHistogram } from './explain';
import { binSpan, drawHistogram } from './histogram';
import type { Surface } from './surface';
import { useDrawing } from './useDrawing';
import { useWidth } from './useWidth';

const TALL = 200;
const SMALL = 92;
const PER_ROW = 4;

interface Props {
  gate: GateStats;
  cuts: Cuts | null;
  modules: ModuleId[];
  module: number;
}

export function RatioHistogram({ gate, cuts, modules, module }: Props) {
  const { module: moduleSaid, cut, histogram: t } = texts().charts;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useChartColors();
  const width = useWidth(host, 640);
  const bins = (m: number) => gate.histogram.subarray(m * RATIO_BINS, (m + 1) * RATIO_BINS);
  const layer = modules.map((_, i) => i).filter((i) => modules[i].layer === modules[module].layer && i !== module);
  const shown = [module, ...layer];
  const span = binSpan(shown.map(bins), cuts ? shown.map((m) => cuts.at[m]) : []);
  const cutOf = (m: number) => cuts && { name: cut[cuts.name], at: cuts.at[m] };
  const said = (m: number) => cuts && `${cut[cuts.name]} ${compact(cuts.at[m])}`;
  const name = moduleSaid(modules[module].layer, modules[module].kind);
  const perRow = width < 480 ? 2 : PER_ROW;
  const heightFor = (columns: number) => TALL + SMALL * Math.ceil(layer.length / columns) + (layer.length > 0 ? 20 : 0);
  const draw = (to: Surface, w: number, columns: number) => {
    drawHistogram(
      to,
      bins(module),
      { x: 8, y: 0, width: w - 16, height: TALL, span, detailed: true },
      { cut: cutOf(module), colors },
    );
    if (layer.length > 0) to.text(8, TALL + 8, t.rest(modules[module].layer), { fill: colors.ink2, size: 11 });
    layer.forEach((m, i) => {
      const cell = (w - 16) / columns;
      drawHistogram(
        to,
        bins(m),
        {
          x: 8 + cell * (i % columns),
          y: TALL + 20 + SMALL * Math.floor(i / columns),
          width: cell - 10,
          height: SMALL,
          span,
          title: t.small(modules[m].kind, said(m)),
        },
        { cut: cutOf(m), colors },
      );
    });
  };
  const height = heightFor(perRow);
  useDrawing(canvas, { width, height, draw: (to) => draw(to, width, perRow), urgent: `${module} ${width}` });
  const rows = () => [
    ['module', cuts?.name ?? 'tau', 'r from', 'r to', 'tokens'],
    ...modules.flatMap((m, i) =>
      [...bins(i)].flatMap((n, b) =>
        n > 0 && (i === module || layer.includes(i))
          ? [[moduleName(m), cuts?.at[i] ?? null, ratioEdge(b), ratioEdge(b + 1), n]]
          : [],
      ),
    ),
  ];
  return (
    <ChartFrame
      title={t.title(name)}
      name="histogram"
      explain={() => explainHistogram(gate, cuts, module, name)}
      rows={rows}
      picture={() => ({ width: 720, height: heightFor(PER_ROW), draw: (to) => draw(to, 720, PER_ROW) })}
    >
      <div ref={host}>
        <canvas
          ref={canvas}
          style={{ width, height }}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="img"
          aria-label={t.said(name, said(module))}
          data-testid="ratio-histogram"
        />
      </div>
      <p className="help">{t.help[cuts?.name ?? 'none']}</p>
    </ChartFrame>
  );
}
