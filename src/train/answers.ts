/** Short answers in token sets: what follows a prompt and is all that is trained. */
import { MAX_CLASSES } from '../shared/classification';
import type { TokenSet, Tokenizer } from '../shared/types';
import { withoutEnd } from './answerTree';

/** Longer answers are not written out in full. */
export const MAX_ANSWER_TOKENS = 16;
/** Longer ones are no labels. */
const MAX_LABEL_TOKENS = 32;
/** Spellings of all labels: a tokenizer may write one differently after another text. */
const MAX_SPELLINGS = 2 * MAX_CLASSES;

export interface Question {
  prompt: Int32Array;
  answer: Int32Array;
}

/** Example `i` as prompt and answer; null where it has no prompt of its own or is trained elsewhere than at its end. */
function questionOf(set: TokenSet, i: number): Question | null {
  const [from, to] = [set.offsets[i], set.offsets[i + 1]];
  let start = to;
  while (start > from && set.supervised[start - 1] === 1) start--;
  // A single token before the answer is only the mark of a beginning.
  if (start === to || start - from < 2 || set.supervised.subarray(from, start).includes(1)) return null;
  return { prompt: set.ids.subarray(from, start), answer: set.ids.subarray(start, to) };
}

/** Up to `limit` examples as questions, in order; null when one of them has no answer to speak of. */
export function questions(set: TokenSet, limit = Infinity): Question[] | null {
  const out: Question[] = [];
  for (let i = 0; i < Math.min(limit, set.offsets.length - 1); i++) {
    const question = questionOf(set, i);
    if (!question) return null;
    out.push(question);
  }
  return out;
}

/** Labels of examples, and how they are written. */
export interface LabelledAnswers {
  /** The labels as text, the most frequent of the train split first. */
  classes: string[];
  /** Every way in which a label is written, as tokens, and which one it is. */
  spellings: { ids: Int32Array; label: number }[];
  /** Validation examples, and the label of each. */
  asked: Question[];
  labels: number[];
}

/**
 * The labels that answers are, if they are few, short and come again: 2 to `MAX_CLASSES` different ones, half as many
 * as there are examples at most. Null else.
 */
export function labelledAnswers(train: TokenSet, validation: TokenSet, tokenizer: Tokenizer): LabelledAnswers | null {
  const [learnt, asked] = [questions(train), questions(validation)];
  if (!learnt || !asked || learnt.length === 0 || asked.length === 0) return null;
  const all = [...learnt, ...asked];
  const spelled = new Map<string, { ids: Int32Array; text: string }>();
  const textOf = ({ answer }: Question): string | null => {
    const key = answer.join();
    let known = spelled.get(key);
    if (!known) {
      if (answer.length > MAX_LABEL_TOKENS || spelled.size >= MAX_SPELLINGS) return null;
      const text = tokenizer.decode(withoutEnd(answer, tokenizer.special)).trim();
      spelled.set(key, (known = { ids: answer, text }));
    }
    return known.text;
  };
  const texts: string[] = [];
  for (const question of all) {
    const text = textOf(question);
    if (text === null) return null;
    texts.push(text);
  }
  const counts = new Map(texts.map((text) => [text, 0]));
  for (const text of texts.slice(0, learnt.length)) counts.set(text, counts.get(text)! + 1);
  const { size } = counts;
  if (size < 2 || size > MAX_CLASSES || (size > 2 && 2 * size > all.length)) return null;
  const classes = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  const place = new Map(classes.map((text, i) => [text, i]));
  return {
    classes,
    spellings: [...spelled.values()].map(({ ids, text }) => ({ ids, label: place.get(text)! })),
    asked,
    labels: texts.slice(learnt.length).map((text) => place.get(text)!),
  };
}
