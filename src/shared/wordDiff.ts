/**
 * What differs between two texts, word by word: the longest common subsequence of their words. Words are found as
 * Unicode says (`Intl.Segmenter`), so that languages without spaces have words too.
 */

export interface DiffPart {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

export interface WordDiff {
  /** In reading order. 'same' and 'added' together are the answer, letter by letter; 'removed' is the reference's. */
  parts: DiffPart[];
  /** Words of each kind; punctuation is none. */
  words: Record<DiffPart['kind'], number>;
}

/** Cells of the table at most, two bytes each; what does not fit counts as rewritten. */
const MAX_CELLS = 4_000_000;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

interface Word {
  /** With the white space after it. */
  text: string;
  /** What is compared: white space is not. */
  key: string;
  wordLike: boolean;
}

/**
 * A text as words and single signs, each with the white space that follows it; white space before the first stands
 * alone.
 */
export function splitWords(text: string): Word[] {
  const out: Word[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    const last = out.at(-1);
    if (last && segment.trim() === '') last.text += segment;
    else out.push({ text: segment, key: segment.trim(), wordLike: isWordLike ?? false });
  }
  return out;
}

/** Matched places of the longest common subsequence, in order. */
function matches(a: readonly Word[], b: readonly Word[]): [number, number][] {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0 || (n + 1) * (m + 1) > MAX_CELLS) return [];
  const width = m + 1;
  // longest[i, j]: of a from i on and b from j on.
  const longest = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i].key === b[j].key
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const out: [number, number][] = [];
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (a[i].key === b[j].key) out.push([i++, j++]);
    else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i++;
    else j++;
  }
  return out;
}

/** How `answer` differs from `reference`. White space alone is no difference. */
export function diffWords(reference: string, answer: string): WordDiff {
  const [a, b] = [splitWords(reference), splitWords(answer)];
  let head = 0;
  while (head < a.length && head < b.length && a[head].key === b[head].key) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail].key === b[b.length - 1 - tail].key)
    tail++;
  const inner = matches(a.slice(head, a.length - tail), b.slice(head, b.length - tail)).map(([i, j]) => [
    i + head,
    j + head,
  ]);
  const pairs = [
    ...Array.from({ length: head }, (_, i) => [i, i]),
    ...inner,
    ...Array.from({ length: tail }, (_, i) => [a.length - tail + i, b.length - tail + i]),
    [a.length, b.length],
  ];
  const parts: DiffPart[] = [];
  const words = { same: 0, added: 0, removed: 0 };
  const say = (kind: DiffPart['kind'], word: Word) => {
    if (word.wordLike) words[kind]++;
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += word.text;
    else parts.push({ kind, text: word.text });
  };
  let [i, j] = [0, 0];
  for (const [toA, toB] of pairs) {
    for (; i < toA; i++) say('removed', a[i]);
    for (; j < toB; j++) say('added', b[j]);
    if (j < b.length) say('same', b[j]);
    i++;
    j++;
  }
  return { parts, words };
}
