/** Validation losses of runs that differ only in their seed: mean and range over steps. */
import { memo } from 'react';
import type { Contender } from '../../store/compare/contenders';
import { seedGroups } from '../../store/compare/seeds';
import { Figure } from '../charts/Figure';
import { fixed } from '../format';
import { useTexts } from '../studioContext';
import { seedBandFigure, seedBands } from './figures';

interface Props {
  shown: readonly Contender[];
  reference: Contender | null;
}

export const SeedBands = memo(function SeedBands({ shown, reference }: Props) {
  const t = useTexts().compare.bands;
  const bands = seedBands(seedGroups(shown, reference));
  if (bands.length === 0) return null;
  return (
    <Figure
      title={t.title}
      name="compare-bands"
      draw={(width) => seedBandFigure(bands, width)}
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
