/** Validation losses of runs that differ only in their seed: mean and range over steps. */
import { memo } from 'react';
import type { Contender } from '../../store/compare/contenders';
import { groupBand, seedGroups } from '../../store/compare/seeds';
import { bandChart } from '../charts/bands';
import { Figure } from '../charts/Figure';
import { fixed } from '../format';
import { useTexts } from '../studioContext';

const HEIGHT = 300;

interface Props {
  shown: readonly Contender[];
  reference: Contender | null;
}

export const SeedBands = memo(function SeedBands({ shown, reference }: Props) {
  const t = useTexts().compare.bands;
  const groups = seedGroups(shown, reference);
  if (groups.every((g) => g.runs.length < 2)) return null;
  const bands = groups
    .map((g) => ({ label: g.name, mark: `mark-${g.index}`, seeds: g.runs.length, points: groupBand(g) }))
    .filter((b) => b.points.length > 0);
  if (bands.length === 0) return null;
  return (
    <Figure
      title={t.title}
      name="compare-bands"
      draw={(width) => bandChart(bands, { title: t.over, width, height: HEIGHT, format: (v) => fixed(v, 2) })}
      explain={() => [
        t.what,
        ...bands.map(({ label, seeds, points }) =>
          t.end(label, seeds, fixed(points.at(-1)!.mean), points.at(-1)!.step),
        ),
      ]}
      rows={() => [
        ['run', 'step', 'mean', 'lowest', 'highest', 'seeds'],
        ...bands.flatMap(({ label, seeds, points }) =>
          points.map((p) => [label, p.step, p.mean, p.low, p.high, seeds]),
        ),
      ]}
    />
  );
});
