/** Token × module map of one text: which module applied its update for which token, or how large each update was. */
import { memo, useState } from 'react';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { Segmented } from '../bits';
import { compact, moduleName } from '../format';
import { useTexts } from '../studioContext';
import { tokenNames, tokenSigns } from '../tokenSigns';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { explainTokenMap } from './explain';
import { MapCanvas } from './MapCanvas';
import { drawMap, layOut, type MapSpec } from './mapLayout';
import { Ramp } from './Ramp';
import { ratioScale } from './ratioScale';
import type { TokenMode } from './TokenView';

type Watch = NonNullable<MetricLog['watch']>;

/** What one module did with one token, in a sentence. */
function gateSaid(watch: Watch, m: number, t: number): string {
  const i = m * watch.tokens.length + t;
  const { module, tokenMap } = texts().charts;
  const said = [
    module(watch.modules[m].layer, watch.modules[m].kind),
    tokenNames(watch)[t],
    compact(watch.ratio[i]),
  ] as const;
  if (!watch.tau) return (watch.active[i] ? tokenMap.wasActive : tokenMap.wasSkipped)(...said);
  return (watch.active[i] ? tokenMap.wasActiveAt : tokenMap.wasSkippedAt)(...said, compact(watch.tau[m]));
}

interface Props {
  watch: Watch;
  /** [modules × tokens], in nats per loss token; null where it was not measured. */
  worth: Float32Array | null;
  token: number;
  module: number;
  onSelect: (module: number, token: number) => void;
}

/** Redrawn only when the watched text has passed through again. */
export const TokenMap = memo(function TokenMap({ watch, worth, token, module, onSelect }: Props) {
  const {
    attribution: worthSaid,
    charts: { tokenMap: said, module: moduleSaid },
  } = useTexts();
  const colors = useChartColors();
  const [chosen, setMode] = useState<TokenMode>('gate');
  const mode = worth || chosen !== 'worth' ? chosen : 'gate';
  const { tokens, modules, active, ratio } = watch;
  const n = tokens.length;
  const scale = ratioScale(ratio);
  const most = worth ? worth.reduce((m, w) => Math.max(m, Math.abs(w)), 0) || 1 : 1;
  const spec: MapSpec = {
    rows: modules.map(moduleName),
    columns: tokenSigns(tokens).map((s) => s.text),
    cellHeight: modules.length > 40 ? 9 : 14,
    minCell: 11,
    maxCell: 26,
    upright: true,
    shade: (m, t) =>
      mode === 'worth'
        ? colors.worth(worth![m * n + t] / most)
        : colors.keep(mode === 'gate' ? active[m * n + t] : scale(ratio[m * n + t])),
  };
  const picture = () => {
    const layout = layOut(spec, 900);
    return {
      width: layout.width,
      height: layout.height,
      draw: (to: Parameters<typeof drawMap>[0]) => drawMap(to, spec, layout, colors),
    };
  };
  const rows = () => [
    ['module', 'token', 'text', 'active', 'r', 'tau', ...(worth ? ['nats'] : [])],
    ...modules.flatMap((m, i) =>
      tokens.map((text, t) => [
        moduleName(m),
        t,
        text,
        active[i * n + t],
        ratio[i * n + t],
        watch.tau?.[i] ?? null,
        ...(worth ? [worth[i * n + t]] : []),
      ]),
    ),
  ];
  return (
    <ChartFrame
      title={said.title(watch.step)}
      name="tokenmap"
      explain={() => explainTokenMap(n, modules.length, active)}
      picture={picture}
      rows={rows}
      tools={
        <Segmented
          label={said.colour}
          value={mode}
          onChange={setMode}
          options={[
            { value: 'gate', label: said.gate },
            { value: 'r', label: said.norm },
            ...(worth ? [{ value: 'worth' as const, label: worthSaid.mode }] : []),
          ]}
        />
      }
    >
      <MapCanvas
        {...spec}
        label={said.label}
        testId="token-map"
        describe={(m, t) =>
          mode === 'worth'
            ? worthSaid.cell(
                moduleSaid(modules[m].layer, modules[m].kind),
                tokenNames(watch)[t],
                compact(worth![m * n + t]),
              )
            : gateSaid(watch, m, t)
        }
        urgent={mode}
        selected={[module, token]}
        onSelect={onSelect}
        data={{ 'data-step': watch.step }}
      />
      {mode === 'gate' ? (
        <Ramp shade={(s) => colors.keep(s < 0.5 ? 0 : 1)} from={said.skipped} to={said.active} />
      ) : mode === 'r' ? (
        <Ramp shade={colors.keep} from={said.smallest} to={said.largest} />
      ) : (
        <Ramp shade={(s) => colors.worth(2 * s - 1)} from={worthSaid.raises} to={worthSaid.lowers} />
      )}
    </ChartFrame>
  );
});
