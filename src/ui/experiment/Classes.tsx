/** Which tokens a gated arm skips, by class. */
import { useRef, useState } from 'react';
import type { Cell, Study } from '../../shared/study';
import { contestants } from '../../shared/study';
import { classesOf } from '../../store/studies/results';
import { Scroll, SelectField, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { count, percent } from '../format';
import { classFigure, withInterval } from './figures';

export function Classes({ study, cells }: { study: Study; cells: Cell[] }) {
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const arms = contestants(study).filter((a) => cells.some((c) => c.arm === a.id && c.classes.length > 0));
  const [chosen, setChosen] = useState<string | null>(null);
  if (arms.length === 0) return null;
  const arm = arms.find((a) => a.id === chosen) ?? arms[0];
  const rows = classesOf(cells, arm.id);
  return (
    <div className="panel stack" data-testid="token-classes">
      <h3>Which tokens are skipped</h3>
      {arms.length > 1 && <SelectField label="Arm" value={arm.id} onChange={setChosen} options={arms.map((a) => ({ value: a.id, label: a.name }))} />}
      <figure ref={host} className="stack tight">
        <DrawingView drawing={classFigure(rows, Math.min(width, 860))} />
        <figcaption className="help">{arm.name}: share of token updates that the gates skip on held-out examples, over all modules. Bars: mean over seeds; lines: 95 % interval.</figcaption>
      </figure>
      <TableBehind summary="As a table">
        {() => (
          <Scroll label="Skipped share by class of token">
            <table className="grid" data-testid="class-table">
              <thead><tr><th scope="col">By</th><th scope="col">Class</th><th scope="col" className="num">Tokens, all seeds</th><th scope="col" className="num">Skipped</th></tr></thead>
              <tbody>{rows.map((r) => <tr key={`${r.group}/${r.name}`}><td>{r.group}</td><th scope="row">{r.name}</th><td className="num">{count(r.tokens)}</td><td className="num">{withInterval(r.skipped, (v) => percent(v, 1))}</td></tr>)}</tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </div>
  );
}
