/** Validation loss against the share that is skipped: what each run gives up for what it leaves out. */
import { texts } from '../../shared/texts';
import type { Contender } from '../../store/compare/contenders';
import type { SeedRow } from '../../store/compare/seeds';
import { Figure } from '../charts/Figure';
import { type ScatterPoint, scatterChart } from '../charts/scatter';
import { fixed, percent } from '../format';

const HEIGHT = 240;

export function TradeOff({ rows, reference }: { rows: readonly SeedRow[]; reference: Contender }) {
  const t = texts().compare.tradeOff;
  const comparable = rows.filter((r) => r.group.comparable);
  // Where nothing is skipped there is nothing to trade.
  if (comparable.length < 2 || !comparable.some((r) => r.skipped && r.skipped.mean > 0)) return null;
  const points = comparable.map(
    ({ group, loss, skipped }): ScatterPoint => ({
      label: group.name,
      mark: `mark-${group.index}`,
      x: skipped?.mean ?? 0,
      y: loss,
      seeds: loss.n > 1 ? group.runs.map((r) => [r.final.skipped ?? 0, r.final.loss!] as const) : undefined,
    }),
  );
  const base = reference.measured?.base ?? null;
  return (
    <Figure
      title={t.title}
      name="tradeoff"
      draw={(width) =>
        scatterChart(points, {
          title: t.over,
          width,
          height: HEIGHT,
          format: (v) => fixed(v),
          level: base === null ? null : { value: base, label: t.base },
          xLabel: t.skipped,
        })
      }
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
