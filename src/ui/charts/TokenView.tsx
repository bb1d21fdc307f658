/** A text's tokens, shaded by how many modules keep the adapter's update for each. */
import { useState } from 'react';
import { MODULE_KINDS } from '../../shared/config';
import type { RunHistory } from '../../store/history';
import { keptPerToken } from '../../store/series';
import { Scroll, SelectField, TableBehind } from '../bits';
import { compact, percent, tokenText } from '../format';
import { onRamp } from './onRamp';

export function TokenView({ watch }: { watch: NonNullable<RunHistory['watch']> }) {
  const [layer, setLayer] = useState('all');
  const [kind, setKind] = useState('all');
  const layers = [...new Set(watch.modules.map((m) => m.layer))];
  const kinds = MODULE_KINDS.filter((k) => watch.modules.some((m) => m.kind === k));
  const { kept, ratio, modules } = keptPerToken(watch, layer === 'all' ? null : Number(layer), kind === 'all' ? null : kind);
  return (
    <div className="stack">
      <div className="fields">
        <SelectField label="Layer" value={layer} onChange={setLayer} options={[{ value: 'all', label: 'all layers' }, ...layers.map((l) => ({ value: String(l), label: `layer ${l}` }))]} />
        <SelectField label="Module" value={kind} onChange={setKind} options={[{ value: 'all', label: 'all modules' }, ...kinds.map((k) => ({ value: k, label: k }))]} />
      </div>
      <p className="tokens" data-testid="token-view" data-step={watch.step}>
        {watch.tokens.map((t, i) => (
          <span key={i} className={`token ${onRamp(kept[i])}`} title={`${percent(kept[i])} of ${modules} keep it, mean r ${compact(ratio[i])}`}
            style={{ backgroundColor: `color-mix(in oklab, var(--keep-high) ${(kept[i] * 100).toFixed(0)}%, var(--ramp-low))` }}>{tokenText(t)}</span>
        ))}
      </p>
      <div className="ramp" aria-hidden="true"><span>skipped by all</span><span className="ramp-bar ramp-keep" /><span>kept by all</span></div>
      <p className="help">Step {watch.step}. The stronger the colour, the more of the {modules} chosen modules keep their update for this token.</p>
      <TableBehind summary="As a table">
        {() => (
          <Scroll label="Kept share by token">
            <table className="grid" data-testid="token-table">
              <thead><tr><th scope="col" className="num">#</th><th scope="col">Token</th><th scope="col" className="num">Kept by</th><th scope="col" className="num">Mean r</th></tr></thead>
              <tbody>{watch.tokens.map((t, i) => <tr key={i}><td className="num">{i}</td><th scope="row" className="mono">{tokenText(t)}</th><td className="num">{percent(kept[i])}</td><td className="num">{compact(ratio[i])}</td></tr>)}</tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </div>
  );
}
