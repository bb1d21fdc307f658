/** Tokens of a text, or patches of a picture, shaded by how many modules keep the update for each; and one's modules in detail. */
import { type KeyboardEvent, type ReactNode, memo, useRef, useState } from 'react';
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { activePerToken } from '../../store/series';
import { Scroll, Segmented, SelectField } from '../bits';
import { compact, percent } from '../format';
import { useTexts } from '../studioContext';
import { tokenNames, tokenSigns } from '../tokenSigns';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { explainTokens } from './explain';
import { drawPatches } from './drawPatches';
import { PatchView } from './PatchView';
import { Ramp } from './Ramp';
import { makeRamp } from './ramp';
import { ratioScale } from './ratioScale';
import { tokenPicture } from './tokenPicture';

type Watch = NonNullable<MetricLog['watch']>;

interface Props {
  watch: Watch;
  token: number;
  onToken: (token: number) => void;
  /** The token under the pointer; null once it has left. */
  onPoint: (token: number | null) => void;
  /** Beside the title. */
  tools?: ReactNode;
}

/** Drawn anew only when the watched text has passed through again. */
export const TokenView = memo(function TokenView({ watch, token, onToken, onPoint, tools }: Props) {
  const { layer: layerSaid, stepAt, tokens: said, tokenMap, patches } = useTexts().charts;
  const colors = useChartColors();
  const [layer, setLayer] = useState('all');
  const [kind, setKind] = useState('all');
  const [mode, setMode] = useState<'gate' | 'r'>('gate');
  const list = useRef<HTMLFieldSetElement>(null);
  const layers = [...new Set(watch.modules.map((m) => m.layer))];
  const kinds = [...new Set(watch.modules.map((m) => m.kind))];
  const { active, ratio, modules } = activePerToken(
    watch,
    layer === 'all' ? null : Number(layer),
    kind === 'all' ? null : kind,
  );
  const { picture: watched } = watch;
  const names = tokenNames(watch);
  const scale = ratioScale(ratio);
  const shares = mode === 'gate' ? active : ratio.map(scale);
  const saidOf = (i: number) => said.token(percent(active[i]), modules, compact(ratio[i]));
  const signs = tokenSigns(watched ? [] : watch.tokens);
  const n = names.length;
  const focusable = Math.min(n - 1, token);
  const key = (event: KeyboardEvent, at: number) => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: n - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const to = Math.min(n - 1, Math.max(0, next));
    onToken(to);
    list.current?.querySelector<HTMLElement>(`[data-token="${to}"]`)?.focus();
  };
  const rows = () => [
    ['token', 'text', 'active in', 'mean r'],
    ...names.map((name, t) => [t, name, active[t], ratio[t]]),
  ];
  return (
    <ChartFrame
      title={watched ? patches.title(watched.label) : said.title}
      name="tokens"
      explain={() => [
        watched ? patches.help(watch.step, modules) : said.help(watch.step, modules),
        ...explainTokens(active, names),
      ]}
      picture={() =>
        watched
          ? drawPatches(watched, shares, colors)
          : tokenPicture(
              signs.map((s) => s.text),
              active,
              colors,
            )
      }
      rows={rows}
      tools={
        watched ? (
          <>
            <Segmented
              label={tokenMap.colour}
              value={mode}
              onChange={setMode}
              options={[
                { value: 'gate', label: tokenMap.gate },
                { value: 'r', label: tokenMap.norm },
              ]}
            />
            {tools}
          </>
        ) : (
          tools
        )
      }
      options={
        <div className="fields">
          <SelectField
            label={said.layer}
            value={layer}
            onChange={setLayer}
            options={[
              { value: 'all', label: said.allLayers },
              ...layers.map((l) => ({ value: String(l), label: layerSaid(l) })),
            ]}
          />
          <SelectField
            label={said.module}
            value={kind}
            onChange={setKind}
            options={[
              { value: 'all', label: said.allModules },
              ...kinds.map((k) => ({ value: k, label: kindLabel(k) })),
            ]}
          />
        </div>
      }
    >
      {watched && (
        <PatchView
          picture={watched}
          step={watch.step}
          shares={shares}
          describe={(i) => `${names[i]}: ${saidOf(i)}`}
          token={focusable}
          onToken={onToken}
          onPoint={onPoint}
          legend={
            <>
              <p className="map-note num muted">{stepAt(watch.step)}</p>
              <Ramp
                shade={makeRamp(colors.panel, colors.ink2)}
                from={mode === 'gate' ? said.skippedByAll : tokenMap.smallest}
                to={mode === 'gate' ? said.activeInAll : tokenMap.largest}
              />
            </>
          }
        />
      )}
      {!watched && (
        <>
          <fieldset ref={list} className="tokens" data-testid="token-view" data-step={watch.step}>
            <legend className="sr-only">{said.legend}</legend>
            {signs.map(({ text, note }, i) => {
              const shade = colors.keep(active[i]);
              return (
                <button
                  key={i}
                  type="button"
                  data-token={i}
                  tabIndex={i === focusable ? 0 : -1}
                  aria-pressed={i === focusable}
                  className="token"
                  style={{ backgroundColor: shade.fill, color: shade.ink }}
                  title={[saidOf(i), note].filter(Boolean).join('; ')}
                  onClick={() => onToken(i)}
                  onFocus={() => onToken(i)}
                  onKeyDown={(e) => key(e, i)}
                  onPointerEnter={() => onPoint(i)}
                  onPointerLeave={() => onPoint(null)}
                >
                  {text}
                </button>
              );
            })}
          </fieldset>
          <div className="map-foot">
            <p className="map-note num muted">{stepAt(watch.step)}</p>
            <Ramp shade={colors.keep} from={said.skippedByAll} to={said.activeInAll} />
          </div>
        </>
      )}
    </ChartFrame>
  );
});

/** r, τ and gate of every module for one token. */
export function TokenGates({ watch, token: wanted }: Pick<Props, 'watch' | 'token'>) {
  const t = texts().charts.tokens;
  const colors = useChartColors();
  const n = watch.tokens.length;
  const token = Math.min(n - 1, wanted);
  const name = tokenNames(watch)[token];
  const layers = [...new Set(watch.modules.map((m) => m.layer))];
  const kinds = [...new Set(watch.modules.map((m) => m.kind))];
  const index = new Map(watch.modules.map((m, i) => [`${m.layer}.${m.kind}`, i]));
  return (
    <Scroll label={t.gates}>
      <table className="grid gates" data-testid="token-gates" data-token={token}>
        <caption>{t.caption(name, watch.tau !== null)}</caption>
        <thead>
          <tr>
            <th scope="col">{t.layer}</th>
            {kinds.map((k) => (
              <th key={k} scope="col" className="num">
                {k}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer}>
              <th scope="row">{layer}</th>
              {kinds.map((k) => {
                const m = index.get(`${layer}.${k}`);
                if (m === undefined)
                  return (
                    <td key={k} className="num">
                      –
                    </td>
                  );
                const open = watch.active[m * n + token] === 1;
                const shade = colors.keep(open ? 0.3 : 0);
                return (
                  <td key={k} className="num" style={{ backgroundColor: shade.fill, color: shade.ink }}>
                    <span className="sr-only">{open ? t.activeR : t.skippedR} </span>
                    <span aria-hidden="true">{open ? '●' : '○'} </span>
                    {compact(watch.ratio[m * n + token])}
                    {watch.tau && <small> / {compact(watch.tau[m])}</small>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
