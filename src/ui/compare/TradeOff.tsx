/** Validation loss against the share that is skipped: what each run gives up for what it leaves out. */
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import type { SeedRow } from '../../store/compare/seeds';
import { Figure } from '../charts/Figure';
import { fixed, percent } from '../format';
import { tradeOffFigure } from '../charts/lossFigures';
import { tradeOffPoints } from './figures';

export function TradeOff({ rows, reference }: { rows: readonly SeedRow[]; reference: Contender }) {
  const t = texts().compare.tradeOff;
  const points = tradeOffPoints(rows);
  if (points.length === 0) return null;
  const comparable = rows.filter((r) => r.group.comparable);
  const base = reference.measured?.base ?? null;
  return (
    <Figure
      title={t.title}
      name="tradeoff"
      draw={(width, low) => tradeOffFigure(points, base, width, low)}
      explain={() => [
        t.what,
        ...points.map((p) => t.point(p.label, percent(p.x, 1), fixed(p.y.mean))),
        ...(base === null ? [] : [t.level(fixed(base))]),
      ]}
      rows={() => [
        ['run', 'seed', 'skipped share', 'validation loss'],
        ...comparable.flatMap(({ group }) =>
          group.runs.map((r) => [group.name, r.train.seed, r.final.skipped ?? 0, r.final.loss]),
        ),
      ]}
    />
  );
}
