/** Short answers in a token set: what follows a prompt and is all that is trained. */
import type { TokenSet } from '../shared/types';

/** More distinct answers than this are no labels; longer ones are not written out in full. */
export const MAX_CANDIDATES = 16;
export const MAX_ANSWER_TOKENS = 16;

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
  return { prompt: set.ids.slice(from, start), answer: set.ids.slice(start, to) };
}

/** Up to `limit` examples as questions, in order; null when one of them has no answer to speak of. */
export function questions(set: TokenSet, limit: number): Question[] | null {
  const out: Question[] = [];
  for (let i = 0; i < Math.min(limit, set.offsets.length - 1); i++) {
    const question = questionOf(set, i);
    if (!question) return null;
    out.push(question);
  }
  return out;
}

/** The distinct answers of all sets where there are 2 to `MAX_CANDIDATES`, in order of appearance; null else. */
export function candidates(sets: readonly TokenSet[]): Int32Array[] | null {
  const found = new Map<string, Int32Array>();
  for (const set of sets) {
    for (let i = 0; i < set.offsets.length - 1; i++) {
      const question = questionOf(set, i);
      if (!question) return null;
      found.set(question.answer.join(), question.answer);
      if (found.size > MAX_CANDIDATES) return null;
    }
  }
  return found.size < 2 ? null : [...found.values()];
}
