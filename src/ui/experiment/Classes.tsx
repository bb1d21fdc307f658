/** Which tokens a gated variant skips, by class. */
import { useRef, useState } from 'react';
import type { Cell, Experiment } from '../../shared/experiment';
import { contestants } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { classesOf } from '../../store/experiments/results';
import { Scroll, SelectField, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { count, percent } from '../format';
import { classFigure, className, groupName, withInterval } from './figures';

export function Classes({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.classes;
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const variants = contestants(experiment, names.ranking).filter((a) =>
    cells.some((c) => c.variant === a.id && c.classes.length > 0),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  if (variants.length === 0) return null;
  const variant = variants.find((a) => a.id === chosen) ?? variants[0];
  const rows = classesOf(cells, variant.id);
  return (
    <div className="panel stack tight" data-testid="token-classes">
      <h3>{t.title}</h3>
      {variants.length > 1 && (
        <SelectField
          label={t.variant}
          value={variant.id}
          onChange={setChosen}
          options={variants.map((a) => ({ value: a.id, label: a.name }))}
        />
      )}
      <figure ref={host} className="stack tight">
        <DrawingView drawing={classFigure(rows, Math.min(width, 860))} />
        <figcaption className="help">{t.help(variant.name)}</figcaption>
      </figure>
      <TableBehind summary={t.table}>
        {() => (
          <Scroll label={t.frame}>
            <table className="grid" data-testid="class-table">
              <thead>
                <tr>
                  <th scope="col">{t.by}</th>
                  <th scope="col">{t.class}</th>
                  <th scope="col" className="num">
                    {t.tokens}
                  </th>
                  <th scope="col" className="num">
                    {t.skipped}
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((r) => (
                  <tr key={`${r.group}/${r.name}`}>
                    <td>{groupName(r)}</td>
                    <th scope="row">{className(r)}</th>
                    <td className="num">{count(r.tokens)}</td>
                    <td className="num">{withInterval(r.skipped, (v) => percent(v, 1))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </TableBehind>
    </div>
  );
}
