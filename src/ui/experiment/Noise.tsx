/** How much noise is in the updates: of active and skipped tokens, how many would have helped. */
import { useRef, useState } from 'react';
import { type Cell, type Experiment, contestants } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { noiseOf } from '../../store/experiments/results';
import { Scroll, SelectField, TableBehind } from '../bits';
import { DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';
import { percent } from '../format';
import { NOISE_LINES, noiseFigure, withInterval } from './figures';

export function Noise({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.noise;
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const variants = contestants(experiment, names.ranking).filter((a) =>
    cells.some((c) => c.variant === a.id && c.noise.length > 0),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  if (variants.length === 0) return null;
  const variant = variants.find((a) => a.id === chosen) ?? variants[0];
  const rows = noiseOf(cells, variant.id);
  return (
    <div className="panel stack" data-testid="noise">
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
        <DrawingView drawing={noiseFigure(rows, Math.min(width, 860))} />
        <figcaption className="help">{t.help(variant.name)}</figcaption>
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
