/**
 * Tokens of a text, or patches of a picture, shaded by how many modules keep the update for each, by r, or by what
 * their updates are worth; and one's modules in detail.
 */
import { type KeyboardEvent, type ReactNode, memo, useRef, useState } from 'react';
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import type { MetricLog } from '../../store/metricLog';
import { activePerToken, worthPerToken } from '../../store/series';
import { Scroll, Segmented, SelectField } from '../bits';
import { compact, percent } from '../format';
import { useTexts } from '../studioContext';
import { tokenNames, tokenSigns } from '../tokenSigns';
import { ChartFrame } from './ChartFrame';
import { useChartColors } from './chartColors';
import { explainTokens } from './explain';
import { drawPatches } from './drawPatches';
import { useFalling } from './falling';
import { PatchView } from './PatchView';
import { Ramp } from './Ramp';
import { makeRamp } from './ramp';
import { ratioScale } from './ratioScale';
import { tokenPicture } from './tokenPicture';

type Watch = NonNullable<MetricLog['watch']>;

/** What the colours show. */
export type TokenMode = 'gate' | 'r' | 'worth';

interface Props {
  watch: Watch;
  /** [modules × tokens], in nats per loss token; null where it was not measured. */
  worth: Float32Array | null;
  modes: readonly TokenMode[];
  mode: TokenMode;
  onMode: (mode: TokenMode) => void;
  token: number;
  onToken: (token: number) => void;
  /** The token under the pointer; null once it has left. */
  onPoint: (token: number | null) => void;
  /** Beside the title, and below it. */
  tools?: ReactNode;
  head?: ReactNode;
}

/** Redrawn only when the watched text has passed through again. */
export const TokenView = memo(function TokenView(props: Props) {
  const { watch, worth, modes, mode, onMode, token, onToken, onPoint, tools, head } = props;
  const {
    attribution: t,
    charts: { layer: layerSaid, stepAt, tokens: said, tokenMap, patches },
  } = useTexts();
  const colors = useChartColors();
  const [layer, setLayer] = useState('all');
  const [kind, setKind] = useState('all');
  const list = useRef<HTMLFieldSetElement>(null);
  const falling = useRef<HTMLDivElement>(null);
  const layers = [...new Set(watch.modules.map((m) => m.layer))];
  const kinds = [...new Set(watch.modules.map((m) => m.kind))];
  const only = { layer: layer === 'all' ? null : Number(layer), kind: kind === 'all' ? null : kind };
  const { active, ratio, modules } = activePerToken(watch, only.layer, only.kind);
  useFalling(list, falling, { tokens: watch.tokens, step: watch.step, active, shadeOf: colors.keep });
  const worths = worth && worthPerToken(worth, watch.modules, only);
  const { picture: watched } = watch;
  const names = tokenNames(watch);
  const scale = ratioScale(ratio);
  const most = worths ? worths.reduce((m, w) => Math.max(m, Math.abs(w)), 0) || 1 : 1;
  // Of what is not measured yet nothing is shown.
  const worthOf = (i: number) => (worths ? worths[i] / most : 0);
  const shade = {
    gate: (i: number) => colors.keep(active[i]),
    r: (i: number) => colors.keep(scale(ratio[i])),
    worth: (i: number) => colors.worth(worthOf(i)),
  }[mode];
  const shares = mode === 'gate' ? active : mode === 'r' ? ratio.map(scale) : ratio.map((_, i) => (1 + worthOf(i)) / 2);
  const saidOf = (i: number) =>
    mode === 'worth' && worths
      ? t.token(compact(worths[i]), modules)
      : said.token(percent(active[i]), modules, compact(ratio[i]));
  const [from, to] = {
    gate: [said.skippedByAll, said.activeInAll],
    r: [tokenMap.smallest, tokenMap.largest],
    worth: [t.raises, t.lowers],
  }[mode];
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
    ['token', 'text', 'active in', 'mean r', ...(worths ? ['nats'] : [])],
    ...names.map((name, i) => [i, name, active[i], ratio[i], ...(worths ? [worths[i]] : [])]),
  ];
  return (
    <ChartFrame
      title={watched ? patches.title(watched.label) : said.title}
      name="tokens"
      explain={() => [
        watched ? patches.help(watch.step, modules) : said.help(watch.step, modules),
        ...explainTokens(active, names),
        ...(mode === 'worth' ? [t.explain.what, t.explain.not] : []),
      ]}
      picture={() =>
        watched
          ? drawPatches(watched, shares, colors)
          : tokenPicture(
              signs.map((s) => s.text),
              shade,
            )
      }
      rows={rows}
      tools={
        <>
          {modes.length > 1 && (
            <Segmented
              label={tokenMap.colour}
              value={mode}
              onChange={onMode}
              options={modes.map((value) => ({
                value,
                label: { gate: tokenMap.gate, r: tokenMap.norm, worth: t.mode }[value],
              }))}
            />
          )}
          {tools}
        </>
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
      {head}
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
              <Ramp shade={makeRamp(colors.panel, colors.ink2)} from={from} to={to} />
            </>
          }
        />
      )}
      {!watched && (
        <div className="tokens-sieve">
          <fieldset ref={list} className="tokens" data-testid="token-view" data-step={watch.step}>
            <legend className="sr-only">{said.legend}</legend>
            {signs.map(({ text, note }, i) => {
              const { fill, ink } = shade(i);
              return (
                <button
                  key={i}
                  type="button"
                  data-token={i}
                  tabIndex={i === focusable ? 0 : -1}
                  aria-pressed={i === focusable}
                  className="token"
                  style={{ backgroundColor: fill, color: ink }}
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
            {(mode !== 'worth' || worths) && (
              <Ramp shade={mode === 'worth' ? (s) => colors.worth(2 * s - 1) : colors.keep} from={from} to={to} />
            )}
          </div>
          {mode === 'gate' && <div ref={falling} className="tokens-falling" aria-hidden="true" />}
        </div>
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
        <caption>{t.caption(name, watch.step, watch.tau !== null)}</caption>
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
