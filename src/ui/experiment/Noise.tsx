/** How much noise is in the updates: of kept and skipped tokens, how many would have helped. */
import { useRef, useState } from 'react';
import { type Cell, type Study, contestants } from '../../shared/study';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { noiseOf } from '../../store/studies/results';
import { Scroll, SelectField, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { percent } from '../format';
import { NOISE_LINES, noiseFigure, withInterval } from './figures';

export function Noise({ study, cells }: { study: Study; cells: Cell[] }) {
  const t = texts().experiment.noise;
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const arms = contestants(study, names.ranking).filter((a) => cells.some((c) => c.arm === a.id && c.noise.length > 0));
  const [chosen, setChosen] = useState<string | null>(null);
  if (arms.length === 0) return null;
  const arm = arms.find((a) => a.id === chosen) ?? arms[0];
  const rows = noiseOf(cells, arm.id);
  return (
    <div className="panel stack" data-testid="noise">
      <h3>{t.title}</h3>
      {arms.length > 1 && (
        <SelectField
          label={t.variant}
          value={arm.id}
          onChange={setChosen}
          options={arms.map((a) => ({ value: a.id, label: a.name }))}
        />
      )}
      <figure ref={host} className="stack tight">
        <DrawingView drawing={noiseFigure(rows, Math.min(width, 860))} />
        <figcaption className="help">{t.help(arm.name)}</figcaption>
      </figure>
      <TableBehind summary={t.table}>
        {() => (
          <Scroll label={t.frame}>
            <table className="grid" data-testid="noise-table">
              <thead>
                <tr>
                  <th scope="col" className="num">
                    {t.step}
                  </th>
                  {NOISE_LINES.map((l) => (
                    <th key={l.key} scope="col" className="num">
                      {t.line[l.key]}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((r) => (
                  <tr key={r.step}>
                    <th scope="row" className="num">
                      {r.step}
                    </th>
                    {NOISE_LINES.map((l) => (
                      <td key={l.key} className="num">
                        {withInterval(r[l.key], (v) => percent(v, 1))}
                      </td>
                    ))}
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
