/** What an experiment shows, in sentences. */
import { type Interval, effect, pairedDifference } from '../../shared/stats';
import type { Cell, Ranking, Experiment } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { type Measure, type ResultRow, type Results, columnOf } from '../../store/experiments/results';

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

/**
 * What a paired comparison shows, as a sentence:
 * "Validation loss: LoRA better by 0.120 than DoRA (95 % CI 0.070 to 0.170, n = 5)."
 * @param measure its label, and which values are better
 */
export function verdict(
  name: string,
  other: string,
  measure: { label: string; better: 'lower' | 'higher' },
  d: Interval | null,
): string {
  const t = texts().experiment.results.verdict;
  if (!d) return t.noSeed(name, other);
  if (d.half === null) return t.oneSeed(name, other, measure.label, signed(d.mean));
  const { mean: value, half, n: seeds } = d;
  const shown = effect(d);
  if (shown === 'none')
    return t.none(name, other, measure.label, {
      difference: signed(value),
      low: signed(value - half),
      high: signed(value + half),
      seeds,
    });
  const size = Math.abs(value);
  return t[shown === measure.better ? 'better' : 'worse'](name, other, measure.label, {
    difference: size.toFixed(3),
    low: (size - half).toFixed(3),
    high: (size + half).toFixed(3),
    seeds,
  });
}

/** What the differences are against, for a table's head. */
export const referenceName = ({ reference }: Pick<Results, 'reference'>): string =>
  'variant' in reference ? reference.variant : texts().experiment.results.sameSetting(reference.method);

/** One sentence for each comparison; none before two variants have a result. */
export function verdictsOf(experiment: Experiment, cells: readonly Cell[], { rows, measures }: Results): string[] {
  if (rows.filter((r) => r.done > 0).length < 2) return [];
  const column = (id: string, of: Measure['of']) => columnOf(experiment, cells, id, of);
  const {
    modules,
    results: { measure },
  } = texts().experiment;
  const loss = { label: measure.loss, better: 'lower' } as const;
  if (experiment.importance) {
    const [first, ...others] = rows;
    // In the words of the question: the modules that sparsity chooses against each other choice.
    const chosen = ({ id }: ResultRow) => (id === 'all' ? modules.allChoice : modules.ranking[id as Ranking].choice);
    return others
      .filter((r) => r.done > 0)
      .map((r) => verdict(chosen(first), chosen(r), loss, pairedDifference(first.losses, r.losses)));
  }
  const sentences: string[] = [];
  for (const other of rows) {
    if (other.done === 0 || !other.against) continue;
    const { id, name } = other.against;
    sentences.push(verdict(other.name, name, loss, other.difference));
    for (const m of measures.filter((x) => x.id === 'likelihood' || x.id === 'generated')) {
      const shares = pairedDifference(column(other.id, m.of), column(id, m.of));
      // Where rows have labels, accuracy is what is asked for; what is written is said where it tells more than the
      // loss.
      if (m.id === 'likelihood' || effect(shares) === 'lower' || effect(shares) === 'higher')
        sentences.push(verdict(other.name, name, { label: measure[m.id], better: 'higher' }, shares));
    }
  }
  return sentences;
}
