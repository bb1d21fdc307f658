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
  token: number;
  module: number;
  onSelect: (module: number, token: number) => void;
}

/** Drawn anew only when the watched text has passed through again. */
export const TokenMap = memo(function TokenMap({ watch, token, module, onSelect }: Props) {
  const said = useTexts().charts.tokenMap;
  const colors = useChartColors();
  const [mode, setMode] = useState<'gate' | 'r'>('gate');
  const { tokens, modules, active, ratio } = watch;
  const n = tokens.length;
  const scale = ratioScale(ratio);
  const spec: MapSpec = {
    rows: modules.map(moduleName),
    columns: tokenSigns(tokens).map((s) => s.text),
    cellHeight: modules.length > 40 ? 9 : 14,
    minCell: 11,
    maxCell: 26,
    upright: true,
    shade: (m, t) => (mode === 'gate' ? colors.keep(active[m * n + t]) : colors.keep(scale(ratio[m * n + t]))),
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
    ['module', 'token', 'text', 'active', 'r', 'tau'],
    ...modules.flatMap((m, i) =>
      tokens.map((text, t) => [moduleName(m), t, text, active[i * n + t], ratio[i * n + t], watch.tau?.[i] ?? null]),
    ),
  ];
  return (
    <ChartFrame
      title={said.title}
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
          ]}
        />
      }
    >
      <MapCanvas
        {...spec}
        label={said.label}
        testId="token-map"
        describe={(m, t) => gateSaid(watch, m, t)}
        urgent={mode}
        selected={[module, token]}
        onSelect={onSelect}
        data={{ 'data-step': watch.step }}
      />
      {mode === 'gate' ? (
        <Ramp shade={(s) => colors.keep(s < 0.5 ? 0 : 1)} from={said.skipped} to={said.active} />
      ) : (
        <Ramp shade={colors.keep} from={said.smallest} to={said.largest} />
      )}
    </ChartFrame>
  );
});
