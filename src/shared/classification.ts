/**
 * How well labelled examples are classified: accuracy, precision, recall, F1 and the confusion matrix, as scikit-learn
 * defines them; and for short answers that are no labels exact match and token-F1. Nothing here knows who predicted.
 */
import { type Share, wilson } from './stats';

/**
 * How a class was chosen: by the likelihood of every class's answer text (exact), token by token along the answers
 * (constrained greedy decoding), or by a class head.
 */
export const CHOSEN_BY = ['likelihood', 'greedy', 'head'] as const;
export type ChosenBy = (typeof CHOSEN_BY)[number];

/** Classes at most; more different labels are no labels. */
export const MAX_CLASSES = 200;
/** Validation examples of a session that are classified at most. */
export const MAX_LABELLED = 20_000;

/** One example with a label and what a run made of it; classes by their place in `LabelledSet.classes`. */
export interface Prediction {
  /** Place in the validation split. */
  example: number;
  label: number;
  /** −1 where the run has no answer: its logits are no numbers. */
  predicted: number;
  /** By class, with a sum of 1; absent where nobody knows. */
  probabilities?: ArrayLike<number>;
}

/** The labelled examples that all runs of a session are measured on. */
export interface LabelledSet {
  by: ChosenBy;
  /** Names, the most frequent of the train split first. */
  classes: string[];
  /** Class of each example; these are the first of the validation split, whose order is random. */
  labels: number[];
  /** Beginning of each example's text. */
  texts: string[];
}

/** What a run predicted for each example of a `LabelledSet`, after `step` steps. */
export interface Predicted {
  step: number;
  /** Classes. */
  predicted: number[];
  /** Of the predicted class, 0–1; null where nobody knows. */
  probability: number[] | null;
}

/** Predictions together with what they were made for. */
export interface Classified extends Predicted {
  set: LabelledSet;
}

/** Right answers of a run after `step` steps. */
export interface AccuracyPoint {
  step: number;
  right: number;
  examples: number;
}

/** How often a run wrote the expected answers, over `examples` validation examples; shares are means over them, 0–1. */
export interface Written {
  examples: number;
  exactMatch: number;
  tokenF1: number;
}

/** One class; what has nothing to divide by is 0, as scikit-learn's `zero_division=0` has it. */
interface ClassScore {
  precision: number;
  recall: number;
  f1: number;
  /** Examples of this class, and those that were taken for it. */
  support: number;
  predicted: number;
}

export interface Scores {
  examples: number;
  right: number;
  /** With its 95 % interval after Wilson; null without examples. */
  accuracy: Share | null;
  /** Mean F1 of the classes that are there, as labels or as predictions; null without examples. */
  macroF1: number | null;
  classes: ClassScore[];
  /** Examples by class (rows) and predicted class (columns), [classes × classes]. */
  confusion: Uint32Array;
}

/** Scores of predictions for labels, pair by pair; both are classes below `count`. */
export function scoresOf(labels: readonly number[], predicted: readonly number[], count: number): Scores {
  const confusion = new Uint32Array(count * count);
  const examples = Math.min(labels.length, predicted.length);
  for (let i = 0; i < examples; i++) confusion[labels[i] * count + predicted[i]]++;
  const classes = Array.from({ length: count }, (_, c): ClassScore => {
    let [support, taken] = [0, 0];
    for (let k = 0; k < count; k++) {
      support += confusion[c * count + k];
      taken += confusion[k * count + c];
    }
    const hits = confusion[c * count + c];
    return {
      precision: taken === 0 ? 0 : hits / taken,
      recall: support === 0 ? 0 : hits / support,
      f1: support + taken === 0 ? 0 : (2 * hits) / (support + taken),
      support,
      predicted: taken,
    };
  });
  let right = 0;
  for (let c = 0; c < count; c++) right += confusion[c * count + c];
  const there = classes.filter((c) => c.support + c.predicted > 0);
  return {
    examples,
    right,
    accuracy: wilson(right, examples),
    macroF1: there.length === 0 ? null : there.reduce((sum, c) => sum + c.f1, 0) / there.length,
    classes,
    confusion,
  };
}

/** What always saying the most frequent class of the train split, the first one, is worth on these labels. */
export function majorityScores({ labels, classes }: Pick<LabelledSet, 'labels' | 'classes'>): Scores {
  return scoresOf(
    labels,
    labels.map(() => 0),
    classes.length,
  );
}

/** Whether two answers are the same text, spaces around them aside. */
export const exactMatch = (answer: string, expected: string): boolean => answer.trim() === expected.trim();

/** Words in lower case, without punctuation; a letter of a script that writes no spaces is a word. */
function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

/**
 * Harmonic mean of the share of an answer's words that are expected and of the expected ones that are in it, each word
 * as often as it stands there; 0–1. Two texts without words agree.
 */
export function tokenF1(answer: string, expected: string): number {
  const [own, wanted] = [wordsOf(answer), wordsOf(expected)];
  if (own.length + wanted.length === 0) return 1;
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of own) {
    const n = left.get(word) ?? 0;
    if (n === 0) continue;
    left.set(word, n - 1);
    shared++;
  }
  return (2 * shared) / (own.length + wanted.length);
}
