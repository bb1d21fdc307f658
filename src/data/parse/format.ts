/** What format a text is in: by the name's extension, and where that says nothing by its beginning. */
import type { TextFormat, TextUnit } from '../../shared/data';
import { dialectOf } from './dialect';
import { CsvReader } from './csvReader';
import { type Labelled, labelledLines } from './labelled';
import { MIN_ROWS } from './table';
import { looksLikeHeader } from './header';

/** Lines that are looked at. */
const LINES = 400;
/**
 * Most labels that lines of a table have, and lines of one label alone that a table sorted by its labels begins with.
 */
const MAX_LABELS = 100;
const SORTED_LINES = 50;

export interface Found {
  format: TextFormat;
  /** Of a plain text: what a row is, and what its lines begin with. */
  unit: TextUnit;
  labelled: Labelled | null;
}

/** @param head the beginning of the text; cut, unless `whole` */
export function formatOf(fileName: string, head: string, whole: boolean): Found {
  const plain = { unit: 'whole', labelled: null } as const;
  const extension = /\.([A-Za-z0-9]+)$/.exec(fileName)?.[1].toLowerCase();
  switch (extension) {
    case 'jsonl':
    case 'ndjson':
      return { format: 'jsonl', ...plain };
    case 'json':
    case 'csv':
    case 'tsv':
      return { format: extension, ...plain };
    case 'tab':
      return { format: 'tsv', ...plain };
  }
  const lines = head.split('\n');
  if (!whole && lines.length > 1) lines.pop(); // may be cut
  const text = lines.join('\n');
  const start = text.trimStart().replace(/^\uFEFF/, '');
  if (/^\[\s*[[{"]/.test(start)) return { format: 'json', ...plain };
  if (/^\{\s*["'}]/.test(start)) return { format: 'jsonl', ...plain };
  const filled = lines.filter((l) => l.trim() !== '').slice(0, LINES);
  const labelled = labelledLines(text);
  if (labelled?.style === 'fasttext') return { format: 'txt', unit: 'lines', labelled };
  if (even(filled, '\t')) return { format: 'tsv', ...plain };
  // A label in front is a word of the line; a table of one label a line has it in a cell.
  if (labelled && (labelled.style !== 'word' || !isTable(filled, ['|', ';'])))
    return { format: 'txt', unit: 'lines', labelled };
  // Commas count only where no extension says that it is prose, unless one column holds few values.
  if (extension === undefined && even(filled, ',')) return { format: 'csv', ...plain };
  if (isTable(filled, [';', '|', '^', ','])) return { format: 'csv', ...plain };
  return { format: 'txt', ...plain };
}

function even(lines: readonly string[], separator: string): boolean {
  const counts = lines.slice(0, 20).map((l) => l.split(separator).length);
  return lines.length >= MIN_ROWS && counts[0] > 1 && counts.every((c) => c === counts[0]);
}

/** Whether lines of a text are rows of a table: of one width, and a column of few short values, or names above. */
function isTable(lines: readonly string[], separators: readonly string[]): boolean {
  if (lines.length < 4) return false;
  const text = lines.join('\n');
  return separators.some((separator) => {
    const { quote } = dialectOf(text, true, { separator });
    const rows = new CsvReader(separator, quote)
      .push(text, true)
      .filter((r) => !r.broken)
      .map((r) => r.fields);
    const width = commonest(rows.map((r) => r.length));
    const whole = rows.filter((r) => r.length === width);
    // Texts may hold the sign that parts them from their label.
    if (width < 2 || whole.length < lines.length * 0.8) return false;
    const clean = whole.length >= lines.length * 0.95;
    if (!clean && separator === ',') return false;
    const labels = whole[0].some((_, c) =>
      fewValues(
        whole.map((r) => r[c].trim()),
        separator !== ',',
      ),
    );
    return labels || (clean && separator !== ',' && looksLikeHeader(whole).used && whole.length >= 4);
  });
}

function commonest(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [1, 0])[0];
}

/** @param one whether a single value will do, of many lines: the file may be sorted by it */
function fewValues(cells: readonly string[], one: boolean): boolean {
  const values = new Set(cells);
  return (
    (values.size >= 2 || (one && cells.length >= SORTED_LINES)) &&
    values.size <= MAX_LABELS &&
    values.size * 3 <= cells.length &&
    cells.every((c) => c !== '' && c.length <= 30)
  );
}
