/** Runs that classified the same examples, with their scores, and the examples behind each number. Plain functions. */
import { type Classified, type LabelledSet, type Scores, scoresOf } from '../shared/classification';

/** Whose predictions they are: a base has index 0. */
export interface Classifying {
  key: string;
  name: string;
  index: number;
  classified: Classified | null;
}

export interface Graded extends Classifying {
  classified: Classified;
  scores: Scores;
}

const same = (a: readonly unknown[], b: readonly unknown[]) => a.length === b.length && a.every((x, i) => x === b[i]);

const sameSet = (a: LabelledSet, b: LabelledSet) =>
  a === b || (same(a.classes, b.classes) && same(a.labels, b.labels) && same(a.texts, b.texts));

/**
 * Those that were measured on the same examples as `reference`, or as the first where that has none; and the others.
 */
export function gradedOf(
  all: readonly Classifying[],
  reference: string | null = null,
): { set: LabelledSet | null; graded: Graded[]; others: Classifying[] } {
  const measured = all.filter((c) => c.classified !== null);
  const set = (measured.find((c) => c.key === reference) ?? measured[0])?.classified?.set ?? null;
  const fits = ({ classified }: Classifying) => set !== null && classified !== null && sameSet(classified.set, set);
  return {
    set,
    graded: measured.filter(fits).map((c) => {
      const classified = c.classified!;
      return { ...c, classified, scores: scoresOf(set!.labels, classified.predicted, set!.classes.length) };
    }),
    others: measured.filter((c) => !fits(c)),
  };
}

/** An example as a run saw it; classes by name. */
export interface Answered {
  example: number;
  text: string;
  label: string;
  predicted: string;
  probability: number | null;
}

/**
 * The examples of one cell of a run's confusion matrix, or all that it got wrong; the surest first, as far as that is
 * known.
 * @param cell class and predicted class
 */
export function answersOf({ classified }: Graded, cell: readonly [number, number] | null): Answered[] {
  const { set, predicted, probability } = classified;
  return set.labels
    .map((label, example) => ({ example, label, taken: predicted[example] }))
    .filter(({ label, taken }) => (cell ? label === cell[0] && taken === cell[1] : label !== taken))
    .map(({ example, label, taken }) => ({
      example,
      text: set.texts[example],
      label: set.classes[label],
      predicted: set.classes[taken],
      probability: probability?.[example] ?? null,
    }))
    .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0) || a.example - b.example);
}
