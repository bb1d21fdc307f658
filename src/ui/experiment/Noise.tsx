/** How much noise is in the updates: of kept and skipped tokens, how many would have helped. */
import { useRef, useState } from 'react';
import { type Cell, type Study, contestants } from '../../shared/study';
import { noiseOf } from '../../store/studies/results';
import { Scroll, SelectField, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { percent } from '../format';
import { NOISE_LINES, noiseFigure, withInterval } from './figures';

export function Noise({ study, cells }: { study: Study; cells: Cell[] }) {
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const arms = contestants(study).filter((a) => cells.some((c) => c.arm === a.id && c.noise.length > 0));
  const [chosen, setChosen] = useState<string | null>(null);
  if (arms.length === 0) return null;
  const arm = arms.find((a) => a.id === chosen) ?? arms[0];
  const rows = noiseOf(cells, arm.id);
  return (
    <div className="panel stack" data-testid="noise">
      <h3>How noisy the updates are</h3>
      {arms.length > 1 && <SelectField label="Arm" value={arm.id} onChange={setChosen} options={arms.map((a) => ({ value: a.id, label: a.name }))} />}
      <figure ref={host} className="stack tight">
        <DrawingView drawing={noiseFigure(rows, Math.min(width, 860))} />
        <figcaption className="help">
          {arm.name}: share of token updates that would lower the loss (μ &lt; 0), over steps. A gate that drops noise keeps tokens whose update helps on fresh data too, and skips those
          whose update does not. Same batch: the one just learnt from. Fresh: held-out examples.
        </figcaption>
      </figure>
      <TableBehind summary="As a table">
        {() => (
          <Scroll label="Share of updates that help, by step">
            <table className="grid" data-testid="noise-table">
              <thead><tr><th scope="col" className="num">Step</th>{NOISE_LINES.map((l) => <th key={l.key} scope="col" className="num">{l.label}</th>)}</tr></thead>
              <tbody>{rows.map((r) => <tr key={r.step}><th scope="row" className="num">{r.step}</th>{NOISE_LINES.map((l) => <td key={l.key} className="num">{withInterval(r[l.key], (v) => percent(v, 1))}</td>)}</tr>)}</tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </div>
  );
}
