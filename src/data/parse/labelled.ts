/** Lines of a plain text that begin with their label: `__label__pos text` (fastText), `LABEL:fine text`, `0 text`. */

export interface Labelled {
  style: 'fasttext' | 'fine' | 'word';
  columns: string[];
  /** In words for the page: what the lines begin with. */
  labels: readonly string[];
}

const LINES = 400;
const LEAST_LINES = 4;
const MAX_LABELS = 20;
/** Labels of broad classes: of so many, most occur in the lines that are looked at. */
const MAX_FINE_LABELS = 100;
/** Lines of one label alone: what is sorted by its label begins with many of them. */
const SORTED_LINES = 50;
/** fastText takes labels wherever they stand; they are written in front or behind. */
const MARK = '__label__';
const FASTTEXT = /__label__\S+[ \t]+/y;
const FINE = /^([\p{L}][^\s:/]{1,29}):([^\s:/]{1,30})\s+(\S.*)$/su;
const WORD = /^(\S{1,30})[ \t]+(\S.*)$/s;

/** The cells of a line, or null where it does not begin with a label. */
export function labelledLine({ style }: Pick<Labelled, 'style'>, line: string): string[] | null {
  if (style === 'fasttext') return (line.includes(MARK) && labelsBehind(line)) || labelsInFront(line);
  const found = (style === 'fine' ? FINE : WORD).exec(line);
  if (!found) return null;
  return style === 'fine' ? [found[1], found[2], found[3]] : [found[1].replace(/:$/, ''), found[2]];
}

/** Labels parted by blanks, and commas, as one cell; null where there is something else. */
function labelsOf(text: string): string | null {
  const labels = text
    .split(/[ \t]+/)
    .map((label) => label.slice(label.search(/[^,]|$/)))
    .filter((label) => label !== '');
  if (!labels.every((label) => label.startsWith(MARK) && label.length > MARK.length && !/\s/.test(label))) return null;
  return labels.map((label) => label.slice(MARK.length)).join(' ');
}

/** Step by step: one regular expression would try each run of blanks from each of its signs. */
function labelsBehind(line: string): string[] | null {
  const from = line.indexOf(MARK);
  let end = from;
  while (end > 0 && ' \t,'.includes(line[end - 1])) end--;
  const labels = end > 0 && end < from ? labelsOf(line.slice(from)) : null;
  return labels === null ? null : [labels, line.slice(0, end)];
}

function labelsInFront(line: string): string[] | null {
  let end = 0;
  FASTTEXT.lastIndex = 0;
  while (FASTTEXT.test(line)) end = FASTTEXT.lastIndex;
  const labels = end > 0 ? labelsOf(line.slice(0, end)) : null;
  let from = end;
  while (from < line.length && ' \t,'.includes(line[from])) from++;
  return labels === null || from === line.length || /\s/.test(line[from]) ? null : [labels, line.slice(from)];
}

/**
 * Whether nearly every line begins with a label: few of them, each several times, and words that stand nowhere else.
 * @param head the beginning of the text, of whole lines
 */
export function labelledLines(head: string): Labelled | null {
  const all = head
    .trimEnd()
    .split('\n')
    .slice(0, LINES)
    .map((l) => l.trim());
  const lines = all.filter((l) => l !== '');
  if (lines.length < LEAST_LINES) return null;
  for (const [style, columns] of [
    ['fasttext', ['label', 'text']],
    ['fine', ['label', 'fine label', 'text']],
    ['word', ['label', 'text']],
  ] as const) {
    const read = lines.flatMap((line) => {
      const own = labelledLine({ style }, line);
      return own ? [{ line, own }] : [];
    });
    if (read.length < lines.length * 0.98) continue;
    const cells = read.map(({ own }) => own);
    const labels = new Map<string, number>();
    for (const [i, [label]] of cells.entries()) {
      const own = style === 'word' ? (WORD.exec(read[i].line)?.[1] ?? label) : label;
      labels.set(own, (labels.get(own) ?? 0) + 1);
    }
    const named = [...labels.keys()];
    if (style === 'fasttext') return { style, columns: [...columns], labels: named };
    const fine = style === 'fine' && areFine(cells);
    if (style === 'fine' && !fine) continue;
    const one = labels.size === 1 && cells.length >= SORTED_LINES && (fine || /^[-+]?\d$/.test(named[0]));
    if ((labels.size < 2 && !one) || labels.size > (fine ? MAX_FINE_LABELS : MAX_LABELS)) continue;
    if (labels.size * 2 > cells.length) continue;
    // Paragraphs are parted by empty lines; a list of labelled lines has none.
    if (style === 'word' && lines.length < all.length * 0.9) continue;
    if (
      fine ||
      areLabels(
        named,
        cells.map((own) => own.at(-1)!),
        labels,
        cells.length,
      )
    )
      return { style, columns: [...columns], labels: named.map((l) => l.replace(/:$/, '')) };
  }
  return null;
}

/** Whether `LABEL:fine` in front of lines are classes: no times of day, and each of the finer ones several times. */
function areFine(cells: readonly string[][]): boolean {
  const fine = new Set(cells.map(([label, own]) => `${label}:${own}`));
  const capitals = cells.every(([label]) => /^[A-Z][A-Z0-9_]+$/.test(label));
  return capitals || (cells.length >= 8 && fine.size * 2 <= cells.length);
}

/** Whether the first words of lines are labels and no words of the text: prose begins with words that it is full of. */
function areLabels(
  labels: readonly string[],
  rest: readonly string[],
  counts: ReadonlyMap<string, number>,
  lines: number,
): boolean {
  const rare = [...counts.values()].filter((n) => n < 2).length;
  if (rare > 0 && lines >= 20) return false;
  const numbers = labels.every((l) => /^[-+]?\d{1,2}$/.test(l));
  if (numbers) return labels.every((l) => Math.abs(Number(l)) <= 20);
  // Small letters, or capitals throughout: a capital in front begins a sentence, and "Q:" a turn.
  if (labels.some((l) => !/^([\p{Ll}\p{Lo}\p{N}_+-]+|[\p{Lu}\p{N}_+-]{2,}):?$/u.test(l))) return false;
  const known = new Set(labels.map((l) => l.toLowerCase().replace(/:$/, '')));
  const again = rest.filter((text) =>
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}_+-]+/u)
      .some((word) => known.has(word)),
  ).length;
  return lines >= 8 && again < lines * 0.05 && labels.length * 3 <= lines;
}
